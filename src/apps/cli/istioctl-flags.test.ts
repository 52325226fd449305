import { describe, expect, it } from 'vitest';
import { readArguments } from './arguments.ts';
import { COMMANDS } from './commands.ts';
import { builtinTemplateProblems, clusterFlagProblems, deprecations } from './istioctl-flags.ts';

const flags = COMMANDS.find(({ name }) => name === 'kube-inject')?.flags ?? [];

function args(...words: readonly string[]) {
  const read = readArguments(words, flags);
  if (!read.ok) throw new Error(read.problems[0]?.message);
  return read.value;
}

const messages = (problems: readonly { readonly message: string }[]): readonly string[] =>
  problems.map(({ message }) => message);

describe("istioctl's flags", () => {
  it('every flag of both generations is understood (injection.md 5.3, 5.5)', () => {
    const today =
      'filename output meshConfigFile meshConfigMapName injectConfigFile injectConfigMapName valuesFile operatorFileName webhookConfig revision xds-address cert-dir xds-label xds-port timeout authority insecure plaintext istioNamespace namespace context';
    const old =
      'hub tag emitTemplate verbosity sidecarProxyUID setVersionString coreDump imagePullPolicy includeIPRanges includeInboundPorts excludeIPRanges excludeInboundPorts debug';
    for (const name of `${today} ${old}`.split(' ')) expect(flags.map((flag) => flag.name)).toContain(name);
    expect(
      Object.fromEntries(flags.filter(({ short }) => short !== undefined).map(({ short, name }) => [short, name])),
    ).toEqual({
      f: 'filename',
      o: 'output',
      r: 'revision',
      i: 'istioNamespace',
      n: 'namespace',
      c: 'kubeconfig',
      h: 'help',
    });
  });

  it('no control plane is asked to inject, and none would be where a file is given', () => {
    expect(messages(clusterFlagProblems(args('--xds-address', 'x', '--xds-port', '1', '--context', 'c')))).toEqual([
      '--xds-address is about a control plane, and none is asked to inject',
      '--xds-port is about a control plane, and none is asked to inject',
    ]);
    expect(clusterFlagProblems(args('--xds-address', 'x', '--injectConfigFile', 'c'))).toEqual([]);
  });

  it('deprecated flags have their text; emitTemplate is hidden but not deprecated', () => {
    expect(messages(deprecations(args('--debug', '--tag', 't', '--emitTemplate')))).toEqual([
      'Flag --tag has been deprecated, Use --injectConfigMapName or --injectConfigFile instead',
      'Flag --debug has been deprecated, Use --injectConfigMapName or --injectConfigFile instead',
    ]);
  });

  it('parameters of the built-in template are checked together, before anything else is said', () => {
    const wrong = args(
      '--hub',
      'h',
      '--includeIPRanges',
      'a',
      '--excludeIPRanges',
      'b',
      '--includeInboundPorts',
      'c',
      '--excludeInboundPorts',
      'd',
    );
    expect(messages(builtinTemplateProblems(wrong)).map((text) => text.split(' ')[0])).toEqual([
      'includeIPRanges',
      'excludeIPRanges',
      'includeInboundPorts',
      'excludeInboundPorts',
    ]);
    expect(builtinTemplateProblems(args('--includeIPRanges', 'a'))).toEqual([]);
  });
});
