import type { JsonObject } from '../json.ts';
import { type InstallOptions, labelsOf, namesOf } from './options.ts';

/** A certificate of cert-manager's, by an issuer that signs for itself; its cainjector writes the caBundle. */
export function certManagerObjects(options: InstallOptions): readonly JsonObject[] {
  const { namespace } = options;
  const { workload, servingSecret } = namesOf(options);
  const labels = labelsOf(options);
  const head = { apiVersion: 'cert-manager.io/v1' };
  return [
    { ...head, kind: 'Issuer', metadata: { name: workload, namespace, labels }, spec: { selfSigned: {} } },
    {
      ...head,
      kind: 'Certificate',
      metadata: { name: servingSecret, namespace, labels },
      spec: {
        dnsNames: [`${workload}.${namespace}.svc`, `${workload}.${namespace}.svc.cluster.local`],
        issuerRef: { kind: 'Issuer', name: workload },
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
        secretName: servingSecret,
      },
    },
  ];
}
