import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from '../../src/core/kube/index.ts';
import { deployment, folderWith, remora } from './remora.ts';

describe('remora diff', () => {
  const two = `${deployment()}---\n${deployment({ name: 'b', metadata: 'annotations: {sidecar.istio.io/inject: "false"}' })}`;

  it('shows what --in-place would write, as a patch that applies', () => {
    const folder = folderWith({ 'app.yaml': two });
    const diff = remora(['diff', '-f', 'app.yaml'], { in: folder });
    expect(diff.code).toBe(1);
    expect(diff.stdout).toMatch(
      /^--- app\.yaml\n\+\+\+ app\.yaml\tinjected\n@@ -\d+,\d+ \+\d+,\d+ @@ Deployment app\n/,
    );
    expect(diff.stdout).toContain('\n+        - name: istio-proxy\n');
    expect(diff.stdout).not.toContain('remora-undo');
    expect(readFileSync(join(folder, 'app.yaml'), 'utf8')).toBe(two);

    const patched = folderWith({ 'app.yaml': two, 'x.diff': diff.stdout });
    const patch = spawnSync('patch', ['-p0', '-i', 'x.diff'], { cwd: patched, encoding: 'utf8' });
    if (patch.error === undefined) {
      expect(patch.stdout).toContain('patching file app.yaml');
      remora(['inject', '--in-place', '-f', 'app.yaml'], { in: folder });
      const edited = readFileSync(join(folder, 'app.yaml'), 'utf8').replace(/# remora-undo.*\n$/, '');
      expect(readFileSync(join(patched, 'app.yaml'), 'utf8')).toBe(edited);
    }
  });

  it('says nothing and gives 0 where nothing would change', () => {
    const folder = folderWith({ 'app.yaml': deployment(), 's.yaml': 'kind: Service\n' });
    expect(remora(['diff', '-f', 's.yaml'], { in: folder })).toEqual({ code: 0, stdout: '', stderr: '' });
    remora(['inject', '--in-place', '-f', 'app.yaml'], { in: folder });
    expect(remora(['diff', '-f', 'app.yaml'], { in: folder })).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('gives 2 where something is wrong', () => {
    const folder = folderWith({ 'app.yaml': deployment({ containers: '' }) });
    const run = remora(['diff', '-f', 'app.yaml'], { in: folder });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('POD_INVALID');
    expect(remora(['diff', '-f', 'none'], { in: folder }).code).toBe(2);
  });

  it('--format json: a JSON Patch of each object', () => {
    const folder = folderWith({ 'app.yaml': two });
    const run = remora(['diff', '--format', 'json', '-f', 'app.yaml'], { in: folder });
    expect(run.code).toBe(1);
    const [first, ...others] = JSON.parse(run.stdout);
    expect(first).toMatchObject({ file: 'app.yaml', line: 1, kind: 'Deployment', name: 'app' });
    expect(others).toEqual([]);
    const json = (text: string) =>
      JSON.parse(remora(['inject', '-f', '-', '--format', 'json'], { in: folder, stdin: text }).stdout);
    const injected = json(deployment());
    const before = json(deployment({ metadata: 'annotations: {sidecar.istio.io/inject: "false"}' }));
    delete before.spec.template.metadata.annotations;
    expect(applyJsonPatch(before, first.patch)).toMatchObject({ ok: true, value: injected });
  });

  it('names the workload of a List in which a hunk starts', () => {
    const item = (name: string): string =>
      deployment({ name })
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line, i) => (i === 0 ? `- ${line}` : `  ${line}`))
        .join('\n');
    const list = `kind: Service\n---\napiVersion: v1\nkind: List\nitems:\n${item('l1')}\n${item('l2')}\n`;
    const diff = remora(['diff', '-f', '-'], { in: folderWith({}), stdin: list });
    const headings = diff.stdout.match(/(?<=^@@ .* @@ ).*$/gm) ?? [];
    expect(headings[0]).toBe('Deployment l1');
    expect(headings.at(-1)).toBe('Deployment l2');
    expect(diff.stdout).toMatch(/^--- standard input\n/);
  });

  it('colours lines, and a written diff has none', () => {
    const folder = folderWith({ 'app.yaml': deployment() });
    const coloured = remora(['diff', '-f', 'app.yaml'], { in: folder, env: { FORCE_COLOR: '1' } });
    expect(coloured.stdout).toContain('\u001b[32m+        - name: istio-proxy\u001b[39m');
    writeFileSync(join(folder, 'd'), '');
    remora(['diff', '-f', 'app.yaml', '-o', 'd'], { in: folder, env: { FORCE_COLOR: '1' } });
    expect(readFileSync(join(folder, 'd'), 'utf8')).toMatch(/^--- app\.yaml\n/);
  });
});
