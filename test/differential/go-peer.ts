/** Small Go programs that say what the real thing does, built once into a cache outside the repository. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Path of the built program `go-peers/NAME/main.go`, or undefined where there is no Go. */
export function buildGoPeer(name: string): string | undefined {
  const version = spawnSync('go', ['version'], { encoding: 'utf8' });
  if (version.status !== 0) return undefined;
  const folder = resolve('test/differential/go-peers', name);
  const source = readFileSync(join(folder, 'main.go'), 'utf8');
  const key = createHash('sha256').update(source).update(version.stdout).digest('hex').slice(0, 16);
  const cache = join(process.env.XDG_CACHE_HOME ?? tmpdir(), 'remora-go-peers');
  const program = join(cache, `${name}-${key}`);
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const build = spawnSync('go', ['build', '-o', program, 'main.go'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, GO111MODULE: 'off' },
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
