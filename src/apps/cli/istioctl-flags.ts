/**
 * Flags of istioctl that we understand without doing what they say. They are accepted where they make no difference, and
 * refused where the user would get something else than was asked for.
 */
import { validateLegacyParameters } from '../../core/injection/index.ts';
import type { Problem } from '../../core/problem.ts';
import { type Arguments, flagIsOn, flagText, usage } from './arguments.ts';
import { CLUSTER, DEPRECATED_TEXT, LEGACY } from './flags.ts';

/** A flag about the control plane is harmless where istioctl would not ask it either, since a configuration file is given. */
export function clusterFlagProblems(args: Arguments): readonly Problem[] {
  if (flagText(args, 'injectConfigFile') !== undefined) return [];
  return CLUSTER.filter(({ name }) => flagText(args, name) !== undefined).map(({ name }) =>
    usage(
      `--${name} is about a control plane, and none is asked to inject`,
      `Leave out --${name}: the configuration is read from the config maps of the cluster, and injection happens here.`,
    ),
  );
}

/** istioctl 1.0's texts about its deprecated flags. On a terminal they stand alone, as istioctl prints them. */
export function deprecations(args: Arguments): readonly Problem[] {
  return LEGACY.filter(({ name }) => name !== 'emitTemplate' && flagText(args, name) !== undefined).map(({ name }) => ({
    code: 'LEGACY_FLAG',
    severity: 'warning',
    message: `Flag --${name} has been deprecated, ${DEPRECATED_TEXT}`,
    remedy: `Leave out --${name}: the configuration says it.`,
  }));
}

/**
 * `--hub`, `--tag` and `--emitTemplate` ask for the template that istioctl 1.0 carried. Its parameters are checked in
 * its words; the template itself is Istio's text and is not offered. These are no USAGE, which ends with 2: istioctl ends
 * with 1 here.
 */
export function builtinTemplateProblems(args: Arguments): readonly Problem[] {
  const [hub, tag] = [flagText(args, 'hub') ?? '', flagText(args, 'tag') ?? ''];
  const emit = flagIsOn(args, 'emitTemplate');
  if (hub === '' && tag === '' && !emit) return [];
  if (emit && flagText(args, 'filename') !== undefined) {
    return [legacy('--filename and --emitTemplate are mutually exclusive', 'Leave out --emitTemplate.')];
  }
  const wrong = validateLegacyParameters({
    includeIPRanges: flagText(args, 'includeIPRanges') ?? '*',
    excludeIPRanges: flagText(args, 'excludeIPRanges') ?? '',
    includeInboundPorts: flagText(args, 'includeInboundPorts') ?? '*',
    excludeInboundPorts: flagText(args, 'excludeInboundPorts') ?? '',
  });
  if (wrong.length > 0) return wrong;
  if (hub === '' || tag === '') {
    const message = `hub and tag are both required. got hub: '${hub}', tag: '${tag}'`;
    return [legacy(message, 'Leave out both: Remora has no template for them. Give one with --injectConfigFile.')];
  }
  return [
    legacy(
      'the template that istioctl 1.0 carried for --hub and --tag is not offered',
      "Give the cluster's: kubectl -n istio-system get configmap istio-sidecar-injector -o=jsonpath='{.data.config}' > inject-config.yaml, then --injectConfigFile inject-config.yaml --compat 1.0.2.",
    ),
  ];
}

function legacy(message: string, remedy: string): Problem {
  return { code: 'LEGACY_FLAG', severity: 'error', message, remedy };
}
