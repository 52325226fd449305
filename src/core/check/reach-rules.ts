import type { JsonObject } from '../json.ts';
import type { ClusterSnapshot, Finding, Served, Try } from './model.ts';
import { injectorEntries, isDeactivated, listAt, nameOf, namespaceOf, objectAt, textAt } from './objects.ts';

/** Days of a certificate's life in which it should have been renewed. */
const SOON = 3 * 24 * 3_600_000;

/** Whether the API server reaches the webhook, and believes it. */
export function reachRules(snapshot: ClusterSnapshot): readonly Finding[] {
  const active = (snapshot.configurations ?? []).filter(
    (configuration) => injectorEntries(configuration).length > 0 && !isDeactivated(configuration),
  );
  return [
    ...unique(active.flatMap((configuration) => serviceFindings(configuration, snapshot))),
    ...unique(snapshot.served.flatMap((served) => servedFindings(served, snapshot.now))),
    ...snapshot.tries.map(tryFinding),
  ];
}

function tryFinding({ configuration, namespace, result }: Try): Finding {
  const where = `MutatingWebhookConfiguration ${configuration}`;
  const pod = `A pod created for a try in namespace ${namespace} (dryRun)`;
  switch (result.kind) {
    case 'injected':
      return {
        id: 'try-injected',
        severity: 'ok',
        where,
        message: `${pod} came back with a sidecar.`,
        remedy: undefined,
      };
    case 'not-injected':
      return {
        id: 'try-not-injected',
        severity: 'error',
        where,
        message: `${pod} came back without a sidecar.`,
        remedy: 'See why: the warning of kubectl run --dry-run=server, or what remora inject --report says of the pod.',
      };
    case 'refused':
      return {
        id: 'try-failed',
        severity: 'error',
        where,
        message: `${pod} was refused: ${result.message}`,
        remedy: remedyOf(result.message),
      };
  }
}

function serviceFindings(configuration: JsonObject, snapshot: ClusterSnapshot): readonly Finding[] {
  const { services, endpointSlices } = snapshot;
  return injectorEntries(configuration).flatMap((entry): readonly Finding[] => {
    const service = objectAt(entry, 'clientConfig', 'service');
    const [name, namespace] = [textAt(service, 'name'), textAt(service, 'namespace')];
    if (name === '' || services === undefined) return [];
    const where = `MutatingWebhookConfiguration ${nameOf(configuration)}`;
    const found = services.find((object) => nameOf(object) === name && namespaceOf(object) === namespace);
    if (found === undefined) {
      return [
        {
          id: 'service-missing',
          severity: 'error',
          where,
          message: `Its entries call Service ${namespace}/${name}, which does not exist: with failurePolicy Fail no selected pod is created.`,
          remedy: `Install the injector again (remora install --apply), or remove what is left of it: kubectl delete mutatingwebhookconfiguration ${nameOf(configuration)}.`,
        },
      ];
    }
    if (endpointSlices === undefined) return [];
    const ready = endpointSlices
      .filter(
        (slice) =>
          namespaceOf(slice) === namespace &&
          textAt(slice, 'metadata', 'labels', 'kubernetes.io/service-name') === name,
      )
      .flatMap((slice) => listAt(slice, 'endpoints'))
      .filter((endpoint) => objectAt(endpoint, 'conditions').ready !== false);
    if (ready.length > 0) return [];
    return [
      {
        id: 'no-endpoints',
        severity: 'error',
        where,
        message: `Service ${namespace}/${name} has no ready pod behind it.`,
        remedy: `Look at the injector's pods: kubectl -n ${namespace} get pods, and /readyz of each.`,
      },
    ];
  });
}

function servedFindings({ configuration, address, result }: Served, now: number): readonly Finding[] {
  const where = `MutatingWebhookConfiguration ${configuration}`;
  if (result.kind === 'failed') {
    return [
      {
        id: 'unreachable',
        severity: 'error',
        where,
        message: `Nobody answers at ${address}: ${result.message}`,
        remedy: remedyOf(result.message),
      },
    ];
  }
  const days = Math.floor((result.validTo - now) / (24 * 3_600_000));
  const until = new Date(result.validTo).toISOString().slice(0, 16).replace('T', ' ');
  if (now > result.validTo || now < result.validFrom) {
    return [
      {
        id: 'certificate-expired',
        severity: 'error',
        where,
        message: `The certificate served at ${address} is valid until ${until} only.`,
        remedy: 'Restart the webhook, and see in its log why it was not renewed; check the clocks.',
      },
    ];
  }
  if (result.refused !== undefined) {
    return [
      {
        id: 'certificate-refused',
        severity: 'error',
        where,
        message: `The caBundle does not vouch for the certificate served at ${address} as ${result.serverName}: ${result.refused} (its names: ${namesText(result.names)}).`,
        remedy:
          'Let the webhook write the caBundle (--patchCaBundle), or put its authority there; with a name that is missing, see --serviceName and --certName.',
      },
    ];
  }
  if (result.validTo - now < SOON) {
    return [
      {
        id: 'certificate-expires',
        severity: 'warning',
        where,
        message: `The certificate served at ${address} expires in ${days} days, on ${until}.`,
        remedy: 'See in the log of the webhook, or of cert-manager, why it has not been renewed.',
      },
    ];
  }
  const message = `The certificate served at ${address} is accepted, and valid until ${until}.`;
  return [{ id: 'certificate-good', severity: 'ok', where, message, remedy: undefined }];
}

/** What the words of a failed call mean (users of other injectors: linkerd2#8707, istio#14517). */
function remedyOf(message: string): string {
  if (/x509|certificate|self.signed|unable to (verify|get)/i.test(message)) {
    return 'The caBundle and the served certificate do not belong together: let the webhook write the caBundle, and see its log.';
  }
  if (/timeout|deadline|timed out/i.test(message)) {
    return "Open the way from the control plane to the nodes: the API server connects to the pods' port 15017 (a firewall rule for it on GKE and EKS private clusters).";
  }
  if (/refused|no endpoints|not found/i.test(message)) {
    return "Look at the injector's pods: one must be ready, and listen on port 15017.";
  }
  return 'See the message, and the log of the webhook.';
}

/** Entries of one configuration mostly lead to the same place. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(
    (finding, i) =>
      findings.findIndex(({ where, message }) => where === finding.where && message === finding.message) === i,
  );
}

function namesText(names: readonly string[]): string {
  const more = names.length - 5;
  return `${names.slice(0, 5).join(', ') || 'none'}${more > 0 ? ` and ${more} more` : ''}`;
}
