/** bin/remora: the compiled code that is kept between runs may be missing, foreign, broken or impossible to write. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployment, folderWith } from './remora.ts';

function installed(): string {
  const folder = folderWith({ 'app.yaml': deployment() });
  cpSync('bin', join(folder, 'bin'), { recursive: true });
  mkdirSync(join(folder, 'dist'));
  copyFileSync('dist/remora.cjs', join(folder, 'dist', 'remora.cjs'));
  return folder;
}

function run(folder: string, ...args: readonly string[]) {
  return spawnSync(process.execPath, [...args, 'bin/remora', 'inject', '-f', 'app.yaml'], {
    cwd: folder,
    encoding: 'utf8',
  });
}

const kept = (folder: string): readonly string[] =>
  readdirSync(join(folder, 'dist')).filter((name) => name.endsWith('.cache'));

describe('bin/remora', () => {
  it('keeps compiled code after the first good run, and works with it', () => {
    const folder = installed();
    expect(run(folder, '--no-warnings').status).toBe(0);
    expect(kept(folder)).toEqual([
      expect.stringMatching(new RegExp(`^[0-9a-f]{16}-${process.version}-${process.arch}-kube-inject\\.cache$`)),
    ]);
    expect(run(folder)).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('istio-proxy') });
  });

  it('works with what V8 refuses: garbage, a cut file, other flags of V8', () => {
    const folder = installed();
    run(folder);
    const [name = ''] = kept(folder);
    expect(run(folder, '--stack-size=900')).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(join(folder, 'dist', name), 'garbage');
    expect(run(folder)).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('istio-proxy') });
  });

  it('works where nothing can be written', () => {
    const folder = installed();
    chmodSync(join(folder, 'dist'), 0o555);
    expect(run(folder)).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('istio-proxy') });
    chmodSync(join(folder, 'dist'), 0o755);
  });

  it('says that it is not built', () => {
    const folder = installed();
    rmSync(join(folder, 'dist', 'remora.cjs'));
    const { status, stderr } = run(folder);
    expect(status).toBe(1);
    expect(stderr).toContain('The program is not built: run npm ci, or npm run build where that was done.');
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    ['while it is loaded', "(function(){throw new Error('at once')})"],
    ['later', "(function(exports){exports.main=async()=>{throw new Error('at once')}})"],
    ['without a function', '(function(){})'],
    ['that does not parse', '(function(){ at once'],
  ])('a crash %s is one line, and a stack where it is asked for', (_when, program) => {
    const folder = installed();
    writeFileSync(join(folder, 'dist', 'remora.cjs'), `// 0123456789abcdef\n${program}`);
    const { status, stderr } = run(folder);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^remora: unexpected error: \w*Error: .+ Please report it .+\n$/);
    const asked = spawnSync(process.execPath, ['bin/remora', 'inject'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, REMORA_DEBUG: '1' },
    });
    expect(asked.status).toBe(1);
    expect(asked.stderr).toMatch(/^ +at /m);
  });

  it('ends quietly when its reader has gone', () => {
    const folder = installed();
    writeFileSync(join(folder, 'app.yaml'), Array.from({ length: 20_000 }, () => 'kind: Service\n').join('---\n'));
    const piped = spawnSync(
      'bash',
      ['-c', `'${process.execPath}' bin/remora inject -f app.yaml | head -c 10; echo " $\{PIPESTATUS[0]}"`],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    expect(piped).toMatchObject({ stdout: 'kind: Serv 0\n', stderr: '' });
  });
});
