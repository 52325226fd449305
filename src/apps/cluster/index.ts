/** Commands about a cluster: install, uninstall, revision tags, check. Each gives what it has to say and prints nothing. */
export { checkLive, checkObjects } from './check.ts';
export { type ClusterTexts, readConfigMaps } from './config-maps.ts';
export type { Connection } from './connect.ts';
export { applyInstall, checkedObjects, type Done, manifestText, rivalsOf } from './install.ts';
export { generateTag, listTags, removeTag, setTag, type TagRow } from './tag.ts';
export { uninstallRevision } from './uninstall.ts';
