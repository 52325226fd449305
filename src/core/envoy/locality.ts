import type { Locality } from './settings.ts';

const NAMES = ['topology.istio.io/locality', 'istio-locality'];

export type LabelLocality = { readonly locality: Locality; readonly sanitised: string };

/** Locality of the labels: `region/zone/subzone`, or with dots where it has no slash. undefined: no such label. */
export function labelLocality(labels: Readonly<Record<string, string>>): LabelLocality | undefined {
  const name = NAMES.find((candidate) => Object.hasOwn(labels, candidate) && labels[candidate] !== '');
  if (name === undefined) return undefined;
  const label = labels[name] ?? '';
  const sanitised = label.includes('/') ? label : label.replaceAll('.', '/');
  const [region = '', zone = '', subZone = ''] = sanitised.split('/');
  return { locality: { region, zone, subZone }, sanitised };
}
