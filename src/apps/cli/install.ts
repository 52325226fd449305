/** Commands that put Remora into a cluster, and take it out again. */
import { builtinConfig, keyText } from '../../core/injection/index.ts';
import { INSTALL_DEFAULTS, type InstallOptions } from '../../core/install/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import {
  applyInstall,
  type Connection,
  checkedObjects,
  type Done,
  generateTag,
  listTags,
  manifestText,
  removeTag,
  rivalsOf,
  setTag,
  type TagRow,
  uninstallRevision,
} from '../cluster/index.ts';
import { type Arguments, flagIsOn, flagText, usage } from './arguments.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { usageFailure } from './failure.ts';
import { duration, whole } from './flag-values.ts';
import { problemsText } from './problem-text.ts';
import { readText } from './read-files.ts';
import { readObjects } from './read-objects.ts';
import { problemsJson } from './report.ts';
import { VERSION } from './version.ts';

/** `remora install`: prints the manifest, or applies it. */
export async function install(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const options = readInstallOptions(args);
  const wait = duration(args, 'wait', 180_000);
  if (!options.ok || !wait.ok) {
    const problems = [...options.problems, ...wait.problems];
    if (problems.every(({ code }) => code === 'USAGE')) return usageFailure(problems, 'install', args, surroundings);
    return { exitCode: 1, error: problemsText(problems, surroundings.paintError) };
  }
  if (!flagIsOn(args, 'apply')) {
    const objects = checkedObjects(options.value);
    const clashes = rivalsInFile(args, options.value);
    const problems = [...objects.problems, ...clashes];
    const error = problemsText(problems, surroundings.paintError);
    if (!objects.ok || problems.some(({ severity }) => severity === 'error')) return { exitCode: 1, error };
    return {
      exitCode: 0,
      output: manifestText(objects.value, flagText(args, 'output') === 'json' ? 'json' : 'yaml'),
      error,
    };
  }
  const done = await applyInstall({
    options: options.value,
    connection: connectionOf(args),
    force: flagIsOn(args, 'force'),
    forceConflicts: flagIsOn(args, 'forceConflicts'),
    dryRun: flagIsOn(args, 'dryRun'),
    wait: wait.value,
  });
  return said(done, args, surroundings);
}

/** Without a cluster to ask, its webhook configurations as kubectl printed them. */
function rivalsInFile(args: Arguments, options: InstallOptions): readonly Problem[] {
  const file = flagText(args, 'webhookConfigFile');
  if (file === undefined) return [];
  const configurations = readObjects([file], 'MutatingWebhookConfiguration');
  return configurations.ok ? rivalsOf(options, configurations.value, flagIsOn(args, 'force')) : configurations.problems;
}

/** `remora uninstall`: says what would go, or removes it. */
export async function uninstall(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const options = readInstallOptions(args);
  if (!options.ok) return usageFailure(options.problems, 'uninstall', args, surroundings);
  return said(await uninstallRevision(options.value, connectionOf(args), flagIsOn(args, 'apply')), args, surroundings);
}

/** `remora tag set|generate|list|remove`. */
export async function tag(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const [action = '', ...tags] = args.operands;
  const options = readInstallOptions(args);
  const unnamed = (action === 'set' || action === 'generate') && flagText(args, 'revision') === undefined;
  const wrong = [
    ...options.problems,
    ...tagUsage(action, tags),
    ...(unnamed ? [usage('required flag(s) "revision" not set')] : []),
  ];
  if (!options.ok || wrong.length > 0) return usageFailure(wrong, 'tag', args, surroundings);
  const connection = connectionOf(args);
  const [name = ''] = tags;
  const request = {
    tag: name,
    options: { ...options.value, enableNamespacesByDefault: flagIsOn(args, 'auto-inject-namespaces') },
    webhookName: flagText(args, 'webhook-name'),
    connection,
    overwrite: flagIsOn(args, 'overwrite'),
  };
  switch (action) {
    case 'set':
      return said(await setTag(request), args, surroundings);
    case 'generate': {
      const objects = await generateTag(request);
      if (!objects.ok) return { exitCode: 1, error: problemsText(objects.problems, surroundings.paintError) };
      return {
        exitCode: 0,
        output: manifestText(objects.value, flagText(args, 'output') === 'json' ? 'json' : 'yaml'),
      };
    }
    case 'remove':
      return said(await removeTag(name, connection, flagIsOn(args, 'skip-confirmation')), args, surroundings);
    default: {
      const rows = await listTags(connection);
      if (!rows.ok) return { exitCode: 1, error: problemsText(rows.problems, surroundings.paintError) };
      return { exitCode: 0, output: tagTable(rows.value, flagText(args, 'output') === 'json') };
    }
  }
}

/** istioctl's texts. */
function tagUsage(action: string, tags: readonly string[]): readonly Problem[] {
  switch (action) {
    case 'set':
    case 'generate':
      if (tags.length === 0) return [usage('must provide a tag for modification')];
      if (tags.length > 1) return [usage('must provide a single tag for creation')];
      return tags.every((name) => REVISION.test(name)) ? [] : [usage(`"${tags[0]}" ${NO_NAME}`)];
    case 'remove':
      if (tags.length === 0) return [usage('must provide a tag for removal')];
      return tags.length > 1 ? [usage('must provide a single tag for removal')] : [];
    case 'list':
      return tags.length > 0 ? [usage('tag list command does not accept arguments')] : [];
    default:
      return [usage(`tag wants set, generate, list or remove, and has "${action}"`)];
  }
}

function tagTable(rows: readonly TagRow[], json: boolean): string {
  if (json) return `${JSON.stringify(rows, undefined, 2)}\n`;
  if (rows.length === 0) return 'No Istio revision tags found.\n';
  const cells = [
    ['TAG', 'REVISION', 'NAMESPACES'],
    ...rows.map((row) => [row.tag, row.revision, row.namespaces.join(',')]),
  ];
  const widths = [0, 1].map((i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  return cells
    .map(([a = '', b = '', c = '']) => `${a.padEnd(widths[0] ?? 0)} ${b.padEnd(widths[1] ?? 0)} ${c}`.trimEnd())
    .join('\n')
    .concat('\n');
}

export function connectionOf(args: Arguments): Connection {
  return { kubeconfig: flagText(args, 'kubeconfig'), context: flagText(args, 'context') };
}

function said({ lines, problems }: Done, args: Arguments, { paintError }: Surroundings): CommandResult {
  const failedAt = problems.some(({ severity }) => severity === 'error');
  const json = flagText(args, 'output') === 'json';
  const output = json
    ? `${JSON.stringify({ done: lines }, undefined, 2)}\n`
    : lines.map((line) => `${line}\n`).join('');
  return {
    exitCode: failedAt ? 1 : 0,
    output,
    error: json ? (problems.length === 0 ? '' : problemsJson(problems)) : problemsText(problems, paintError),
  };
}

/** Of a revision, a tag or a namespace: with what stands before and behind it, it must fit into 63 characters. */
const NO_NAME = 'is no name: lower-case letters, digits and "-", at most 42';
const REVISION = /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/;

function readInstallOptions(args: Arguments): Parsed<InstallOptions> {
  const problems: Problem[] = [];
  const take = <T>(value: Parsed<T>, fallback: T): T => {
    problems.push(...value.problems);
    return value.ok ? value.value : fallback;
  };
  const named = flagText(args, 'revision') ?? '';
  const revision = named === 'default' ? '' : named;
  const namespace = flagText(args, 'namespace') ?? INSTALL_DEFAULTS.namespace;
  for (const [flag, value] of [
    ['revision', revision],
    ['namespace', namespace],
  ] as const) {
    if (value !== '' && !REVISION.test(value)) {
      problems.push(usage(`--${flag} "${value}" ${NO_NAME}`));
    }
  }
  const texts = take(readTexts(args), { config: '', values: '', mesh: '' });
  const hub = flagText(args, 'hub') ?? 'remora';
  const options: InstallOptions = {
    ...INSTALL_DEFAULTS,
    namespace,
    createNamespace: flagText(args, 'createNamespace') !== 'false',
    revision,
    image: flagText(args, 'image') ?? `${hub}/webhook:${VERSION}`,
    replicas: take(whole(args, 'replicas', INSTALL_DEFAULTS.replicas, 1, 100), 1),
    failurePolicy: flagText(args, 'failurePolicy') === 'Ignore' ? 'Ignore' : 'Fail',
    reinvocationPolicy: flagText(args, 'reinvocationPolicy') === 'Never' ? 'Never' : 'IfNeeded',
    timeoutSeconds: take(whole(args, 'timeoutSeconds', INSTALL_DEFAULTS.timeoutSeconds, 1, 30), 1),
    enableNamespacesByDefault: flagIsOn(args, 'enableNamespacesByDefault'),
    nativeSidecars: nativeSidecars(flagText(args, 'nativeSidecars')),
    platform: flagText(args, 'platform') ?? '',
    compat: flagText(args, 'compat') ?? 'latest',
    priorityClassName: flagText(args, 'priorityClassName') ?? INSTALL_DEFAULTS.priorityClassName,
    certManager: flagIsOn(args, 'certManager'),
    ...texts,
  };
  return problems.some(({ severity }) => severity === 'error') ? failed(...problems) : parsed(options);
}

function nativeSidecars(mode: string | undefined): InstallOptions['nativeSidecars'] {
  return mode === 'true' || mode === 'false' ? mode : 'auto';
}

/** The texts of the files, out of their config maps where they are ones; without files the configuration of our own. */
function readTexts(args: Arguments): Parsed<Pick<InstallOptions, 'config' | 'values' | 'mesh'>> {
  const hub = flagText(args, 'hub');
  const builtin = builtinConfig({ tag: VERSION, ...(hub === undefined ? {} : { hub }) });
  const problems: Problem[] = [];
  const text = (flag: string, key: 'config' | 'values' | 'mesh'): string | undefined => {
    const file = flagText(args, flag);
    if (file === undefined) return undefined;
    const read = readText(file);
    const found = read.ok ? keyText(read.value, key, file) : read;
    problems.push(...found.problems);
    return found.ok ? found.value.text : '';
  };
  const config = text('injectConfigFile', 'config');
  const values = text('valuesFile', 'values') ?? valuesBeside(flagText(args, 'injectConfigFile'));
  const mesh = text('meshConfigFile', 'mesh');
  if (problems.length > 0) return failed(...problems);
  if (config === undefined) {
    return parsed({
      config: builtin.configText,
      values: values ?? builtin.valuesText ?? '',
      mesh: mesh ?? builtin.meshConfigText ?? '',
    });
  }
  return parsed({ config, values: values ?? '{}', mesh: mesh ?? '' });
}

/** Of a whole config map, whose values belong to its templates. */
function valuesBeside(file: string | undefined): string | undefined {
  const read = file === undefined ? undefined : readText(file);
  const found = read?.ok === true ? keyText(read.value, 'values', file) : undefined;
  // The bare text of a configuration is found as its own values, too.
  return found?.ok === true && found.value.pointer !== '' ? found.value.text : undefined;
}
