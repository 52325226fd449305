/**
 * Random templates over random data, for a given time: the engine must give a text or a Problem, soon, and never throw.
 * `REMORA_FUZZ_SECONDS` (5 by default) and `REMORA_FUZZ_SEED` set how long and from where.
 */

import * as door from '../../src/core/gotemplate/index.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { PROBLEM_CODES } from '../../src/core/problem.ts';
import { mutated, type Random, randomTemplate, seededRandom, TEMPLATE_DATA } from '../differential/random-template.ts';

export type FuzzReport = {
  readonly seed: number;
  readonly iterations: number;
  /** How many ended in a text, and in each kind of Problem. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What must not happen, each with the template that did it. */
  readonly finds: readonly string[];
};

/** One template may take this long, in milliseconds. */
const HANG = 2000;
const LIMITS = { outputBytes: 1 << 20, steps: 200_000, depth: 200 };

/** Traces of JavaScript's own errors in a message: a bug that was taken for a template's error. */
const BUG = /undefined \(|null \(|is not a function|is not iterable|Cannot (?:read|set|mix|convert)|\[object /;

export function fuzzTemplates(seconds: number, seed: number): FuzzReport {
  const random = seededRandom(seed);
  const names = [...door.sprigFunctions.keys()].filter(
    (name) =>
      !/^(?:fail|genCA|genSelf|genSigned|genPrivate|bcrypt|htpasswd|derivePassword|encryptAES|decryptAES|buildCustomCert)/.test(
        name,
      ),
  );
  const outcomes: Record<string, number> = {};
  const finds: string[] = [];
  const end = performance.now() + seconds * 1000;
  let iterations = 0;
  while (performance.now() < end && finds.length < 10) {
    iterations++;
    const template = anyTemplate(random, names);
    const started = performance.now();
    const outcome = runOne(template, random);
    const took = performance.now() - started;
    outcomes[outcome.kind] = (outcomes[outcome.kind] ?? 0) + 1;
    if (outcome.wrong !== undefined) finds.push(`${outcome.wrong}\n  ${JSON.stringify(template)}`);
    if (took > HANG) finds.push(`took ${Math.round(took)} ms\n  ${JSON.stringify(template)}`);
  }
  return { seed, iterations, outcomes, finds };
}

function anyTemplate(random: Random, names: readonly string[]): string {
  switch (random.below(8)) {
    case 0:
      return noise(random, 60);
    case 1:
      return `{{${noise(random, 30)}}}`;
    case 2: {
      let text = randomTemplate(random, names);
      for (let n = random.below(10); n > 0; n--) text = mutated(text, random);
      return text;
    }
    case 3:
      return runaway(random);
    case 4:
      return randomTemplate(random);
    default:
      return randomTemplate(random, names);
  }
}

const PIECES = [
  '{{',
  '}}',
  '{{-',
  ' -}}',
  '/*',
  '*/',
  '(',
  ')',
  '|',
  '.',
  '..',
  '.x',
  '$',
  '$x',
  ':=',
  '=',
  ',',
  '"',
  "'",
  '`',
  '\\',
  'if ',
  'else ',
  'end',
  'range ',
  'with ',
  'define ',
  'block ',
  'template ',
  'break',
  'continue',
  'nil',
  'true',
  'print ',
  'printf ',
  'index ',
  'len ',
  '1',
  '0x',
  '1e',
  '1_',
  'i',
  '+',
  '-',
  ' ',
  '\n',
  '\t',
  '\u0000',
  'é',
  '\ud800',
  '\udcff',
  '\u{10ffff}',
  '"%*[3]d"',
  '"%[1]*.[2]*[3]v"',
  '9223372036854775808',
  'and ',
  'or ',
  'not ',
  'call ',
  '\ufeff',
  '"x"',
] as const;

function noise(random: Random, most: number): string {
  let text = '';
  for (let n = random.below(most); n > 0; n--) text += random.pick(PIECES);
  return text;
}

/** Templates that would never end, or grow without bound. */
function runaway(random: Random): string {
  const n = 1 + random.below(3000);
  return random.pick([
    '{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}',
    `{{define "a"}}${'{{if true}}'.repeat(n)}{{template "a"}}${'{{end}}'.repeat(n)}{{end}}{{template "a"}}`,
    '{{range 9223372036854775807}}{{end}}',
    '{{range 9223372036854775807}}xxxxxxxx{{end}}',
    '{{$x := "ab"}}{{range 1000}}{{$x = print $x $x}}{{end}}{{$x}}',
    '{{$x := "ab"}}{{range 1000}}{{$x = printf "%q%v" $x $x}}{{end}}{{$x | html | len}}',
    '{{range 100000}}{{printf "%1000000d" 1 | len}}{{end}}',
    `{{${'('.repeat(n)}1${')'.repeat(n)}}}`,
    `{{${'print ('.repeat(n)}1${')'.repeat(n)}}}`,
    `${'{{range 2}}'.repeat(n % 60)}x${'{{end}}'.repeat(n % 60)}`,
    `${'{{with 1}}'.repeat(n)}x${'{{end}}'.repeat(n)}`,
    '{{'.repeat(n),
    `{{/*${'*'.repeat(n)}`,
    `{{if 1}}${'{{else if 1}}'.repeat(n)}{{end}}`,
    `{{${'.x'.repeat(n)}}}`,
    `{{1${'|print'.repeat(n)}}}`,
    '{{range .l}}{{range $.l}}{{range $.l}}{{range $.l}}{{range $.l}}{{range $.l}}{{range $.l}}{{.}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}',
  ]);
}

type Outcome = { readonly kind: string; readonly wrong?: string | undefined };

function runOne(template: string, random: Random): Outcome {
  try {
    const compiled = door.compileTemplate(template, {
      name: 't',
      left: random.pick(['', '', '', '[[', '(', '|']),
      right: random.pick(['', '', '', ']]', ')', '|']),
      missingKey: random.pick(['default', 'zero', 'error']),
      functions: door.sprigFunctions,
    });
    if (!compiled.ok) return judge(compiled.problems, template);
    const data = random.chance(0.2) ? randomData(random, 4) : TEMPLATE_DATA;
    const executed = door.executeTemplate(compiled.value, door.fromJson(data), { limits: LIMITS, host: HOST });
    if (!executed.ok) return judge(executed.problems, template);
    return { kind: 'output', wrong: typeof executed.value === 'string' ? undefined : 'a result that is no text' };
  } catch (error) {
    return {
      kind: 'thrown',
      wrong: `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    };
  }
}

const HOST: door.TemplateHost = {
  now: () => 1_700_000_000_000,
  random: (length) => new Uint8Array(length).fill(7),
  env: (name) => (name === 'HOME' ? '/root' : undefined),
};

function judge(problems: readonly unknown[], template: string): Outcome {
  const [problem] = problems;
  if (problems.length !== 1 || typeof problem !== 'object' || problem === null) {
    return { kind: 'no problem', wrong: `a failure with ${problems.length} problems` };
  }
  const { code, message, where } = problem as {
    code?: string;
    message?: string;
    where?: { line?: number; column?: number };
  };
  const known = PROBLEM_CODES.some((one) => one === code);
  if (!known || typeof message !== 'string' || message === '')
    return { kind: 'odd', wrong: `odd problem ${String(code)}` };
  if (BUG.test(message)) return { kind: 'bug', wrong: `a bug's text: ${message}` };
  const lines = template.split('\n').length;
  if (where?.line !== undefined && (where.line < 1 || where.line > lines)) {
    return { kind: 'odd', wrong: `line ${where.line} of ${lines}: ${message}` };
  }
  return { kind: code ?? '' };
}

function randomData(random: Random, depth: number): JsonValue {
  switch (random.below(depth > 0 ? 8 : 6)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick([0, -0, 1, -1, 1e21, 5e-324, 1.7976931348623157e308, 0.1, 123456789]);
    case 3:
    case 4:
      return noise(random, 5);
    case 5:
      return '';
    case 6:
      return Array.from({ length: random.below(5) }, () => randomData(random, depth - 1));
    default: {
      const keys = ['s', 'l', 'm', 'n', 'x', '__proto__', 'constructor', 'é', ''];
      const entries = keys.filter(() => random.chance(0.5)).map((key) => [key, randomData(random, depth - 1)] as const);
      return Object.fromEntries(entries);
    }
  }
}
