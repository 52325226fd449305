/**
 * What a template may ask of this machine: its clock, time zone, random numbers and environment, and keys and
 * certificates. Everything is asked for when a template does, since Node's crypto and time zones take milliseconds to
 * load. A network is not offered: a name server's answer has no place in a manifest.
 */
import type { TemplateHost } from '../core/gotemplate/index.ts';
import { certificateFunctions } from './certificates.ts';

export function templateHost(env: Readonly<Record<string, string | undefined>> = process.env): TemplateHost {
  return {
    now: () => Date.now(),
    get timeZone() {
      return env.TZ || new Intl.DateTimeFormat().resolvedOptions().timeZone;
    },
    random: (length) => process.getBuiltinModule('node:crypto').randomBytes(length),
    env: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    crypto: certificateFunctions,
  };
}
