import { parseGoBool } from '../go-values.ts';
import { fromJson, type GoObject, type TemplateHost } from '../gotemplate/index.ts';
import { type JsonObject, objectAt, textAt } from '../json.ts';
import { diffJson, dropUnknown, mergeStrategic, roundTrip } from '../kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import type { Release } from '../release.ts';
import { proxyEnvironment, withNetworkLabel, withProxyEnvironment } from './cluster-env.ts';
import { estimatedConcurrency } from './concurrency.ts';
import { decideInjection } from './decide.ts';
import { type EffectiveMesh, effectiveMesh, invalidAnnotations } from './effective-mesh.ts';
import { erasedFields, erasedProblem } from './erased-fields.ts';
import { imageUrl, printedTag } from './image.ts';
import { injectLegacy } from './legacy/index.ts';
import type {
  InjectionConfig,
  InjectionContext,
  InjectionDecision,
  InjectionOutcome,
  PodTemplate,
  SidecarTemplate,
  StepTrace,
} from './model.ts';
import { isNativePod, templateHost, usesNativeSidecars } from './native-sidecar.ts';
import { renderHost } from './nested-render.ts';
import { clearFilledInUser, DEFAULT_PROXY_ID, openshiftIds } from './openshift.ts';
import { orderContainers, withoutContainer } from './order.ts';
import { ownerOf, podItself } from './owner.ts';
import {
  annotationsOf,
  containersOf,
  findContainer,
  metadataOf,
  PROXY_CONTAINER,
  STATUS_ANNOTATION,
  specOf,
  withAnnotations,
  withContainers,
} from './pod.ts';
import { rewriteProbes } from './probes.ts';
import { mergePrometheus, withSecurePort } from './prometheus.ts';
import { adjustInitUser, originalForm, prefixed, reapplyOverrides } from './reinject.ts';
import { behaves } from './releases.ts';
import { blamed, renderTemplate, withValuesHint } from './render.ts';
import { selectTemplates } from './select-templates.ts';
import { skippedProblem } from './skipped.ts';
import { statusText } from './status.ts';
import { templateData } from './template-data.ts';

/**
 * Injects the sidecar into one pod (injection.md 4.2), as the release of the configuration did: the decision with its
 * evidence, the resulting pod, what each step changed, and the JSON patch from the pod as received.
 *
 * `pod` is metadata and spec in the form in which Go's types write them (core/kube's roundTrip): a Pod, or the pod
 * template of a workload. It is not changed, and the result shares what was not touched. Linear in the pod's size.
 * A failure carries upstream's whole error text in the message of its first problem.
 */
export function inject(pod: PodTemplate, at: InjectionContext, cfg: InjectionConfig): InjectionOutcome {
  if (cfg.generation === 'list') return injectLegacy(pod, at, cfg);
  const decision = decideInjection(pod, at, cfg);
  if (!decision.inject) {
    return {
      kind: 'skipped',
      decision,
      pod,
      problems: [...decision.problems, ...skippedProblem(decision, pod, at, cfg.release)],
    };
  }
  // OpenShift's admission fills in user ids before us; the patch is then relative to the pod without them.
  const openshift = at.path === 'webhook' && at.platform === 'openshift' && behaves(cfg.release, 'openshift-ids');
  const clears = openshift && behaves(cfg.release, 'openshift-filled-user-cleared');
  const original = clears ? clearFilledInUser(pod) : pod;
  const result = run({ original, at, cfg, openshift });
  if (!result.ok) return { kind: 'failed', decision, problems: result.problems };
  return injected(original, decision, result.value, result.problems);
}

type Request = {
  readonly original: PodTemplate;
  readonly at: InjectionContext;
  readonly cfg: InjectionConfig;
  readonly openshift: boolean;
};

type Finished = { readonly pod: PodTemplate; readonly trace: readonly StepTrace[] };

function injected(
  original: PodTemplate,
  decision: InjectionDecision,
  { pod, trace }: Finished,
  warnings: readonly Problem[],
): InjectionOutcome {
  const patch = diffJson(original, pod, { type: 'core/v1.Pod' });
  return { kind: 'injected', decision, pod, trace, patch, problems: [...decision.problems, ...warnings] };
}

/** The steps of injection.md 4.2 between the decision and the patch; `problems` of a success are warnings. */
function run(request: Request): Parsed<Finished> {
  const { original, cfg } = request;
  const warnings = dnsWarning(original);
  const mesh = effectiveMesh(original, request.at, cfg);
  if (!mesh.ok) return unusableMesh(original, cfg.release, mesh.problems);
  const envs = proxyEnvironment(original, request.at, cfg.valuesJson);

  const merged = runTemplates(request, mesh.value);
  if (!merged.ok) return prefixed('failed to run injection template: ', merged.problems);
  const { result, template } = merged.value;

  const reapplied = reapplyOverrides(result, original, template, cfg.release);
  if (!reapplied.ok) return prefixed('failed to re apply container: ', reapplied.problems);
  const customised = behaves(cfg.release, 'init-user-adjusted')
    ? adjustInitUser(reapplied.value, original, mesh.value.interceptionMode === 'TPROXY')
    : reapplied.value;

  const finished = finishPod(customised, template, request, mesh.value, envs);
  if (!finished.ok) return prefixed('failed to process pod: ', finished.problems);
  const trace = [...merged.value.trace, ...overridesTrace(result, customised), ...finished.value.trace];
  return parsed({ pod: finished.value.pod, trace }, [...warnings, ...merged.problems, ...finished.problems]);
}

/** Up to 1.12 the annotation is laid over the mesh config where the template runs, behind the validation. */
function unusableMesh(pod: PodTemplate, release: Release, problems: readonly Problem[]): Parsed<never> {
  if (behaves(release, 'proxy-config-resources')) return failed(...problems);
  const invalid = invalidAnnotations(pod, release);
  return prefixed('failed to run injection template: ', invalid === undefined ? problems : [invalid]);
}

function dnsWarning(pod: PodTemplate): readonly Problem[] {
  const policy = textAt(specOf(pod), 'dnsPolicy');
  if (policy === '' || policy === 'ClusterFirst') return [];
  const metadata = metadataOf(pod);
  const generated = textAt(metadata, 'generateName');
  const unknown = generated === '' ? '' : `${generated}***** (actual name not yet known)`;
  const name = `${textAt(metadata, 'namespace')}/${textAt(metadata, 'name') || unknown}`;
  return [
    {
      code: 'DNS_POLICY',
      severity: 'warning',
      message: `"${name}"'s DNSPolicy is not "ClusterFirst". The Envoy sidecar may not able to connect to Istio Pilot`,
      where: { pointer: '/spec/dnsPolicy' },
      remedy: 'Remove spec.dnsPolicy, or make sure that the control plane can be resolved with it.',
    },
  ];
}

type Merged = {
  /** The pod with all overlays. */
  readonly result: PodTemplate;
  /** The overlays alone, merged: what injection brought. */
  readonly template: PodTemplate;
  readonly trace: readonly StepTrace[];
};

/** Steps 1 to 5: every selected template is rendered with the same data and laid over the *unstripped* pod. */
function runTemplates(request: Request, mesh: EffectiveMesh): Parsed<Merged> {
  const { original, at, cfg } = request;
  const invalid = invalidAnnotations(original, cfg.release);
  if (invalid !== undefined) return failed(invalid);
  const data = dataFor(request, mesh);
  if (!data.ok) return data;
  const templates = selectTemplates(original, at.path, cfg);
  if (!templates.ok) return templates;

  let result = original;
  let template: PodTemplate = {};
  const erased: string[] = [];
  // A wrong type shows only at the end; the first template after which it is there has brought it.
  const overlaid: { readonly by: SidecarTemplate; readonly result: PodTemplate }[] = [];
  const aloneFirst = behaves(cfg.release, 'overlay-tried-alone-first');
  const host = hostFor(data.value.view, at, cfg.release);
  for (const selected of templates.value) {
    const rendered = renderTemplate(selected, data.value.view, host);
    if (!rendered.ok) return failed(...withValuesHint(rendered.problems, selected, cfg));
    const overlay = dropUnknown('core/v1.Pod', rendered.value, cfg.release.minor);
    const brought = mergeStrategic(template, overlay, 'core/v1.Pod');
    if (!brought.ok) {
      const problems = strategic(withValuesHint(blamed(brought.problems, selected), selected, cfg));
      return prefixed(aloneFirst ? NOT_ALONE : NOT_APPLICABLE, problems);
    }
    template = brought.value;
    if (behaves(cfg.release, 'native-sidecars')) {
      result = moveToNative(result, template, data.value.nativeSidecars, cfg);
    }
    erased.push(...erasedFields(original, overlay));
    const laid = mergeStrategic(result, overlay, 'core/v1.Pod');
    if (!laid.ok) {
      const problems = isMergeable(original)
        ? withValuesHint(blamed(laid.problems, selected), selected, cfg)
        : laid.problems;
      return prefixed(NOT_APPLICABLE, strategic(problems));
    }
    result = laid.value;
    overlaid.push({ by: selected, result });
  }
  const typed = typedPod(result);
  if (!typed.ok) {
    const guilty = typedPod(original).ok ? overlaid.find((step) => !typedPod(step.result).ok) : undefined;
    const problems =
      guilty === undefined ? typed.problems : withValuesHint(blamed(typed.problems, guilty.by), guilty.by, cfg);
    return prefixed(`${aloneFirst ? NOT_ALONE : NOT_APPLICABLE}unmarshal patched pod: `, problems);
  }
  const problem = erasedProblem(erased, original);
  return parsed(
    { result: typed.value, template, trace: templates.value.map(({ name }) => templateTrace(name, template)) },
    problem === undefined ? [] : [problem],
  );
}

/** What the selected templates render for a pod, one overlay each; for `uninject`, which asks what they take away. */
export function renderOverlays(pod: PodTemplate, at: InjectionContext, cfg: InjectionConfig): readonly JsonObject[] {
  const mesh = effectiveMesh(pod, at, cfg);
  const data = mesh.ok ? dataFor({ original: pod, at, cfg, openshift: false }, mesh.value) : mesh;
  const templates = selectTemplates(pod, at.path, cfg);
  if (!data.ok || !templates.ok) return [];
  return templates.value.flatMap((template) => {
    const rendered = renderTemplate(template, data.value.view, hostFor(data.value.view, at, cfg.release));
    return rendered.ok ? [rendered.value] : [];
  });
}

function hostFor(view: GoObject, at: InjectionContext, release: Release): TemplateHost {
  const host = templateHost(at, release);
  return behaves(release, 'template-function-render') ? renderHost(view, host, release) : host;
}

const NOT_ALONE = 'failed applying injection overlay: ';
const NOT_APPLICABLE = 'failed parsing generated injected YAML (check Istio sidecar injector configuration): ';

function strategic(problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, message: `strategic merge: ${problem.message}` }));
}

/** Whether every list of the pod can be merged: a template is not to blame for a container without a name in it. */
function isMergeable(pod: PodTemplate): boolean {
  return mergeStrategic(pod, pod, 'core/v1.Pod').ok;
}

function templateTrace(name: string, template: PodTemplate): StepTrace {
  const names = [...containersOf(template, 'initContainers'), ...containersOf(template, 'containers')].map(
    (container) => textAt(container, 'name'),
  );
  return {
    step: 'template',
    because: `Template ${name} was laid over the pod; it brings ${names.join(', ') || 'no container'}.`,
    at: [],
  };
}

/** A user's own settings of istio-proxy must meet the template's container, which is an init container when native. */
function moveToNative(
  result: PodTemplate,
  template: PodTemplate,
  nativeSidecars: boolean,
  cfg: InjectionConfig,
): PodTemplate {
  const native = behaves(cfg.release, 'native-sidecar-annotation')
    ? isNativePod(result, nativeSidecars)
    : nativeSidecars;
  if (!native || findContainer(containersOf(template, 'initContainers'), PROXY_CONTAINER) === undefined) return result;
  const containers = containersOf(result, 'containers');
  const own = findContainer(containers, PROXY_CONTAINER);
  if (own === undefined) return result;
  const without = withContainers(result, 'containers', withoutContainer(containers, PROXY_CONTAINER));
  return withContainers(without, 'initContainers', [...containersOf(result, 'initContainers'), own]);
}

/** What Go's types make of the merged pod; whatever else the caller's object has stays as it is. */
function typedPod(pod: PodTemplate): Parsed<PodTemplate> {
  const typed = roundTrip('core/v1.Pod', { metadata: metadataOf(pod), spec: specOf(pod) }, POD_FORM);
  if (!typed.ok) return typed;
  return parsed({ ...pod, metadata: metadataOf(typed.value), spec: specOf(typed.value) });
}

const POD_FORM = { unknown: 'keep', creationTimestampNull: false } as const;

type Data = { readonly view: ReturnType<typeof templateData>; readonly nativeSidecars: boolean };

function dataFor({ original, at, cfg, openshift }: Request, mesh: EffectiveMesh): Parsed<Data> {
  if (cfg.values === null && behaves(cfg.release, 'null-values-refused')) return failed(nilValues());
  const stripped = originalForm(original, mesh.statusPort, cfg.release);
  if (!stripped.ok) return stripped;
  const namespace = textAt(metadataOf(original), 'namespace') || at.requestNamespace;
  const global = objectAt(cfg.valuesJson, 'global');
  const variant = behaves(cfg.release, 'image-variant') ? textAt(global, 'variant') : '';
  const image = { hub: textAt(global, 'hub'), tag: printedTag(global), variant };
  const annotations = annotationsOf(stripped.value);
  const ids = openshift ? openshiftIds(at.namespaceObject) : { uid: DEFAULT_PROXY_ID, gid: DEFAULT_PROXY_ID };
  const nativeSidecars = usesNativeSidecars(original, at, cfg.release);
  const view = templateData(
    {
      owner:
        at.owner ?? (derivesOwner(at, cfg.release) ? ownerOf(original, namespace, cfg.release) : podItself(original)),
      ownerMetadata: at.owner?.metadata ?? metadataOf(original),
      pod: stripped.value,
      proxyConfig: mesh.proxyConfig,
      meshConfig: mesh.meshConfig,
      values: cfg.values ?? NO_VALUES,
      revision: at.revision,
      nativeSidecars,
      proxyImage: imageUrl({ ...image, name: textAt(objectAt(global, 'proxy'), 'image') }, mesh.imageType, annotations),
      proxyInitImage: imageUrl({ ...image, name: textAt(objectAt(global, 'proxy_init'), 'image') }, '', annotations),
      proxyUid: ids.uid,
      proxyGid: ids.gid,
      inboundTrafficPolicyMode: mesh.inboundLocalhost ? 'localhost' : 'passthrough',
      compliancePolicy: at.compliancePolicy,
      estimatedConcurrency: estimatedConcurrency(mesh.concurrency, annotationsOf(original), cfg.valuesJson),
    },
    cfg.release,
  );
  return parsed({ view, nativeSidecars });
}

/** What a nil map is to a template: nothing at any path. */
const NO_VALUES = fromJson({});

/** kube-inject up to 1.20 looks at the object alone. */
function derivesOwner(at: InjectionContext, release: Release): boolean {
  return at.path === 'webhook' || behaves(release, 'owner-of-bare-pod');
}

function nilValues(): Problem {
  return {
    code: 'VALUES_INVALID',
    severity: 'error',
    message: 'failed to parse values.yaml; check Istiod logs for errors',
    remedy: 'Give values that are a mapping; an empty one is {}.',
  };
}

/** Step 7: what no template can do, in upstream's order. */
function finishPod(
  merged: PodTemplate,
  template: PodTemplate,
  { at, cfg }: Request,
  mesh: EffectiveMesh,
  envs: ReadonlyMap<string, string>,
): Parsed<Finished> {
  const { release } = cfg;
  const trace: StepTrace[] = [];
  const note = (step: string, because: string | undefined, pointers: readonly string[] = []): void => {
    if (because !== undefined) trace.push({ step, because, at: pointers });
  };
  const located = withProxyEnvironment(merged, envs, behaves(release, 'native-sidecars'));
  if (envs.size > 0) note('cluster', `The sidecar is told ${[...envs.keys()].sort().join(', ')}.`);

  const metrics = mergePrometheus(located, {
    release,
    statusPort: mesh.statusPort,
    enablePrometheusMerge: mesh.enablePrometheusMerge,
  });
  if (!metrics.ok) return failed(metrics.problem);
  note('prometheus', metrics.because, ['/metadata/annotations']);
  const secured = behaves(release, 'prometheus-targets') ? withSecurePort(metrics.pod) : metrics.pod;

  const webhookValues = objectAt(cfg.valuesJson, 'sidecarInjectorWebhook');
  const probes = rewriteProbes(secured, {
    release,
    statusPort: mesh.statusPort,
    rewriteByDefault: webhookValues.rewriteAppHTTPProbe === true,
    rewriteTcp: rewritesTcp(at, release),
  });
  note('probes', probes.because, probes.at);

  const labelled = withNetworkLabel(probes.pod, envs);
  const annotations: readonly (readonly [string, string])[] = [
    [STATUS_ANNOTATION, statusText(template, at.revision, release)],
    ...(at.path === 'webhook' ? Object.entries(cfg.injectedAnnotations) : []),
  ];
  const annotated = withAnnotations(labelled, annotations);
  note('status', 'The status annotation lists what was injected.', ['/metadata/annotations/sidecar.istio.io~1status']);

  const hold = mesh.holdApplication || holdsByValues(cfg.valuesJson);
  const pod = orderContainers(annotated, hold);
  if (hold) note('order', 'The sidecar stands first: the application starts after it.', ['/spec/containers']);
  return parsed({ pod, trace }, [...metrics.problems, ...probes.problems]);
}

/** The switch is there from the first TCP probes that go through the agent to 1.17. */
function rewritesTcp({ host }: InjectionContext, release: Release): boolean {
  return !behaves(release, 'tcp-probes-switch') || parseGoBool(host.env?.('REWRITE_TCP_PROBES') ?? '') !== false;
}

function holdsByValues(valuesJson: JsonObject): boolean {
  return objectAt(objectAt(valuesJson, 'global'), 'proxy').holdApplicationUntilProxyStarts === true;
}

function overridesTrace(before: PodTemplate, after: PodTemplate): readonly StepTrace[] {
  if (before === after) return [];
  return [{ step: 'overrides', because: "The user's own settings of injected containers win.", at: ['/spec'] }];
}
