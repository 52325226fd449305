import { getKey, type JsonObject, type JsonValue, objectAt, textAt } from '../../json.ts';
import { coresOf } from '../concurrency.ts';
import { PROXY_CONTAINER } from '../pod.ts';

/**
 * `--concurrency N` at the end of the sidecar's arguments where the template gives none (1.1 to 1.8).
 *
 * | argument above 0 | limits.cpu | requests.cpu | N                          |
 * |------------------|------------|--------------|----------------------------|
 * | yes              |            |              | as it is                   |
 * | no               | above 0    |              | limit, rounded up          |
 * | no               | none       | above 0      | request, rounded up        |
 * | no               | none       | none         | no argument                |
 */
export function withConcurrency(containers: readonly JsonObject[]): readonly JsonObject[] {
  const index = containers.findIndex((container) => textAt(container, 'name') === PROXY_CONTAINER);
  const sidecar = containers[index];
  if (sidecar === undefined) return containers;
  const args = argumentsOf(sidecar);
  if (givenConcurrency(args) > 0) return containers;
  const resources = objectAt(sidecar, 'resources');
  const cores = cpuOf(objectAt(resources, 'limits')) || cpuOf(objectAt(resources, 'requests'));
  if (cores <= 0) return containers;
  return containers.with(index, { ...sidecar, args: [...args, '--concurrency', String(cores)] });
}

export function argumentsOf(container: JsonObject): readonly string[] {
  const args: JsonValue | undefined = getKey(container, 'args');
  return Array.isArray(args) ? (args as readonly string[]) : [];
}

/** The value of a flag in any of its forms `--name N`, `-name N`, `--name=N`; undefined where it is not a number. */
export function flagValue(args: readonly string[], name: string): number | undefined {
  const pattern = new RegExp(`^-{1,2}${name}(?:=(\\d+))?$`);
  for (const [i, arg] of args.entries()) {
    const match = pattern.exec(arg.trim());
    if (match === null) continue;
    const text = match[1] ?? args[i + 1] ?? '';
    return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
  }
  return undefined;
}

function givenConcurrency(args: readonly string[]): number {
  return flagValue(args, 'concurrency') ?? 0;
}

function cpuOf(resources: JsonObject): number {
  const cpu = getKey(resources, 'cpu');
  return cpu === undefined || cpu === null ? 0 : (coresOf(String(cpu)) ?? 0);
}
