/** The parts of the Helm chart that come from the code: the configuration of our own, as `remora install` installs it. */
import { existsSync, readFileSync } from 'node:fs';
import { builtinConfig } from '../src/core/injection/index.ts';
import { isObject, type JsonObject } from '../src/core/json.ts';
import { emitYaml } from '../src/core/kube/index.ts';
import type { GeneratedDoc } from './generated-docs.ts';

export const CHART = 'deploy/helm/remora';

export function chartFiles(): readonly GeneratedDoc[] {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
  const { configText, valuesText } = builtinConfig({ tag: version });
  const values = JSON.parse(valuesText ?? '') as JsonObject;
  const { tag: _tag, ...global } = isObject(values.global) ? values.global : {};
  return [
    whole('Chart.yaml', chartYaml(version)),
    whole('files/injection-config.yaml', configText),
    // The chart fills in the tag.
    whole('files/injection-values.yaml', emitYaml({ ...values, global })),
  ];
}

function whole(name: string, wanted: string): GeneratedDoc {
  const file = `${CHART}/${name}`;
  return { file, present: existsSync(file) ? readFileSync(file, 'utf8') : '', wanted };
}

function chartYaml(version: string): string {
  return `apiVersion: v2
name: remora
description: A sidecar injector that does what Istio's does, and says why
type: application
version: ${version}
appVersion: ${version}
annotations:
  licenses: Apache-2.0
`;
}
