// Makes src/core/kube/type-table.generated.ts from the corpus' types.json (Kubernetes struct definitions as data):
// `node scripts/generate-type-table.mjs`, or with `--print` to standard output. Only what is reachable from the roots below goes in, one line of text a type,
// so that importing the table costs next to nothing; type-table.ts unpacks a type when it is first asked for.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOTS = [
  'core/v1.Pod',
  'core/v1.ReplicationController',
  'core/v1.Namespace',
  'core/v1.Node',
  'apps/v1.Deployment',
  'apps/v1.StatefulSet',
  'apps/v1.DaemonSet',
  'apps/v1.ReplicaSet',
  'batch/v1.Job',
  'batch/v1.CronJob',
  'meta/v1.LabelSelector',
];
const PACKAGES = { metav1: 'meta/v1', corev1: 'core/v1', v1: 'core/v1' };

const corpus = process.env.REMORA_CORPUS ?? '../shared/corpus';
const types = JSON.parse(readFileSync(join(corpus, 'kubernetes-types', 'types.json'), 'utf8'));

/** The full name of a type as a field of a type in `group` names it, or undefined for a basic type. */
function resolve(name, group) {
  const dot = name.indexOf('.');
  if (dot === -1)
    return [`${group}.${name}`, `meta/v1.${name}`].find(
      (full) => full in types && (full.startsWith(group) || group === 'meta/v1'),
    );
  const full = `${PACKAGES[name.slice(0, dot)] ?? ''}.${name.slice(dot + 1)}`;
  return full in types ? full : undefined;
}

const BASIC = {
  bool: 'bool',
  string: 'string',
  byte: 'byte',
  int32: 'int32',
  int64: 'int64',
  'types.UID': 'string',
  'intstr.IntOrString': 'IntOrString',
  'resource.Quantity': 'Quantity',
  Time: 'Time',
  'metav1.Time': 'Time',
  'metav1.MicroTime': 'Time',
  FieldsV1: 'Raw',
  'runtime.RawExtension': 'Raw',
};

/** `*[]map<T>` forms with aliases followed: `[]core/v1.Container`, `map Quantity`, `*int64`. */
function typeText(type, group) {
  if (type.startsWith('*')) return `*${typeText(type.slice(1), group)}`;
  if (type === '[]byte') return 'Bytes';
  if (type.startsWith('[]')) return `[]${typeText(type.slice(2), group)}`;
  const map = /^map\[[^\]]*\](.*)$/.exec(type);
  if (map !== null) return `map ${typeText(map[1], group)}`;
  if (type in BASIC) return BASIC[type];
  const full = resolve(type, group);
  if (full === undefined) return 'Raw';
  const alias = types[full].alias;
  return alias === undefined ? full : typeText(alias, full.split('.')[0]);
}

const lines = new Map();
const queue = [...ROOTS];
for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
  if (lines.has(name)) continue;
  const group = name.slice(0, name.lastIndexOf('.'));
  const fields = types[name].fields.map((field) => {
    const type = typeText(field.type, group);
    const target = type.replace(/^(\*|\[\]|map )+/, '');
    if (target in types && !lines.has(target)) queue.push(target);
    const flags = (field.omitempty ? 'o' : '') + (field.omitzero ? 'z' : '') + (field.json === null ? 'i' : '');
    return [
      field.go,
      field.json === field.go[0].toLowerCase() + field.go.slice(1) ? '' : (field.json ?? ''),
      type,
      flags,
      field.patchStrategy ?? '',
      field.patchMergeKey ?? '',
    ]
      .join('|')
      .replace(/\|+$/, '');
  });
  lines.set(name, fields.join(';'));
}
const body = [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `  '${name}': '${text}',`);
const table = `// Made by scripts/generate-type-table.mjs from Kubernetes' struct definitions (Apache-2.0). Do not edit.
// A field: Go name | JSON name where it is not the Go name with a small first letter | type | flags | strategy | merge key.
// Flags: o omitempty, z omitzero, i inline. Types: * pointer, [] list, map string map.
export const TYPE_TABLE: Readonly<Record<string, string>> = {
${body.join('\n')}
};
`;
if (process.argv.includes('--print')) process.stdout.write(table);
else {
  writeFileSync('src/core/kube/type-table.generated.ts', table);
  console.log(`${lines.size} types`);
}
