import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { diffJson, locatePointers } from '../../core/kube/index.ts';
import {
  injectInPlace,
  type ManifestFile,
  type ManifestResult,
  type WorkloadResult,
} from '../../core/manifest/index.ts';
import { plain } from '../../platform/terminal.ts';
import { type Arguments, flagText, flagTexts, inputProblems } from './arguments.ts';
import { clusterConfig } from './cluster-config.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { failure, hasErrors, usageFailure } from './failure.ts';
import { clusterFlagProblems } from './istioctl-flags.ts';
import { problemsText, sourceTexts } from './problem-text.ts';
import { readManifests } from './read-files.ts';
import { readSettings } from './read-settings.ts';
import { unifiedDiff } from './unified-diff.ts';
import { toStandardOutput, writeOutput } from './write-results.ts';

/**
 * `remora diff`: what `kube-inject --in-place` would write, against what is there. The edit in place is compared, and not
 * the printed form, since a person wants to see what injection does and not that comments are gone and keys sorted.
 */
export async function diff(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const misused = [...inputProblems(args), ...clusterFlagProblems(args)];
  if (misused.length > 0) return usageFailure(misused, 'diff', args, surroundings);
  const read = new Map<string, string>();
  const cluster = await clusterConfig(args, surroundings.env);
  if (!cluster.ok) return trouble(failure(cluster.problems, args, surroundings));
  const settings = readSettings(args, surroundings, read, cluster.value);
  const files = readManifests(flagTexts(args, 'filename'));
  if (!settings.ok || !files.ok) {
    return trouble(failure([...settings.problems, ...files.problems], args, surroundings, read));
  }
  const edits = files.value.map((file) => ({ file, edited: injectInPlace(file, settings.value) }));
  const problems = [...settings.problems, ...edits.flatMap(({ edited }) => edited.problems)];
  const sources = sourceTexts(files.value, settings.value, read);
  if (hasErrors(problems)) return trouble(failure(problems, args, surroundings, sources));

  const changes = edits.flatMap(({ file, edited }) => (edited.ok ? [{ file, ...edited.value }] : []));
  const json = flagText(args, 'format') === 'json';
  const paint = toStandardOutput(args) ? surroundings.paintOutput : plain;
  const text = json ? patchesText(changes) : changes.map((change) => unifiedDiff(sidesOf(change), paint)).join('');
  const differs = changes.some(({ file, text: after }) => withoutRecord(after) !== withoutRecord(file.text));
  const written = writeOutput(text, args);
  const error = problemsText([...problems, ...written.problems], surroundings.paintError, sources);
  return written.ok ? { exitCode: differs ? 1 : 0, output: written.value, error } : { exitCode: 2, error };
}

type Change = { readonly file: ManifestFile; readonly text: string; readonly result: ManifestResult };

/** diff(1) has 1 for a difference, so what is wrong gets 2. */
function trouble(result: CommandResult): CommandResult {
  return { ...result, exitCode: 2 };
}

function sidesOf({ file, text, result }: Change): Parameters<typeof unifiedDiff>[0] {
  const starts = startLines(file.text, result.workloads);
  const name = file.name === '-' ? 'standard input' : file.name;
  return {
    oldName: name,
    newName: `${name}\tinjected`,
    before: withoutRecord(file.text),
    after: withoutRecord(text),
    heading: (line) => {
      const workload = result.workloads.filter((_, i) => (starts[i] ?? 0) <= line).at(-1);
      return workload === undefined ? '' : `${workload.kind} ${workload.name}`;
    },
  };
}

/** The lines on which workloads start: those of a List share their document, so their items are looked up in it. */
function startLines(text: string, workloads: readonly WorkloadResult[]): readonly number[] {
  const lines = text.split('\n');
  const places = new Map<number, ReadonlyMap<string, { readonly line: number }>>();
  return workloads.map(({ line, pointer }) => {
    if (pointer === '') return line;
    const known = places.get(line);
    const found = known ?? locatePointers(documentAt(lines, line), pointersAt(workloads, line));
    if (known === undefined) places.set(line, found);
    return line - 1 + (found.get(pointer)?.line ?? 1);
  });
}

function documentAt(lines: readonly string[], line: number): string {
  const rest = lines.slice(line - 1);
  const end = rest.findIndex((text, i) => i > 0 && text.startsWith('---'));
  return rest.slice(0, end === -1 ? undefined : end).join('\n');
}

function pointersAt(workloads: readonly WorkloadResult[], line: number): readonly string[] {
  return workloads.filter((workload) => workload.line === line).map(({ pointer }) => pointer);
}

/** The record that --in-place appends to undo itself says nothing to a reader. */
function withoutRecord(text: string): string {
  return text.replace(/\n# remora-undo\/\d+ [^\n]*\n?$/, '\n');
}

/** A JSON Patch for each workload that changes, for `kubectl patch --type json`: paths count from the object. */
function patchesText(changes: readonly Change[]): string {
  const items = changes.flatMap(({ result }) => result.workloads.flatMap((workload) => patchOf(workload, result)));
  return `${JSON.stringify(items, plainNumbers, 2)}\n`;
}

function patchOf(workload: WorkloadResult, { documents }: ManifestResult): readonly JsonObject[] {
  const { file, line, pointer, apiVersion, kind, namespace, name } = workload;
  const found = documents.find((document) => document.kind === 'object' && document.source.line === line);
  const patch = found?.kind === 'object' ? diffJson(itemAt(found.before, pointer), itemAt(found.after, pointer)) : [];
  if (patch.length === 0) return [];
  const operations = patch.map((operation) => ({ ...operation }));
  return [{ file, line, pointer, apiVersion, kind, namespace, name, patch: operations }];
}

function itemAt(object: JsonObject, pointer: string): JsonValue {
  let value: JsonValue = object;
  for (const key of pointer.split('/').slice(1)) {
    value = (isArray(value) ? value[Number(key)] : isObject(value) ? getKey(value, key) : null) ?? null;
  }
  return value;
}

function plainNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
