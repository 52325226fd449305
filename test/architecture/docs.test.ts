/** Documents that say what is: generated tables are those of the code, links lead somewhere, problem pages are complete. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocs } from '../../scripts/generated-docs.ts';
import { PROBLEM_CODES } from '../../src/core/problem.ts';

function markdown(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? markdown(path) : path.endsWith('.md') ? [path] : [];
  });
}

const pages = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...['docs', 'bench', 'examples'].flatMap(markdown),
].map((file) => ({ file, text: readFileSync(file, 'utf8') }));

/** The text without code, in which a bracket is no link. */
function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}

/** As GitHub makes an anchor of a heading. */
function anchors(text: string): readonly string[] {
  return [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('documents', () => {
  it('there are some', () => {
    expect(pages.length).toBeGreaterThan(45);
  });

  it('tables that exist as data in the code are up to date (npm run docs)', () => {
    for (const { file, present, wanted } of generatedDocs()) expect(present, file).toBe(wanted);
  });

  it('links lead to a file, and to a heading where they name one', () => {
    const broken: string[] = [];
    for (const { file, text } of pages) {
      for (const [, target = ''] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const to = path === '' ? file : normalize(join(dirname(file), path));
        const found = existsSync(to) && (anchor === undefined || anchors(readFileSync(to, 'utf8')).includes(anchor));
        if (!found) broken.push(`${file}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('every page of docs/ is reached from its index', () => {
    const index = readFileSync('docs/README.md', 'utf8');
    const missing = readdirSync('docs').filter((name) => name.endsWith('.md') && !index.includes(`(${name})`));
    expect(missing.filter((name) => name !== 'README.md')).toEqual([]);
  });

  it('a problem page has its title, an example of the message, and what to do', () => {
    const index = readFileSync('docs/problems/README.md', 'utf8');
    for (const code of PROBLEM_CODES) {
      const text = readFileSync(`docs/problems/${code}.md`, 'utf8');
      const title = new RegExp(`^# ${code}: (.+)\n`).exec(text)?.[1];
      expect(title, code).toBeDefined();
      expect(index, code).toContain(`| [${code}](${code}.md) | ${title} |`);
      expect(text, code).toMatch(/^```\n[\s\S]*?^```$/m);
      expect(text, code).toMatch(/^## What to do$/m);
    }
  });

  it('nothing names a path of a development machine, and there are no em dashes', () => {
    const named = pages.filter(({ text }) => /(?:^|[\s`("'])\/(?:work|home|root)\/[a-z]|\u2014/m.test(text));
    expect(named.map(({ file }) => file)).toEqual([]);
  });
});
