import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../json.ts';
import { parseYaml } from '../kube/index.ts';
import { parsed } from '../problem.ts';
import { type DocumentEdit, editWithRecord, planEdits, readUndoRecord } from './index.ts';
import { applySplices } from './splice.ts';

function read(text: string): JsonObject {
  const value = parseYaml(text);
  if (!value.ok || !isObject(value.value)) throw new Error('unreadable');
  return value.value;
}

function editOf(text: string, before: JsonObject, after: JsonObject): DocumentEdit {
  return { line: 1, lines: text.split('\n').length, before, after, read: (edited) => parsed(read(edited)) };
}

/** Edits a text of one document by changing its value. */
function edit(text: string, change: (value: JsonObject) => JsonObject): string {
  const before = read(text);
  const plan = planEdits(text, [editOf(text, before, change(before))]);
  if (!plan.ok) throw new Error(plan.problems[0]?.message);
  const edited = applySplices(text, plan.value);
  expect(read(edited)).toEqual(change(before));
  return edited;
}

const POD = `# who owns this
metadata:
  name: "web"   # quoted
  labels: {app: web}
spec:
    containers:
      # the app
      - name: app
        image: 'web:1'
        ports: [{containerPort: 80}]

# the end
`;

describe('planEdits', () => {
  it('adds where the last line goes', () => {
    const text = '# probe\nprobe:\n  tcpSocket:\n    port: 80\nkeep: 1  # stays\n';
    const out = edit(text, (value) => ({ ...value, probe: { httpGet: { path: '/x' } } }));
    expect(out).toBe('# probe\nprobe:\n  httpGet:\n    path: /x\nkeep: 1  # stays\n');
    const windows = edit('a: 1\r\nb: 2\r\n', () => ({ a: 1, c: 3, d: 4 }));
    expect(windows).toBe('a: 1\r\nc: 3\r\nd: 4\r\n');
  });

  it('moves a value that becomes short up beside its key', () => {
    const text = 'containers:   # all of them\n- name: a\n- name: b\nkeep: 1\n';
    expect(edit(text, (value) => ({ ...value, containers: [] }))).toBe('containers: []   # all of them\nkeep: 1\n');
  });

  it('adds to block mappings, flow mappings and lists, and touches nothing else', () => {
    const out = edit(POD, (pod) => ({
      ...pod,
      metadata: { name: 'web', labels: { app: 'web', rev: 'default' }, annotations: { a: '1' } },
      spec: {
        containers: [
          { name: 'app', image: 'web:1', ports: [{ containerPort: 80 }] },
          { name: 'istio-proxy', args: ['proxy', 'sidecar'] },
        ],
        volumes: [{ name: 'tmp', emptyDir: {} }],
      },
    }));
    expect(out).toBe(`# who owns this
metadata:
  name: "web"   # quoted
  labels: {app: web, "rev": "default"}
  annotations:
    a: "1"
spec:
    containers:
      # the app
      - name: app
        image: 'web:1'
        ports: [{containerPort: 80}]
      - name: istio-proxy
        args:
          - proxy
          - sidecar
    volumes:
      - name: tmp
        emptyDir: {}

# the end
`);
  });

  it('puts a new item before another one and its comment', () => {
    const out = edit('l:\n# about a\n- name: a\n- name: b\n', () => ({
      l: [{ name: 'z' }, { name: 'a' }, { name: 'b' }],
    }));
    expect(out).toBe('l:\n- name: z\n# about a\n- name: a\n- name: b\n');
  });

  it('replaces scalars in place and keeps the comment', () => {
    expect(edit('a: 1 # one\nb: x\n', () => ({ a: 2, b: 'x' }))).toBe('a: 2 # one\nb: x\n');
  });

  it('replaces something empty by lines below', () => {
    expect(edit('a: {} # none yet\nb: 1\n', () => ({ a: { c: 1 }, b: 1 }))).toBe('a: # none yet\n  c: 1\nb: 1\n');
    expect(edit('a:\nb: 1\n', () => ({ a: { c: 1 }, b: 1 }))).toBe('a:\n  c: 1\nb: 1\n');
  });

  it('removes pairs and items with their lines', () => {
    expect(edit('a: 1\nb:\n  c: 2\nd: 3\n', () => ({ a: 1, d: 3 }))).toBe('a: 1\nd: 3\n');
    expect(edit('l:\n- name: a\n  x: 1\n- name: b\n', () => ({ l: [{ name: 'b' }] }))).toBe('l:\n- name: b\n');
    expect(edit('l:\n- x: 1\n  name: b\n', () => ({ l: [{ name: 'b' }] }))).toBe('l:\n- name: b\n');
  });

  it('writes out an alias whose anchor changes, and an alias that changes itself', () => {
    expect(edit('a: &x {p: 1}\nb: *x\n', () => ({ a: { p: 1, q: 2 }, b: { p: 1 } }))).toBe(
      'a: &x {p: 1, "q": 2}\nb: {"p":1}\n',
    );
    expect(edit('a: &x {p: 1}\nb: *x\n', () => ({ a: { p: 1 }, b: { p: 1, q: 2 } }))).toBe(
      'a: &x {p: 1}\nb:\n  p: 1\n  q: 2\n',
    );
  });

  it('keeps Windows line ends and a missing newline at the end', () => {
    expect(edit('a: 1\r\nb:\r\n  c: 1\r\n', () => ({ a: 1, b: { c: 1, d: 2 } }))).toBe(
      'a: 1\r\nb:\r\n  c: 1\r\n  d: 2\r\n',
    );
    expect(edit('a: 1\nb: 2', () => ({ a: 1, b: 2, c: 3 }))).toBe('a: 1\nb: 2\nc: 3');
  });

  it('adds after a block scalar without joining it', () => {
    expect(edit('a: |\n  text\n\nb: |-\n  x\n', () => ({ a: 'text\n', b: 'x', c: 1 }))).toBe(
      'a: |\n  text\n\nb: |-\n  x\nc: 1\n',
    );
  });
});

describe('undo record', () => {
  it('gives the original back, byte for byte, with and without a final newline', () => {
    for (const text of [POD, 'a: 1\nb: 2', 'a: 1\r\n']) {
      const before = read(text);
      const plan = planEdits(text, [editOf(text, before, { ...before, added: { deep: ['x'] } })]);
      if (!plan.ok) throw new Error('no plan');
      const edited = editWithRecord(text, plan.value);
      expect(read(edited)).toEqual({ ...before, added: { deep: ['x'] } });
      expect(readUndoRecord(edited)).toEqual({ kind: 'valid', original: text });
    }
  });

  it('is stale after someone edited the file', () => {
    const edited = editWithRecord('a: 1\n', [{ start: 5, end: 5, text: 'b: 2\n' }]);
    expect(readUndoRecord(edited.replace('b: 2', 'b: 3'))).toEqual({ kind: 'stale', text: 'a: 1\nb: 3\n' });
    expect(readUndoRecord('a: 1\n')).toEqual({ kind: 'none' });
  });
});
