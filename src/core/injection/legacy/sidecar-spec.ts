import { executeTemplate, type GoObject } from '../../gotemplate/index.ts';
import {
  getKey,
  isObject,
  type JsonObject,
  type JsonValue,
  listAt,
  type MutableJsonObject,
  objectAt,
  setKey,
} from '../../json.ts';
import { dropUnknown, parseYaml, roundTrip } from '../../kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../problem.ts';
import type { Release } from '../../release.ts';
import type { InjectionContext, SidecarTemplate } from '../model.ts';
import { behaves } from '../releases.ts';
import { blamed, inTemplate } from '../render.ts';

/** What a template of the list generation rendered, decoded as its release's Go types did. */
export type SidecarSpec = {
  readonly initContainers: readonly JsonObject[];
  readonly containers: readonly JsonObject[];
  readonly volumes: readonly JsonObject[];
  readonly imagePullSecrets: readonly JsonObject[];
  readonly dnsConfig: JsonObject | undefined;
  /** `rewriteAppHTTPProbe` of the rendered text: the values come in through the template. */
  readonly rewriteProbes: boolean;
  /** `holdApplicationUntilProxyStarts` of the rendered text. */
  readonly hold: boolean;
  /** `podRedirectAnnot`: what tells the CNI plug-in how to redirect. */
  readonly redirectAnnotations: JsonObject;
};

const NOT_PARSED = 'failed parsing generated injected YAML (check Istio sidecar injector configuration): ';

/**
 * Executes the template and decodes what it wrote (injection.md 4.1): scalars become strings where Go wants one, unknown
 * keys vanish, also those that a younger Kubernetes gave a meaning, such as a container's `restartPolicy: Always`.
 */
export function renderSidecarSpec(
  template: SidecarTemplate,
  data: GoObject,
  host: InjectionContext['host'],
  release: Release,
): Parsed<SidecarSpec> {
  const text = executeTemplate(template.compiled, data, { host });
  if (!text.ok) return failed(...text.problems.map((problem) => inTemplate(problem, template.name, template.source)));
  const read = parseYaml(text.value, { file: `output of template ${template.name}`, schema: 'core/v1.PodSpec' });
  if (!read.ok) return notParsed(read.problems, release);
  if (read.value !== null && !isObject(read.value)) return notParsed(blamed([noMapping()], template), release);
  const spec = decode(read.value ?? {}, release);
  return spec.ok ? spec : notParsed(blamed(spec.problems, template), release);
}

function decode(rendered: JsonObject, release: Release): Parsed<SidecarSpec> {
  const known = dropUnknown('core/v1.PodSpec', rendered, release.minor);
  const typed = roundTrip('core/v1.PodSpec', known, { unknown: 'drop', creationTimestampNull: false });
  if (!typed.ok) return typed;
  const spec = typed.value;
  const dnsConfig = getKey(spec, 'dnsConfig');
  return parsed({
    initContainers: listAt(spec, 'initContainers'),
    containers: listAt(spec, 'containers'),
    volumes: listAt(spec, 'volumes'),
    imagePullSecrets: listAt(spec, 'imagePullSecrets'),
    dnsConfig: behaves(release, 'dns-config') && isObject(dnsConfig) ? dnsConfig : undefined,
    rewriteProbes: behaves(release, 'probe-rewriting') && getKey(rendered, 'rewriteAppHTTPProbe') === true,
    hold: behaves(release, 'hold-application') && getKey(rendered, 'holdApplicationUntilProxyStarts') === true,
    redirectAnnotations: behaves(release, 'pod-redirect-annotations')
      ? texts(objectAt(rendered, 'podRedirectAnnot'))
      : {},
  });
}

/** A map of strings in Go: numbers and booleans become their texts. */
function texts(map: JsonObject): JsonObject {
  const out: MutableJsonObject = {};
  for (const key of Object.keys(map)) {
    const value: JsonValue = map[key] ?? '';
    setKey(out, key, typeof value === 'string' ? value : String(value));
  }
  return out;
}

function notParsed(problems: readonly Problem[], release: Release): Parsed<never> {
  // 1.0 and 1.1 gave the YAML library's text alone.
  const prefix = behaves(release, 'template-values') ? NOT_PARSED : '';
  return failed(...problems.map((problem) => ({ ...problem, message: `${prefix}${problem.message}` })));
}

function noMapping(): Problem {
  return {
    code: 'MERGE_FAILED',
    severity: 'error',
    message: 'json: cannot unmarshal the rendered template into Go value of type inject.SidecarInjectionSpec',
    remedy: 'Correct the template: it must write a mapping of lists.',
  };
}
