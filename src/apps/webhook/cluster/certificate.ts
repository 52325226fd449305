import { X509Certificate } from 'node:crypto';
import type { JsonObject } from '../../../core/json.ts';
import type { Problem } from '../../../core/problem.ts';
import type { KubeApi } from '../../../platform/kube-api.ts';
import { createObject, replaceObject } from '../../../platform/kube-api-calls.ts';
import { watchObjects } from '../../../platform/kube-watch.ts';
import { type KeyPair, signLeaf, validFor } from '../../../platform/tls-authority.ts';
import type { ServingCertificate, Source, SourceListener } from '../source.ts';
import { apiProblem } from './api-problem.ts';
import {
  type Authority,
  type AuthoritySettings,
  caBundleOf,
  DEFAULT_AUTHORITY,
  nextStep,
  readAuthority,
  withAuthority,
} from './authority.ts';
import type { Leader } from './leader.ts';

export type SelfSignedOptions = {
  readonly namespace: string;
  readonly secret: string;
  /** DNS names and addresses that the leaf is for. */
  readonly names: readonly string[];
  readonly authority?: AuthoritySettings;
  /** Of a leaf, in milliseconds. A new one is made after two thirds of it. */
  readonly leafLifetime?: number;
  /** Between a caBundle that the API servers have not seen yet and the first certificate that needs it. */
  readonly settle?: number;
};

const LEAF_LIFETIME = 7 * 24 * 3_600_000;
export const DEFAULT_SETTLE = 5_000;
/** How often it is asked whether something is due. */
const TICK = 1_000;

/**
 * A serving certificate without anybody's help: the authority is in a Secret that replicas share, the leader makes and
 * rotates it, and every replica signs a leaf of its own with it, which never leaves its memory.
 */
export function selfSignedCertificate(
  api: KubeApi,
  leader: Leader,
  options: SelfSignedOptions,
): Source<ServingCertificate> {
  const { namespace, secret } = options;
  return {
    name: `Secret ${namespace}/${secret}`,
    run: async (listener, signal) => {
      const keeper = new CertificateKeeper(api, leader, options, listener);
      const query = { fieldSelector: `metadata.name=${secret}` };
      const timer = setInterval(() => void keeper.tick(), TICK);
      signal.addEventListener('abort', () => clearInterval(timer));
      leader.onChange(() => void keeper.tick());
      await watchObjects(
        api,
        { path: collection(namespace), query },
        {
          changed: (objects) => void keeper.seen(objects.get(`${namespace}/${secret}`)),
          failed: (failure) => keeper.lost(apiProblem(failure, `read the Secret ${namespace}/${secret}`, api)),
        },
        signal,
      );
    },
  };
}

function collection(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/secrets`;
}

/** A live thing: what was last seen of the Secret, and the leaf in use. */
class CertificateKeeper {
  private readonly api: KubeApi;
  private readonly leader: Leader;
  private readonly options: SelfSignedOptions;
  private readonly listener: SourceListener<ServingCertificate>;
  private secret: JsonObject | undefined;
  private authority: Authority | undefined;
  private leaf: (KeyPair & { readonly signedBy: string; readonly renewAt: number }) | undefined;
  private givenBundle = '';
  private trustedSince = 0;
  private known = false;
  private working = false;
  private isLost = false;
  /** The certificate of an authority that could not sign: it is told once, and not put back when it is deleted. */
  private unusable: string | undefined;

  constructor(api: KubeApi, leader: Leader, options: SelfSignedOptions, listener: SourceListener<ServingCertificate>) {
    this.api = api;
    this.leader = leader;
    this.options = options;
    this.listener = listener;
  }

  async seen(secret: JsonObject | undefined): Promise<void> {
    this.known = true;
    this.secret = secret;
    // Given again, the certificate says that what was wrong is over.
    if (this.isLost) this.give(this.givenBundle, this.trustedSince, true);
    this.isLost = false;
    const read = secret === undefined ? undefined : readAuthority(secret);
    if (read !== undefined && !read.ok) {
      for (const problem of read.problems) this.listener.problem(problem);
      return;
    }
    // A Secret that is gone leaves what we hold in force; the leader puts it back.
    if (read?.value !== undefined) this.authority = read.value;
    await this.tick();
  }

  lost(problem: Problem): void {
    this.isLost = true;
    this.listener.problem(problem);
  }

  /** Does what is due; one at a time. */
  async tick(): Promise<void> {
    if (!this.known || this.working) return;
    this.working = true;
    try {
      if (this.leader.isLeader()) await this.lead();
      await this.serve();
    } catch (error) {
      // All replicas see the same Secret: what stops one here would stop all of them, and they have a certificate.
      const signer = this.authority?.current.certificate;
      if (this.unusable !== signer) this.listener.problem(unsigned(error));
      this.unusable = signer;
    } finally {
      this.working = false;
    }
  }

  private async lead(): Promise<void> {
    const { namespace, secret: name, authority: settings = DEFAULT_AUTHORITY } = this.options;
    const inside = readAuthority(this.secret ?? {});
    // Somebody's own authority that does not work is theirs to correct.
    if (!inside.ok) return;
    const isEmpty = inside.value === undefined;
    const base: JsonObject = this.secret ?? {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'remora' } },
      type: 'Opaque',
    };
    const wanted =
      isEmpty && this.authority !== undefined && this.unusable !== this.authority.current.certificate
        ? withAuthority(base, this.authority)
        : await nextStep(base, isEmpty ? undefined : this.authority, settings, Date.now());
    if (wanted === undefined) return;
    const written =
      this.secret === undefined
        ? await createObject(this.api, collection(namespace), wanted)
        : await replaceObject(this.api, `${collection(namespace)}/${name}`, wanted);
    if (written.ok) {
      this.secret = written.value;
      const read = readAuthority(written.value);
      if (read.ok && read.value !== undefined) this.authority = read.value;
      // 409: another replica was faster, and the watch brings what it wrote.
    } else if (written.failure.status !== 409) {
      this.listener.problem(apiProblem(written.failure, `write the Secret ${namespace}/${name}`, this.api));
    }
  }

  /** Gives a certificate when there is a reason for a new one, and a bundle when that changes: the bundle always first. */
  private async serve(): Promise<void> {
    const { authority } = this;
    if (authority === undefined) return;
    const { names, leafLifetime = LEAF_LIFETIME, settle = DEFAULT_SETTLE } = this.options;
    const now = Date.now();
    const signer = authority.current.certificate;
    const bundle = this.bundleWith(authority);
    const trusted = this.leaf === undefined || this.givenBundle.includes(signer);
    if (!trusted) {
      this.give(bundle, now);
      return;
    }
    const stale = this.leaf === undefined || this.leaf.signedBy !== signer || now >= this.leaf.renewAt;
    const mayReplace = this.leaf === undefined || now - this.trustedSince >= settle;
    if (stale && mayReplace) {
      const { validTo } = new X509Certificate(signer);
      const life = Math.min(leafLifetime, Date.parse(validTo) - now);
      const leaf = await signLeaf(authority.current, names, validFor(now, life));
      // A key that is not the certificate's signs as well as any other.
      const isSigned = new X509Certificate(leaf.certificate).verify(new X509Certificate(signer).publicKey);
      if (!isSigned) throw new Error('ca.key is not the key of ca.crt');
      this.leaf = { ...leaf, signedBy: signer, renewAt: now + (life * 2) / 3 };
      this.give(this.bundleWith(authority), now, true);
    } else if (bundle !== this.givenBundle) this.give(bundle, now);
  }

  /** As long as our leaf is signed by an authority that left the Secret, that one must be trusted too. */
  private bundleWith(authority: Authority): string {
    const bundle = caBundleOf(authority);
    const signedBy = this.leaf?.signedBy;
    return signedBy === undefined || bundle.includes(signedBy) ? bundle : `${bundle}${signedBy}`;
  }

  private give(bundle: string, now: number, renewed = false): void {
    if (this.leaf === undefined) return;
    if (!renewed && bundle === this.givenBundle) return;
    if (bundle !== this.givenBundle) this.trustedSince = now;
    this.givenBundle = bundle;
    this.listener.value({ certificate: this.leaf.certificate, key: this.leaf.key, caBundle: bundle });
  }
}

function unsigned(error: unknown): Problem {
  return {
    code: 'CERTIFICATE_INVALID',
    severity: 'error',
    message: `no certificate can be signed: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'Delete the Secret of the authority, and a new one is made.',
  };
}
