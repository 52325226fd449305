/**
 * What stands in a cluster that Remora serves, as Kubernetes objects. Pure: `remora install` prints or applies them, and
 * the Helm chart is compared with them.
 *
 *   InstallOptions ──► installObjects ──► namespace, RBAC, config maps, Deployment, Service, webhook configuration
 *                  └─► tagConfiguration ──► the webhook configuration of a revision tag
 */
export { tagAccess } from './access.ts';
export { installObjects } from './install-objects.ts';
export { INSTALL_DEFAULTS, type InstallNames, type InstallOptions, labelsOf, namesOf } from './options.ts';
export { tagConfiguration, webhookConfiguration } from './webhook-configuration.ts';
