import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** The addresses of this network namespace, in the kernel's order of interfaces. */
export function interfaceAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
}

/** The same, each with the name of its interface. */
export function addressesByInterface(): readonly { readonly device: string; readonly address: string }[] {
  return Object.entries(networkInterfaces()).flatMap(([device, addresses]) =>
    (addresses ?? []).map(({ address }) => ({ device, address })),
  );
}

/** A file that may be absent; undefined where it cannot be read. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}
