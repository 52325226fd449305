/** Commands about a cluster: install, uninstall, check, tags, and the configuration that a cluster has. */
export {};
