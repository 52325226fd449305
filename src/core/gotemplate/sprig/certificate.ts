import { GoMap, type GoObject, type GoValue, NO_FIELD } from '../value.ts';

/** What genCA and genSignedCert give: a struct with the fields Cert and Key, both PEM. For hosts that make certificates. */
export function certificateValue(cert: string, key: string): GoObject {
  return {
    kind: 'struct',
    type: 'sprig.certificate',
    nil: false,
    field: (name) => (name === 'Cert' ? cert : name === 'Key' ? key : NO_FIELD),
    method: () => undefined,
    basic: () => undefined,
    print: () => `{${cert} ${key}}`,
    toJson: () =>
      new GoMap(
        new Map<string, GoValue>([
          ['Cert', cert],
          ['Key', key],
        ]),
      ),
  };
}
