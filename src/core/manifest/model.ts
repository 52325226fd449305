import type { InjectionConfig, InjectionContext, InjectionOutcome } from '../injection/index.ts';
import type { JsonObject } from '../json.ts';
import type { SourceDocument } from '../kube/index.ts';
import type { Problem } from '../problem.ts';

/** A file as it was read; `name` stands in problems (`-` for standard input). */
export type ManifestFile = { readonly name: string; readonly text: string };

/** Everything that the injection of a manifest needs besides the manifest. Made once, used for many files. */
export type ManifestSettings = {
  readonly config: InjectionConfig;
  readonly context: Pick<
    InjectionContext,
    'revision' | 'nativeSidecars' | 'nodes' | 'platform' | 'compliancePolicy' | 'host'
  >;
  /** Namespace objects by name, where they are known. */
  readonly namespaces: ReadonlyMap<string, JsonObject>;
};

/** One pod or workload of a manifest and what injection did with it. */
export type WorkloadResult = {
  readonly file: string;
  /** 1-based line on which the document starts. */
  readonly line: number;
  /** Where in the document it stands: `''`, or `/items/3` inside a List. */
  readonly pointer: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The pod as it was received: of a Pod the object, else metadata and spec of the template. */
  readonly original: JsonObject;
  readonly outcome: InjectionOutcome;
};

/** One document of the stream. */
export type DocumentResult =
  /** A kind that injection does not know, a comment, an empty document: written as it was. */
  | { readonly kind: 'untouched'; readonly source: SourceDocument }
  /** `before` and `after` are typed (core/kube's roundTrip); the same object where nothing was injected. */
  | {
      readonly kind: 'object';
      readonly source: SourceDocument;
      readonly before: JsonObject;
      readonly after: JsonObject;
    }
  | { readonly kind: 'failed'; readonly source: SourceDocument };

export type ManifestResult = {
  readonly documents: readonly DocumentResult[];
  readonly workloads: readonly WorkloadResult[];
  /** All errors and warnings, each with file, line and pointer. With an error nothing may be written. */
  readonly problems: readonly Problem[];
};
