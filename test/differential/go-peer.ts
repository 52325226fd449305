/** Small Go programs that say what the real thing does, built once into a cache outside the repository. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Path of the built program `go-peers/NAME/main.go`, or undefined where there is no Go, or where its modules (pinned by
 * `go.mod` and `go.sum` beside it) can neither be found nor fetched.
 */
export function buildGoPeer(name: string): string | undefined {
  const version = spawnSync('go', ['version'], { encoding: 'utf8' });
  if (version.status !== 0) return undefined;
  const folder = resolve('test/differential/go-peers', name);
  const hash = createHash('sha256').update(version.stdout);
  const sources = ['main.go', 'go.mod', 'go.sum'].map((file) => join(folder, file)).filter((file) => existsSync(file));
  for (const file of sources) hash.update(readFileSync(file, 'utf8'));
  const cache = join(process.env.XDG_CACHE_HOME ?? tmpdir(), 'remora-go-peers');
  const program = join(cache, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const hasModule = existsSync(join(folder, 'go.mod'));
  if (hasModule && spawnSync('go', ['mod', 'download'], { cwd: folder, timeout: 120_000 }).status !== 0) {
    console.warn(`the modules of the Go peer ${name} cannot be fetched`);
    return undefined;
  }
  const build = spawnSync('go', ['build', '-o', program, hasModule ? '.' : 'main.go'], {
    cwd: folder,
    encoding: 'utf8',
    env: hasModule ? process.env : { ...process.env, GO111MODULE: 'off' },
  });
  if (build.status !== 0) throw new Error(`go build ${name}: ${build.stderr}`);
  return program;
}

/** What the program writes for an input on stdin. */
export function askGoPeer(program: string, input: unknown): unknown {
  const run = spawnSync(program, [], { input: JSON.stringify(input), maxBuffer: 256 * 1024 * 1024, timeout: 60_000 });
  if (run.status !== 0) throw new Error(`${program}: ${run.stderr.toString('utf8')}`);
  return JSON.parse(run.stdout.toString('utf8'));
}
