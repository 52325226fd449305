import { describe, expect, it } from 'vitest';
import { LATEST, type Release } from '../release.ts';
import { annotationErrorText, annotationWarnings, validateAnnotations } from './validate-annotations.ts';

const at = (minor: number): Release => ({ minor, patch: 0 });
const TRAFFIC = 'traffic.sidecar.istio.io';
const STATUS_PORT = 'status.sidecar.istio.io/port';
const DELAY = 'readiness.status.sidecar.istio.io/initialDelaySeconds';

/** The text behind the frame that names the annotation. */
function why(name: string, value: string, release: Release = LATEST): string | undefined {
  const [problem] = validateAnnotations({ [name]: value }, release);
  return problem?.message.replace(`invalid value '${value}' for annotation '${name}': `, '');
}

describe('what is accepted', () => {
  it.each([
    ['sidecar.istio.io/interceptionMode', 'NONE'],
    [STATUS_PORT, ' 15020 '],
    [STATUS_PORT, '0'],
    [DELAY, '4294967295'],
    [`${TRAFFIC}/includeOutboundIPRanges`, '*'],
    [`${TRAFFIC}/includeOutboundIPRanges`, ''],
    [`${TRAFFIC}/includeOutboundIPRanges`, '10.1.2.3/8,fd00::/8'],
    [`${TRAFFIC}/includeInboundPorts`, '*'],
    [`${TRAFFIC}/excludeInboundPorts`, ' 1, 65535 '],
    [`${TRAFFIC}/includeOutboundPorts`, 'anything'],
    [`${TRAFFIC}/excludeInterfaces`, 'eth0, net1.100'],
    ['prometheus.istio.io/merge-metrics', 'T'],
    ['sidecar.istio.io/proxyCPU', '100m'],
    ['sidecar.istio.io/logLevel', '\u0000'],
    ['proxy.istio.io/config', ''],
    ['proxy.istio.io/config', 'fancyNewField: 1'],
  ])('%s: %j', (name, value) => {
    expect(validateAnnotations({ [name]: value }, LATEST)).toEqual([]);
  });
});

describe('what is refused', () => {
  it.each([
    ['sidecar.istio.io/interceptionMode', 'redirect', 'interceptionMode invalid, use REDIRECT,TPROXY,NONE: redirect'],
    [
      STATUS_PORT,
      'x',
      `excludeInboundPorts invalid: failed parsing port 'x': strconv.ParseUint: parsing "x": invalid syntax`,
    ],
    [
      STATUS_PORT,
      ' 65536',
      `excludeInboundPorts invalid: failed parsing port ' 65536': strconv.ParseUint: parsing "65536": value out of range`,
    ],
    [DELAY, ' 1', 'strconv.ParseUint: parsing " 1": invalid syntax'],
    [DELAY, '4294967296', 'strconv.ParseUint: parsing "4294967296": value out of range'],
    [
      `${TRAFFIC}/includeOutboundIPRanges`,
      'bad',
      `includeIPRanges invalid: failed parsing cidr 'bad': netip.ParsePrefix("bad"): no '/'`,
    ],
    [
      `${TRAFFIC}/excludeOutboundIPRanges`,
      '*',
      `excludeIPRanges invalid: failed parsing cidr '*': netip.ParsePrefix("*"): no '/'`,
    ],
    [
      `${TRAFFIC}/includeInboundPorts`,
      '1,bad',
      `includeInboundPorts invalid: failed parsing port 'bad': failed parsing port 'bad': strconv.ParseUint: parsing "bad": invalid syntax`,
    ],
    [
      `${TRAFFIC}/excludeOutboundPorts`,
      '*',
      `excludeOutboundPorts invalid: failed parsing port '*': failed parsing port '*': strconv.ParseUint: parsing "*": invalid syntax`,
    ],
    [`${TRAFFIC}/excludeInterfaces`, 'eth0,', 'empty interface name'],
    [`${TRAFFIC}/kubevirtInterfaces`, 'a234567890123456', 'interface name "a234567890123456" too long (max 15 chars)'],
    ['istio.io/reroute-virtual-interfaces', 'net;1', 'interface name "net;1" contains invalid characters'],
    ['prometheus.istio.io/merge-metrics', 'yes', 'strconv.ParseBool: parsing "yes": invalid syntax'],
    ['sidecar.istio.io/proxyCPU', 'a\n', 'value contains control characters'],
    ['sidecar.istio.io/proxyMemoryLimit', '1Ek', "unable to parse quantity's suffix"],
    [
      'sidecar.istio.io/proxyMemory',
      'much',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      'proxy.istio.io/config',
      'concurrency: many',
      "failed to convert to apply proxy config: invalid character 'm' looking for beginning of value",
    ],
    [
      'proxy.istio.io/config',
      'configPath: ""\nstatusPort: 0',
      '2 errors occurred:\n\t* config path must be set\n\t* invalid status port: port number 0 must be in the range 1..65535\n\n',
    ],
  ])('%s: %j', (name, value, message) => {
    expect(why(name, value)).toBe(message);
  });

  it('says where and what to do', () => {
    const [problem] = validateAnnotations({ [`${TRAFFIC}/excludeInboundPorts`]: 'bad' }, LATEST);
    expect(problem).toMatchObject({
      code: 'ANNOTATION_INVALID',
      severity: 'error',
      where: { pointer: '/metadata/annotations/traffic.sidecar.istio.io~1excludeInboundPorts' },
    });
    expect(problem?.remedy).toMatch(/^Give /);
  });

  it('is told as one multi-error, by name', () => {
    const annotations = { [STATUS_PORT]: 'x', 'prometheus.istio.io/merge-metrics': 'x' };
    expect(annotationErrorText(validateAnnotations(annotations, LATEST), LATEST)).toBe(
      '2 errors occurred:\n' +
        `\t* invalid value 'x' for annotation 'prometheus.istio.io/merge-metrics': strconv.ParseBool: parsing "x": invalid syntax\n` +
        `\t* invalid value 'x' for annotation 'status.sidecar.istio.io/port': excludeInboundPorts invalid: failed parsing port 'x': strconv.ParseUint: parsing "x": invalid syntax\n\n`,
    );
    const one = validateAnnotations({ 'prometheus.istio.io/merge-metrics': 'x' }, LATEST);
    expect(annotationErrorText(one, LATEST)).toMatch(/^1 error occurred:\n\t\* .*\n\n$/);
  });
});

describe('older releases', () => {
  it('1.0 stops at the first failure, in its own order', () => {
    const problems = validateAnnotations(
      { [`${TRAFFIC}/excludeInboundPorts`]: 'bad', [`${TRAFFIC}/includeOutboundIPRanges`]: 'bad' },
      at(0),
    );
    const text = `injection failed. Invalid value for annotation ${TRAFFIC}/includeOutboundIPRanges: bad. Error: includeIPRanges invalid: failed parsing cidr 'bad': invalid CIDR address: bad`;
    expect(problems.map((problem) => problem.message)).toEqual([text]);
    expect(annotationErrorText(problems, at(0))).toBe(text);
  });

  it('1.0 reads signed 16 bit ports without trimming', () => {
    const message = (value: string) =>
      validateAnnotations({ [`${TRAFFIC}/includeInboundPorts`]: value }, at(0))[0]?.message.replace(/^.*Error: /, '');
    expect(message('-1')).toBeUndefined();
    expect(message('32768')).toBe(
      `includeInboundPorts invalid: failed parsing port '32768': strconv.ParseInt: parsing "32768": value out of range`,
    );
    expect(message(' 1')).toBe(
      `includeInboundPorts invalid: failed parsing port ' 1': strconv.ParseInt: parsing " 1": invalid syntax`,
    );
  });

  it('1.0 and 1.1 do not know the mode NONE', () => {
    const annotations = { 'sidecar.istio.io/interceptionMode': 'NONE' };
    expect(validateAnnotations(annotations, at(1))[0]?.message).toBe(
      'injection failed. Invalid value for annotation sidecar.istio.io/interceptionMode: NONE. Error: interceptionMode invalid: NONE',
    );
    expect(validateAnnotations(annotations, at(2))).toEqual([]);
  });

  it('1.1 collects, in the order of its table', () => {
    const problems = validateAnnotations({ [`${TRAFFIC}/excludeInboundPorts`]: 'x', [STATUS_PORT]: 'x' }, at(1));
    expect(problems.map((problem) => problem.where?.pointer)).toEqual([
      '/metadata/annotations/status.sidecar.istio.io~1port',
      '/metadata/annotations/traffic.sidecar.istio.io~1excludeInboundPorts',
    ]);
  });

  it('up to 1.15 a wrong port was printed as a number', () => {
    expect(why(`${TRAFFIC}/includeInboundPorts`, 'bad', at(8))).toBe(
      `includeInboundPorts invalid: failed parsing port '0': failed parsing port '0': strconv.ParseUint: parsing "bad": invalid syntax`,
    );
    expect(why(STATUS_PORT, '70000', at(8))).toBe(
      `excludeInboundPorts invalid: failed parsing port '65535': strconv.ParseUint: parsing "70000": value out of range`,
    );
  });

  it('1.20 validates enableCoreDump, but no interfaces and no resources', () => {
    expect(why('sidecar.istio.io/enableCoreDump', 'x', at(20))).toBe('strconv.ParseBool: parsing "x": invalid syntax');
    expect(why('sidecar.istio.io/enableCoreDump', 'x')).toBeUndefined();
    expect(why(`${TRAFFIC}/excludeInterfaces`, ',', at(20))).toBeUndefined();
    expect(why('sidecar.istio.io/proxyCPU', 'x', at(28))).toBeUndefined();
    expect(why('sidecar.istio.io/proxyCPU', 'x', at(29))).toBeDefined();
  });

  it('validates the parent shutdown time while there was one', () => {
    expect(why('proxy.istio.io/config', 'drainDuration: 90s', at(14))).toBe(
      '1 error occurred:\n\t* invalid parent and drain time combination parent shutdown time 1m0s must be greater than drain time 1m30s\n\n',
    );
    expect(why('proxy.istio.io/config', 'drainDuration: 90s', at(20))).toBeUndefined();
  });
});

describe('warnings', () => {
  it('tells of automatic DNS allocation', () => {
    const annotations = { 'proxy.istio.io/config': 'proxyMetadata: {ISTIO_META_DNS_AUTO_ALLOCATE: "true"}' };
    expect(annotationWarnings(annotations, LATEST)).toHaveLength(1);
    expect(annotationWarnings({}, LATEST)).toEqual([]);
  });
});
