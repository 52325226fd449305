/**
 * What stands in a cluster that Remora serves, as Kubernetes objects. Pure: `remora install` prints or applies them, and
 * the Helm chart is compared with them.
 *
 *   InstallOptions ──► installObjects ──► namespace, RBAC, config maps, Deployment, Service, webhook configuration
 */
export {};
