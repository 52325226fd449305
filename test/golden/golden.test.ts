/**
 * Our own golden files: `test/golden/<suite>/<case>/in.*` is injected in place, and the result is `out.*` beside it. Then
 * the result is injected once more, which must change nothing, and uninjected, which must give the input back.
 *
 * `REMORA_UPDATE_GOLDEN=1 npx vitest run test/golden` writes the outputs anew; look at the difference before you commit.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadInjectionConfig } from '../../src/core/injection/index.ts';
import {
  injectInPlace,
  injectManifest,
  type ManifestFile,
  type ManifestSettings,
  renderManifest,
  uninjectInPlace,
} from '../../src/core/manifest/index.ts';
import type { Parsed } from '../../src/core/problem.ts';
import { LATEST } from '../../src/core/release.ts';

const SUITE = 'test/golden/in-place';
const UPDATE = process.env.REMORA_UPDATE_GOLDEN === '1';
if (UPDATE && process.env.CI) throw new Error('golden files are not updated where CI is set');

const SETTINGS: ManifestSettings = {
  config: take(loadInjectionConfig({ configText: read('config.yaml'), valuesText: '{}', release: LATEST })),
  context: { revision: '', nativeSidecars: 'false', platform: '', compliancePolicy: '', host: {} },
  namespaces: new Map(),
};

const CASES = readdirSync(SUITE, { withFileTypes: true }).filter((entry) => entry.isDirectory());

it('there are cases', () => {
  expect(CASES.length).toBeGreaterThan(10);
});

describe.each(CASES.map(({ name }) => name))('in place: %s', (name) => {
  const inputs = readdirSync(join(SUITE, name)).filter((file) => file.startsWith('in.'));
  const input = inputs[0] ?? 'in.yaml';
  const output = join(SUITE, name, input.replace('in.', 'out.'));
  const original: ManifestFile = { name: input, text: read(name, input) };
  const edited = take(injectInPlace(original, SETTINGS)).text;

  it('is as the golden file', () => {
    if (UPDATE) writeFileSync(output, edited);
    expect(edited).toBe(readFileSync(output, 'utf8'));
  });

  it('says what kube-inject prints', () => {
    expect(printed(withoutRecord(edited))).toBe(printed(original.text));
  });

  it('does not change a second time', () => {
    expect(take(injectInPlace({ ...original, text: edited }, SETTINGS)).text).toBe(edited);
  });

  it('is given back by uninject', () => {
    expect(take(uninjectInPlace({ ...original, text: edited }, SETTINGS)).text).toBe(original.text);
  });
});

function printed(text: string): string {
  return renderManifest(injectManifest({ name: 'again', text }, SETTINGS));
}

function withoutRecord(text: string): string {
  return text.replace(/^# remora-undo.*\n/m, '');
}

function read(...path: readonly string[]): string {
  return readFileSync(join(SUITE, ...path), 'utf8');
}

function take<T>(result: Parsed<T>): T {
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '));
  return result.value;
}
