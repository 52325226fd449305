/** Every conformance suite: where its corpus is and how its cases are run. One list for the table and for the tests. */
import { runAgentStatus } from './agent-status.ts';
import { runBootstrap } from './bootstrap.ts';
import { runCapture } from './capture.ts';
import type { CaseResult } from './corpus.ts';
import { runGotemplate } from './gotemplate.ts';
import { isOverlay } from './injection-cases.ts';
import { runJsonPatch } from './json-patch.ts';
import { runKubeInject } from './kube-inject.ts';
import { runLegacyWebhook } from './legacy-webhook.ts';
import { runParameters } from './parameters.ts';
import { runUnitTables } from './unit-tables.ts';
import { runWebhook } from './webhook.ts';

export type Suite = {
  readonly name: string;
  /** Folder or file of the corpus that the suite reads. */
  readonly corpus: string;
  readonly run: () => Promise<readonly CaseResult[]> | readonly CaseResult[];
};

function injectionSuite(release: string): Suite {
  return {
    name: `injection/${release}`,
    corpus: `injection/${release}`,
    run: async () => [
      ...(await runKubeInject(release)),
      ...(isOverlay(release) ? runWebhook(release) : [...(await runLegacyWebhook(release)), ...runParameters(release)]),
    ],
  };
}

/** `releases` defaults to those of the corpus; more of the same form may be laid beside them. */
export function suites(releases: readonly string[] = ['1.0.2', '1.20.0', 'head']): readonly Suite[] {
  return [
    ...releases.map(injectionSuite),
    { name: 'injection/unit', corpus: 'injection/head/unit.json', run: runUnitTables },
    { name: 'agent-status', corpus: 'agent-status', run: runAgentStatus },
    { name: 'bootstrap', corpus: 'bootstrap', run: runBootstrap },
    { name: 'capture', corpus: 'capture/iptables', run: runCapture },
    { name: 'gotemplate', corpus: 'gotemplate', run: runGotemplate },
    { name: 'json-patch', corpus: 'json-patch', run: runJsonPatch },
  ];
}
