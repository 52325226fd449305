/** One execution: its limits, its output so far, its variables, and how its errors are told. */
import { type Problem, type ProblemCode, ProblemError } from '../problem.ts';
import { utf8Length } from '../utf8.ts';
import { type Node, nodeText } from './nodes.ts';
import { quote } from './quote.ts';
import type { CallContext, GoValue, TemplateHost } from './value.ts';

/** Bounds of one execution; past one of them it fails with TEMPLATE_LIMIT. */
export type TemplateLimits = {
  /** Bytes of output, and of any one string made on the way. */
  readonly outputBytes: number;
  /** Actions, iterations and calls; a call that makes a long string or list counts for more. */
  readonly steps: number;
  /** Templates inside one another. The default is Go's own limit. */
  readonly depth: number;
};

/** Generous: the largest shipped injection template takes some 2,000 steps and 20 kB. */
export const DEFAULT_LIMITS: TemplateLimits = {
  outputBytes: 16 * 1024 * 1024,
  steps: 10_000_000,
  depth: 100_000,
};

export type MissingKey = 'default' | 'zero' | 'error';

/** Instructions; each gives the index of the one to follow. */
export type Program = readonly ((run: Run) => number)[];

/** What the end of a structure restores. */
export type Block = { readonly dot: GoValue; readonly dotIsElement: boolean; readonly mark: number };

/** Goes from element to element; both are set after each `advance` that gave true. */
export type Cursor = { key: GoValue; element: GoValue; readonly advance: () => boolean };

/** A range at work: how many variables and blocks there are at the start of each round. */
export type Loop = {
  readonly block: Block;
  /** Undefined in the `else` of a range over nothing. */
  readonly cursor: Cursor | undefined;
  readonly isElement: boolean;
  readonly mark: number;
  readonly blocks: number;
};

/** A template that waits for one that it called. */
type Call = {
  readonly program: Program;
  readonly following: number;
  readonly name: string;
  readonly base: number;
  readonly block: Block;
};

/** A template and those defined in it, ready to run any number of times. */
export type CompiledTemplate = {
  readonly name: string;
  readonly source: string;
  readonly missingKey: MissingKey;
  /** The program of a template that the text defines, made on first use. */
  readonly body: (name: string) => Program | undefined;
};

/**
 * Mutable, one per execution. Each value on the stack of variables knows whether it came out of an interface{} element,
 * as do `dot` and the fields: nothing but the type in some of Go's messages depends on it.
 */
export type Run = {
  readonly template: CompiledTemplate;
  readonly limits: TemplateLimits;
  readonly context: CallContext;
  /** Name of the template being executed, and the node, for messages. */
  name: string;
  node: Node | undefined;
  program: Program;
  dot: GoValue;
  dotIsElement: boolean;
  /** The same of the field or variable evaluated last. */
  lastIsElement: boolean;
  readonly calls: Call[];
  readonly loops: Loop[];
  readonly blocks: Block[];
  /** Variables from `base` on are those of the template being executed. */
  base: number;
  readonly names: string[];
  readonly values: GoValue[];
  readonly areElements: boolean[];
  output: string;
  bytes: number;
  steps: number;
};

/** `$` and the dot are the data. */
export function newRun(template: CompiledTemplate, data: GoValue, host: TemplateHost, limits: TemplateLimits): Run {
  const run: Run = {
    template,
    limits,
    context: {
      host,
      step: (count) => step(run, count),
      checkSize: (bytes) => {
        if (bytes > limits.outputBytes) limitError(run, `a value of more than ${limits.outputBytes} bytes`);
      },
    },
    name: template.name,
    node: undefined,
    program: [],
    dot: data,
    dotIsElement: false,
    lastIsElement: false,
    calls: [],
    loops: [],
    blocks: [],
    base: 0,
    names: ['$'],
    values: [data],
    areElements: [false],
    output: '',
    bytes: 0,
    steps: 0,
  };
  return run;
}

export function step(run: Run, count: number): void {
  run.steps += count;
  if (run.steps > run.limits.steps) limitError(run, `more than ${run.limits.steps} steps`);
}

export function write(run: Run, text: string, bytes: number = utf8Length(text)): void {
  run.bytes += bytes;
  if (run.bytes > run.limits.outputBytes) limitError(run, `more than ${run.limits.outputBytes} bytes of output`);
  run.output += text;
}

export function pushVariable(run: Run, name: string, value: GoValue, isElement = false): void {
  run.names.push(name);
  run.values.push(value);
  run.areElements.push(isElement);
}

export function popVariables(run: Run, to: number): void {
  if (run.names.length === to) return;
  run.names.length = to;
  run.values.length = to;
  run.areElements.length = to;
}

/** Index of the innermost variable of that name. The parser lets one through that a skipped `and` or `or` declares. */
export function findVariable(run: Run, name: string): number {
  for (let i = run.names.length - 1; i >= run.base; i--) if (run.names[i] === name) return i;
  return execError(run, `undefined variable: ${name}`);
}

export function assignVariable(run: Run, name: string, value: GoValue, isElement = false): void {
  const at = findVariable(run, name);
  run.values[at] = value;
  run.areElements[at] = isElement;
}

/** `template: NAME:LINE:COLUMN: executing "NAME" at <NODE>: text`; LINE from 1, COLUMN in bytes from 0 as in Go. */
export function execError(run: Run, text: string): never {
  throw new ProblemError(problem(run, 'TEMPLATE_EXEC', text));
}

export function limitError(run: Run, text: string): never {
  throw new ProblemError(problem(run, 'TEMPLATE_LIMIT', text));
}

/** Longest piece of the template that a limit's message quotes: Go's texts quote a whole `range` with its body. */
const MAX_QUOTED = 200;

export function problem(run: Run, code: ProblemCode, text: string): Problem {
  const node = run.node;
  if (node === undefined) return { code, severity: 'error', message: `template: ${run.name}: ${text}` };
  const before = run.template.source.slice(0, node.pos);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++;
  const column = utf8Length(before.slice(lineStart));
  const whole = nodeText(node);
  const shown = code === 'TEMPLATE_LIMIT' && whole.length > MAX_QUOTED ? `${whole.slice(0, MAX_QUOTED)}…` : whole;
  const at = `${run.template.name}:${line}:${column}`;
  return {
    code,
    severity: 'error',
    message: `template: ${at}: executing ${quote(run.name)} at <${shown}>: ${text}`,
    where: { line, column: column + 1 },
  };
}
