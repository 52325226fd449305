/** What documents show of the program is what the program prints: help, messages, the README's report. Needs dist/. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { problemPages } from '../../scripts/problem-examples.ts';
import { COMMANDS } from '../../src/apps/cli/commands.ts';

function remora(...args: readonly string[]): { readonly stdout: string; readonly stderr: string } {
  return spawnSync('bin/remora', args, { encoding: 'utf8', env: { PATH: process.env.PATH, NO_COLOR: '1' } });
}

describe('documents about the command line', () => {
  beforeAll(() => {
    if (!existsSync('dist/remora.cjs')) throw new Error('dist/remora.cjs is missing: npm run build');
  });

  it.each(COMMANDS.map(({ name }) => name))('docs/cli.md has the help of %s', (name) => {
    const { stdout } = remora('help', ...name.split(' '));
    expect(stdout).toContain('Usage');
    expect(readFileSync('docs/cli.md', 'utf8')).toContain(`\`\`\`\n${stdout.trimEnd()}\n\`\`\``);
  });

  it('every page of docs/problems shows the message as it is (npm run docs)', () => {
    const pages = problemPages();
    expect(pages.length).toBeGreaterThan(25);
    for (const { file, present, wanted } of pages) {
      expect(wanted, file).toMatch(new RegExp(`^(?:error|warning) ${file.slice('docs/problems/'.length, -3)}:`, 'm'));
      expect(present, file).toBe(wanted);
    }
  });

  it('the README shows the report and the messages as they are', () => {
    const readme = readFileSync('README.md', 'utf8');
    expect(readme).toContain(remora('inject', '--report', '-f', 'examples/demo-red.yaml').stderr.trimEnd());
    const diff = remora('diff', '-f', 'examples/demo-red.yaml').stdout;
    expect(readme).toContain(`the first of its ${diff.split('\n').length - 1} lines`);
    const shown = /^\$ remora diff .*\n([\s\S]*?)^```$/m.exec(readme)?.[1]?.split('…\n') ?? [];
    expect(shown.length).toBe(3);
    for (const part of shown) expect(diff).toContain(part);
  });
});
