/** One process that answers reviews: it is fed with configurations and certificates, and keeps the last good of each. */

import { X509Certificate } from 'node:crypto';
import type { ReviewAnswer } from '../../core/injection/index.ts';
import type { Problem } from '../../core/problem.ts';
import { type Answer, HttpsServer } from '../../platform/https-server.ts';
import type { Log } from '../../platform/log.ts';
import { templateHost } from '../../platform/template-host.ts';
import { compileConfig } from './compile-config.ts';
import { decisionFields } from './decision-log.ts';
import type { Metrics } from './metrics.ts';
import type { WebhookOptions } from './options.ts';
import type { Part, Readiness } from './readiness.ts';
import { createReviewer, type Reviewer } from './reviewer.ts';
import { BODY_LIMIT, routes } from './routes.ts';
import type { ConfigTexts, ServingCertificate } from './source.ts';

export type ServingContext = {
  readonly options: WebhookOptions;
  /** PEM of the authority that signs clients' certificates. */
  readonly clientAuthorityPem: string | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly metricsText: () => Promise<Answer>;
  /** Of each review that reached the engine: for Events. */
  readonly decided: (reviewed: ReviewAnswer) => void;
  /** Once, when requests are taken on this port. */
  readonly listening: (port: number) => void;
};

export type Serving = {
  readonly useTexts: (texts: ConfigTexts) => void;
  readonly useCertificate: (certificate: ServingCertificate) => Promise<void>;
  readonly problem: (part: Part, problem: Problem) => void;
  /** Resolves with the number of requests that had to be cut. */
  readonly stop: () => Promise<number>;
};

export function createServing(context: ServingContext): Serving {
  const { options, log, metrics, readiness } = context;
  let reviewer: Reviewer | undefined;
  let server: HttpsServer | undefined;
  const host = templateHost();
  const handle = routes({
    reviewer: () => reviewer,
    report: readiness.report,
    metrics,
    clientAuthority: options.clientAuthority,
    injectPath: options.injectPath,
    metricsText: context.metricsText,
    reviewed: (reviewed, milliseconds) => {
      const line = decisionFields(reviewed, milliseconds);
      log[line.level](line.message, line.fields);
      context.decided(reviewed);
    },
  });

  function bad(part: Part, problems: readonly Problem[]): void {
    readiness.bad(part, problems);
    for (const { severity, code, message, where, remedy } of problems) {
      log[severity === 'error' ? 'error' : 'warn'](message, { part, code, where, remedy });
    }
  }

  return {
    useTexts: (texts) => {
      const compiled = compileConfig(texts, options.injection);
      metrics.loads.inc({ outcome: compiled.ok ? 'good' : 'bad' });
      metrics.configBad.set(compiled.ok ? 0 : 1);
      if (compiled.ok) {
        reviewer = createReviewer(compiled.value, options.injection, host);
        readiness.good('configuration');
        metrics.configInForce.set(Date.now() / 1000);
        log.info('configuration loaded', { templates: [...compiled.value.config.templates.keys()] });
      }
      if (compiled.problems.length > 0) bad('configuration', compiled.problems);
    },
    useCertificate: async ({ certificate, key }) => {
      try {
        if (server === undefined) {
          server = new HttpsServer({
            address: options.address,
            port: options.port,
            certificate,
            key,
            clientAuthority: context.clientAuthorityPem,
            bodyLimit: BODY_LIMIT,
            handle,
            open: (requests) => metrics.inFlight.set(requests),
          });
          context.listening(await server.listen());
        } else server.useCertificate(certificate, key);
        const { validTo, subject } = new X509Certificate(certificate);
        metrics.certificateExpiry.set(Date.parse(validTo) / 1000);
        readiness.good('certificate');
        log.info('certificate in use', { subject, validTo });
      } catch (error) {
        if (isListenFailure(error)) throw error;
        if (readiness.report().lines.includes('certificate: missing')) server = undefined;
        bad('certificate', [certificateProblem(error)]);
      }
    },
    problem: (part, problem) => {
      if (part === 'configuration' && problem.severity === 'error') {
        metrics.loads.inc({ outcome: 'bad' });
        metrics.configBad.set(1);
      }
      bad(part, [problem]);
    },
    stop: async () => {
      readiness.stop();
      return (await server?.stop({ drain: options.drainDelay, grace: options.gracePeriod })) ?? 0;
    },
  };
}

/** The port cannot be had: that is no problem of the certificate. In a worker it is the primary that binds. */
export function isListenFailure(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && (error.syscall === 'listen' || error.syscall === 'bind');
}

function certificateProblem(error: unknown): Problem {
  return {
    code: 'CERTIFICATE_INVALID',
    severity: 'error',
    message: `the serving certificate cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'Give PEM files of a certificate and the key that belongs to it; the last good pair stays in use.',
  };
}
