import { readCorpus } from './corpus.ts';

/** One case of `injection/<release>/cases.json`; the corpus' README explains the fields. */
export type InjectionCase = {
  readonly name: string;
  readonly input: string | null;
  readonly expected: string | null;
  readonly injectConfig: string | null;
  readonly values: string | null;
  readonly meshConfig: string | null;
  readonly expectedError: string | null;
  readonly params: {
    readonly paths: readonly string[];
    readonly revision?: { readonly kubeInject?: string; readonly webhook?: string };
    readonly nativeSidecars?: { readonly mode: string; readonly nodeKubeletVersions?: readonly string[] };
    readonly env?: Readonly<Record<string, string>>;
    readonly platform?: string;
    readonly compliancePolicy?: string;
    readonly namespaces?: readonly { readonly name: string; readonly annotations?: Readonly<Record<string, string>> }[];
    readonly expectedLog?: string;
    readonly statusVersion?: string;
    readonly policy?: string;
    readonly requestNamespace?: string;
    readonly legacyParams?: Readonly<Record<string, string | number | boolean>>;
    readonly http?: {
      readonly contentType: string;
      readonly wantStatus: number;
      readonly wantAllowed?: boolean;
      readonly bodyBytes?: readonly number[];
    };
  };
};

export function readCases(release: string): readonly InjectionCase[] {
  return JSON.parse(readCorpus('injection', release, 'cases.json')) as InjectionCase[];
}

/** `--compat` for a corpus folder: `head` is the newest behaviour. */
export function compatOf(release: string): string {
  return release === 'head' ? 'latest' : release;
}

/** Whether the release's folder has `mesh-defaults.yaml` (from 1.9 on). */
export function isOverlay(release: string): boolean {
  return release === 'head' || Number(release.split('.')[1]) >= 9;
}
