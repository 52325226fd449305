/** Rooms are entered through their doors only; apps do not import each other; the core names no platform. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROBLEM_CODES } from '../../src/core/problem.ts';

const ROOMS = [
  'src/core/kube',
  'src/core/gotemplate',
  'src/core/mesh',
  'src/core/injection',
  'src/core/manifest',
  'src/core/edit',
  'src/core/capture',
  'src/core/envoy',
  'src/core/agent',
  'src/core/telemetry',
  'src/core/dns',
  'src/core/proxy',
  'src/core/install',
  'src/core/check',
  'src/core/demo',
  'src/platform',
  'src/apps/cli',
  'src/apps/capture',
  'src/apps/demo',
  'src/apps/agent',
  'src/apps/proxy',
  'src/apps/webhook',
  'src/apps/cluster',
];

type Import = { readonly file: string; readonly specifier: string };

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? sources(path) : path.endsWith('.ts') ? [path] : [];
  });
}

const files = sources('src');
const shipped = files.filter((file) => !file.endsWith('.test.ts'));
const imports: readonly Import[] = shipped.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => ({
    file,
    specifier: match[1] ?? '',
  })),
);

function roomOf(path: string): string | undefined {
  return ROOMS.find((room) => path.startsWith(`${room}/`));
}

describe('architecture', () => {
  it('reads the sources', () => {
    expect(shipped.length).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(50);
  });

  it('every room has a door that opens with a paragraph', () => {
    for (const room of ROOMS.filter((r) => r.startsWith('src/core'))) {
      expect(readFileSync(join(room, 'index.ts'), 'utf8').startsWith('/**'), room).toBe(true);
    }
  });

  it('rooms are entered through index.ts only', () => {
    const windows = imports.filter(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return false;
      const target = normalize(join(dirname(file), specifier));
      const room = roomOf(target);
      return room !== undefined && room !== 'src/platform' && room !== roomOf(file) && target !== `${room}/index.ts`;
    });
    expect(windows).toEqual([]);
  });

  it('core imports nothing of Node and nothing of platform or apps', () => {
    const impure = imports.filter(
      ({ file, specifier }) =>
        file.startsWith('src/core/') &&
        (specifier.startsWith('node:') || /\/(platform|apps)\//.test(normalize(join(dirname(file), specifier)))),
    );
    expect(impure).toEqual([]);
  });

  it('there are no default exports and no imports without .ts', () => {
    const relativeImports = imports.filter(({ specifier }) => specifier.startsWith('.'));
    expect(relativeImports.filter(({ specifier }) => !/\.(ts|json)$/.test(specifier))).toEqual([]);
    expect(shipped.filter((file) => /^export default/m.test(readFileSync(file, 'utf8')))).toEqual([]);
  });

  it('every problem code has its page, and every page its code', () => {
    const pages = readdirSync('docs/problems')
      .filter((name) => name !== 'README.md')
      .map((name) => name.replace(/\.md$/, ''));
    expect([...pages].sort()).toEqual([...PROBLEM_CODES].sort());
  });

  it('nothing names a path of a development machine', () => {
    const named = files.filter((file) => /\/(work|home|root)\/[a-z]/.test(readFileSync(file, 'utf8')));
    expect(named.map((file) => relative('.', file))).toEqual([]);
  });
});
