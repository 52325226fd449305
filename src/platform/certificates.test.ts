import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compileTemplate, executeTemplate, sprigFunctions } from '../core/gotemplate/index.ts';
import { templateHost } from './template-host.ts';

function render(template: string): string {
  const compiled = compileTemplate(template, { functions: sprigFunctions });
  if (!compiled.ok) throw new Error(compiled.problems[0]?.message);
  const text = executeTemplate(compiled.value, undefined, { host: templateHost({}) });
  return text.ok ? text.value : (text.problems[0]?.message ?? '');
}

const parts = (text: string): readonly string[] => text.split('|');

describe("Sprig's keys and certificates", () => {
  it.each([
    ['ecdsa', 'EC PRIVATE KEY', 'ec'],
    ['ed25519', 'PRIVATE KEY', 'ed25519'],
  ])('genPrivateKey %s', (type, label, kind) => {
    const key = render(`{{ genPrivateKey "${type}" }}`);
    expect(key).toContain(`-----BEGIN ${label}-----\n`);
    expect(createPrivateKey(key).asymmetricKeyType).toBe(kind);
  });

  it('an unknown type is told in the text, as Sprig does', () => {
    expect(render('{{ genPrivateKey "x" }}')).toBe('Unknown type x');
  });

  it('a certificate authority, and what it signs', () => {
    const [caPem = '', certPem = '', keyPem = ''] = parts(
      render(
        '{{ $ca := genCA "the ca" 365 }}{{ $c := genSignedCert "é.example" (list "10.0.0.1" "fd00::1:2") (list "a.example" "b.example") 30 $ca }}{{ $ca.Cert }}|{{ $c.Cert }}|{{ $c.Key }}',
      ),
    );
    const ca = new X509Certificate(caPem);
    const cert = new X509Certificate(certPem);
    expect(ca.ca).toBe(true);
    expect(ca.subject).toBe('CN=the ca');
    expect(cert.ca).toBe(false);
    expect(cert.subject).toBe('CN=é.example');
    expect(cert.issuer).toBe('CN=the ca');
    expect(cert.checkIssued(ca) && cert.verify(ca.publicKey)).toBe(true);
    expect(cert.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    expect(cert.subjectAltName).toBe(
      'DNS:a.example, DNS:b.example, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:1:2',
    );
    expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(Math.round((Date.parse(cert.validTo) - Date.parse(cert.validFrom)) / 86_400_000)).toBe(30);
  });

  it.each(['ecdsa', 'ed25519'])('self-signed with an own %s key', (type) => {
    const [certPem = '', keyPem = ''] = parts(
      render(
        `{{ $c := genSelfSignedCertWithKey "x" nil nil 36500 (genPrivateKey "${type}") }}{{ $c.Cert }}|{{ $c.Key }}`,
      ),
    );
    const cert = new X509Certificate(certPem);
    expect(cert.verify(createPublicKey(keyPem))).toBe(true);
    expect(cert.subjectAltName).toBeUndefined();
    // A century on, the time has another form.
    expect(new Date(cert.validTo).getUTCFullYear()).toBeGreaterThan(2120);
  });

  it('buildCustomCert takes what genCA gives', () => {
    const text =
      '{{ $a := genCAWithKey "x" 1 (genPrivateKey "ecdsa") }}{{ $b := buildCustomCert ($a.Cert | b64enc) ($a.Key | b64enc) }}{{ eq $a.Cert $b.Cert }}';
    expect(render(text)).toBe('true');
  });

  it.each([
    ['{{ genSelfSignedCert "x" (list 1) nil 1 }}', 'error parsing ip: 1 is not a string'],
    ['{{ genSelfSignedCert "x" (list "1.2.3") nil 1 }}', 'error parsing ip: 1.2.3'],
    ['{{ genSelfSignedCert "x" nil (list true) 1 }}', 'error processing alternate dns name: true is not a string'],
    ['{{ genCAWithKey "x" 1 "none" }}', 'error parsing private key: '],
    ['{{ buildCustomCert "eA==" "eA==" }}', 'unable to decode certificate'],
    [
      '{{ buildCustomCert "LS0tLS1CRUdJTiBYLS0tLS0KZUE9PQotLS0tLUVORCBYLS0tLS0K" "eA==" }}',
      'error parsing certificate: ',
    ],
  ])('%s fails with Sprig’s text', (template, message) => {
    expect(render(template)).toContain(message);
  });
});
