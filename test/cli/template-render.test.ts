import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, type Ran, remora } from './remora.ts';

function render(template: string | Uint8Array, data: string, ...args: readonly string[]): Ran {
  const folder = folderWith({ 't.tmpl': template, 'd.json': data });
  return remora(['template', 'render', '-f', 't.tmpl', '--data', 'd.json', ...args], { in: folder });
}

describe('remora template render', () => {
  it('prints what Go prints, byte for byte', () => {
    expect(
      render('{{ .n }} {{ range .l }}<{{ . | upper }}>{{ end }}', '{"n": 1e6, "l": ["é", "\\ud83d\\ude00"]}'),
    ).toEqual({
      code: 0,
      stdout: '1e+06 <É><😀>',
      stderr: '',
    });
    const folder = folderWith({ 't.tmpl': '{{ "é" | trunc 1 }}' });
    remora(['template', 'render', '-f', 't.tmpl', '-o', 'out'], { in: folder });
    expect([...readFileSync(join(folder, 'out'))]).toEqual([0xc3]);
  });

  it('takes YAML data, standard input, delimiters and missingkey', () => {
    expect(render('{{ .a.b }}', 'a: {b: text}').stdout).toBe('text');
    expect(remora(['template', 'render', '-f', '-'], { in: folderWith(), stdin: '{{ 1 }}' }).stdout).toBe('1');
    expect(render('{{ x }}[[ .a ]]', '{"a": 1}', '--left', '[[', '--right', ']]').stdout).toBe('{{ x }}1');
    expect(render('{{ .b }}', '{"a": 1}').stdout).toBe('<no value>');
    const strict = render('{{ .b }}', '{"a": 1}', '--option', 'missingkey=error');
    expect(strict).toMatchObject({ code: 1, stdout: '' });
    expect(strict.stderr).toContain('map has no entry for key "b"');
  });

  it('says parse or exec, the place, the line and a caret', () => {
    const exec = render('one\n  é{{ .a.b.c }}\n', '{"a": {"b": 1}}');
    expect(exec).toMatchObject({ code: 1, stdout: '' });
    expect(exec.stderr).toContain('error TEMPLATE_EXEC: template: t.tmpl:2:9: executing "t.tmpl" at <.a.b.c>: ');
    expect(exec.stderr).toContain('  at t.tmpl:2:9\n  2 |   é{{ .a.b.c }}\n    |         ^\n');
    const parse = render('{{ if }}', '{}');
    expect(parse.stderr).toContain('error TEMPLATE_PARSE: template: t.tmpl:1: missing value for if\n  at t.tmpl:1:7\n');
    const endless = render('{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}', '{}');
    expect(endless.stderr).toContain('error TEMPLATE_LIMIT: ');
  });

  it('refuses garbage, and data that is neither JSON nor YAML', () => {
    expect(render(Uint8Array.of(1, 0, 2), '{}').stderr).toContain('error BINARY_INPUT: ');
    const data = render('x', '{"a": [1, }').stderr;
    expect(data).toMatch(/error YAML_SYNTAX[\s\S]*at d\.json:1:/);
    expect(data).toMatch(/^ {2}1 \| \{"a": \[1, \}\n +\| +\^$/m);
  });

  it('gives templates the clock, random numbers and the environment, and no network', () => {
    const folder = folderWith({
      t: '{{ now | date "2006" }} {{ uuidv4 | len }} {{ env "WHO" }}',
      n: '{{ getHostByName "x" }}',
    });
    const run = remora(['template', 'render', '-f', 't'], { in: folder, env: { WHO: 'me' } });
    expect(run.stdout).toMatch(/^20\d\d 36 me$/);
    expect(remora(['template', 'render', '-f', 'n'], { in: folder }).stderr).toContain(
      'no network is given to this template',
    );
  });
});
