import { failed, type Parsed, parsed } from '../problem.ts';
import type { InjectionConfig, InjectionContext, PodTemplate, SidecarTemplate } from './model.ts';
import { annotationOf, TEMPLATES_ANNOTATION } from './pod.ts';

/**
 * The templates of this pod, in the order in which they are laid over it (injection.md 2.5).
 *
 * | annotation inject.istio.io/templates | entrance     | names                                   |
 * |--------------------------------------|--------------|-----------------------------------------|
 * | present, also empty                  | any          | its comma list, aliases expanded        |
 * | absent                               | webhook      | `defaultTemplates`, aliases expanded    |
 * | absent                               | kube-inject  | `sidecar`                               |
 *
 * kube-inject knows no aliases. An alias is expanded once; a name that occurs twice is rendered twice.
 */
export function selectTemplates(
  pod: PodTemplate,
  path: InjectionContext['path'],
  cfg: InjectionConfig,
): Parsed<readonly SidecarTemplate[]> {
  const templates: SidecarTemplate[] = [];
  for (const name of templateNames(pod, path, cfg)) {
    const template = cfg.templates.get(name);
    if (template === undefined) return failed(notFound(name, cfg));
    templates.push(template);
  }
  return parsed(templates);
}

function templateNames(pod: PodTemplate, path: InjectionContext['path'], cfg: InjectionConfig): readonly string[] {
  const annotation = annotationOf(pod, TEMPLATES_ANNOTATION);
  const names = annotation?.split(',').map((name) => name.trim());
  if (path === 'kube-inject') return names ?? ['sidecar'];
  return (names ?? cfg.defaultTemplates).flatMap((name) => cfg.aliases.get(name) ?? [name]);
}

function notFound(name: string, cfg: InjectionConfig) {
  const known = [...cfg.templates.keys()];
  return {
    code: 'TEMPLATE_NOT_FOUND',
    severity: 'error',
    message: `requested template ${JSON.stringify(name)} not found; have ${known.join(', ')}`,
    where: { pointer: '/metadata/annotations/inject.istio.io~1templates' },
    remedy:
      known.length === 0
        ? "The configuration has no templates: give the `config` of the cluster's istio-sidecar-injector config map."
        : `Name templates of the injector's configuration in ${TEMPLATES_ANNOTATION}, or add this one to \`templates\`.`,
  } as const;
}
