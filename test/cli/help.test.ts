import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/apps/cli/commands.ts';
import { BIN, deployment, folderWith, remora } from './remora.ts';

const folder = folderWith({ 'app.yaml': deployment(), 'notes.txt': '', 'two words.yaml': '' });

const OWN = COMMANDS.filter(({ loadRaw }) => loadRaw === undefined);

/** `demo application` before `demo`. */
const BY_LENGTH = [...COMMANDS].sort((a, b) => b.name.length - a.name.length);

describe('help', () => {
  // A drop-in reads its own words, and has the help of the program that it replaces.
  it.each(OWN.map(({ name }) => name))('%s: an example, and every flag', (name) => {
    const command = COMMANDS.find((candidate) => candidate.name === name);
    const run = remora([...name.split(' '), '--help'], { in: folder });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(remora(['help', ...name.split(' ')], { in: folder }).stdout).toBe(run.stdout);
    expect(run.stdout).toMatch(/^Examples?\n {2}# .+\n {2}.*remora .+$/m);
    for (const flag of command?.flags.filter(({ kind }) => kind === undefined) ?? []) {
      expect(run.stdout).toContain(`--${flag.name}`);
    }
    expect(Math.max(...run.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('examples of the help use commands and flags that exist', () => {
    for (const { name, examples } of OWN) {
      for (const { line } of examples) {
        const words = line.replace(/\s[|>].*$/, '').replace(/^source <\(|\)$/g, '');
        const flags = words.match(/(?<= )--?[a-zA-Z][\w-]*/g) ?? [];
        const known =
          BY_LENGTH.find((command) => words.includes(`remora ${command.name}`)) ??
          COMMANDS.find((c) => c.name === name);
        for (const flag of flags) {
          const found = known?.flags.some((f) => `--${f.name}` === flag || `-${f.short}` === flag);
          expect(found, `${line}: ${flag}`).toBe(true);
        }
      }
    }
  });

  it('version and an unknown topic', () => {
    expect(remora(['--version'], { in: folder }).stdout).toMatch(
      /^remora \d+\.\d+\.\d+\nnode v\d+[\s\S]*\nIstio 1\.0 to 1\.\d+\n$/,
    );
    expect(remora(['help', 'kube-injct'], { in: folder })).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('completion', () => {
  const complete = (line: string): readonly string[] => {
    const words = line.split(' ');
    const script = `source <(node "${BIN}" completion bash)
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_remora; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' })
      .split('\n')
      .filter((word) => word !== '');
  };

  it('bash: commands, flags, choices and files', () => {
    expect(complete('remora k')).toEqual(['kube-inject']);
    expect(complete('remora ')).toContain('uninject');
    expect(complete('remora inject --injectConfigF')).toEqual(['--injectConfigFile']);
    expect(complete('remora inject --format ')).toEqual(['yaml', 'json']);
    expect(complete('remora diff --format ')).toEqual(['text', 'json']);
    expect(complete('remora inject -f ')).toEqual(expect.arrayContaining(['app.yaml', 'notes.txt']));
    expect(complete('remora template ')).toEqual(['render']);
    expect(complete('remora template render --l')).toEqual(['--left']);
    expect(complete('remora completion z')).toEqual(['zsh']);
    expect(complete('remora inject --hu')).toEqual([]);
    expect(complete('remora inject --rep')).toEqual(['--report=']);
    expect(complete('remora inject --report ')).not.toContain('json');
    expect(complete('remora inject --report =')).toEqual(['text', 'json']);
    expect(complete('remora inject --report = j')).toEqual(['json']);
    expect(complete('remora inject --format = j')).toEqual(['json']);
    expect(complete('remora inject -f two')).toEqual(['two words.yaml']);
  });

  it.each(['zsh', 'fish'])('%s: names every command and flag, and parses where the shell is installed', (shell) => {
    const { stdout, code } = remora(['completion', shell], { in: folder });
    expect(code).toBe(0);
    for (const { name, flags } of COMMANDS) {
      expect(stdout).toContain(name.split(' ')[0]);
      for (const flag of flags.filter(({ kind }) => kind === undefined)) expect(stdout).toContain(flag.name);
    }
    const file = join(folderWith({ script: stdout }), 'script');
    const check = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    if (check.error === undefined) expect(check.stderr).toBe('');
    if (shell === 'fish') expect(stdout).not.toContain('\\:');
  });
});
