/**
 * Statements as a program: each tree becomes one flat list of instructions, which say where to go on. Templates that
 * call one another go on a stack of our own, so that a recursion ends at Go's limit and not at JavaScript's.
 *
 *   {{range .l}}a{{else}}b{{end}}   0 enter ─ empty ─► 4
 *                                   1 next ─ done ─► 5      (where `continue` goes)
 *                                   2 write a
 *                                   3 goto 1
 *                                   4 write b
 *                                   5 exit                  (where `break` goes)
 */
import { utf8Length } from '../utf8.ts';
import { compilePipe, type Functions } from './evaluate.ts';
import { hasInterfaceElements } from './field.ts';
import { type BranchNode, type ListNode, nodeText, type Statement, type TemplateNode } from './nodes.ts';
import { formatValue } from './print.ts';
import { quote } from './quote.ts';
import { rangeOver } from './range.ts';
import {
  assignVariable,
  type Block,
  type Cursor,
  execError,
  type Loop,
  limitError,
  type Program,
  popVariables,
  pushVariable,
  type Run,
  step,
  write,
} from './run.ts';
import { isTrue } from './truth.ts';
import { isFunc, typeOf } from './type-name.ts';
import type { GoValue } from './value.ts';

/** Where an instruction of an unfinished structure will jump to. */
type Label = { at: number };
type Code = Program[number][];
/** The labels of the range around a statement. */
type Around = { readonly next: Label; readonly exit: Label } | undefined;

const HALT = -1;

export function compileTree(list: ListNode, functions: Functions): Program {
  const code: Code = [];
  emitList(code, list, functions, undefined);
  code.push(returnToCaller);
  return code;
}

/** Runs the template of that name from its beginning to its end. */
export function execute(run: Run): void {
  run.program = run.template.body(run.name) ?? [];
  let at = 0;
  while (at !== HALT) {
    const instruction = run.program[at];
    if (instruction === undefined) return;
    at = instruction(run);
  }
}

function emitList(code: Code, list: ListNode, functions: Functions, around: Around): void {
  for (const node of list.nodes) emit(code, node, functions, around);
}

function emit(code: Code, node: Statement, functions: Functions, around: Around): void {
  const following = code.length + 1;
  switch (node.kind) {
    case 'text': {
      const bytes = utf8Length(node.text);
      code.push((run) => {
        run.node = node;
        write(run, node.text, bytes);
        return following;
      });
      return;
    }
    case 'action': {
      const pipe = compilePipe(node.pipe, functions);
      const prints = node.pipe.variables.length === 0;
      code.push((run) => {
        step(run, 1);
        const value = pipe(run, run.dot);
        if (prints) printResult(run, value, node);
        return following;
      });
      return;
    }
    case 'break':
    case 'continue': {
      const target = node.kind === 'break' ? around?.exit : around?.next;
      if (target !== undefined) code.push(() => target.at);
      return;
    }
    case 'if':
    case 'with':
      emitBranch(code, node, functions, around);
      return;
    case 'range':
      emitRange(code, node, functions, around);
      return;
    case 'template':
      code.push(templateCall(node, functions, following));
      return;
  }
}

function printResult(run: Run, value: GoValue, node: Statement): void {
  run.node = node;
  if (typeof value === 'string') write(run, value);
  else if (value === undefined || value === null) write(run, '<no value>', 10);
  else if (isFunc(value)) execError(run, `can't print ${nodeText(node)} of type ${typeOf(value)}`);
  else write(run, formatValue(value));
}

function emitBranch(code: Code, node: BranchNode, functions: Functions, around: Around): void {
  const pipe = compilePipe(node.pipe, functions);
  const setsDot = node.kind === 'with';
  const otherwise: Label = { at: 0 };
  const end: Label = { at: 0 };
  const following = code.length + 1;
  code.push((run) => {
    step(run, 1);
    const block = enterBlock(run);
    const value = pipe(run, run.dot);
    run.blocks.push(block);
    if (!isTrue(value)) return otherwise.at;
    if (setsDot) {
      run.dot = value;
      run.dotIsElement = false;
    }
    return following;
  });
  emitList(code, node.list, functions, around);
  if (node.elseList !== undefined && node.elseList.nodes.length > 0) {
    code.push(() => end.at);
    otherwise.at = code.length;
    emitList(code, node.elseList, functions, around);
  } else otherwise.at = code.length;
  end.at = code.length;
  emitLeave(code);
}

/** Structures open at a time, over all templates that wait for one another: some 100 MB. */
const MAX_OPEN = 1_000_000;

function enterBlock(run: Run): Block {
  if (run.blocks.length + run.loops.length > MAX_OPEN)
    limitError(run, `more than ${MAX_OPEN} structures open at a time`);
  return { dot: run.dot, dotIsElement: run.dotIsElement, mark: run.names.length };
}

/** Dot and variables as they were before the structure. */
function emitLeave(code: Code): void {
  const following = code.length + 1;
  code.push((run) => {
    const block = run.blocks.pop();
    if (block !== undefined) restore(run, block);
    return following;
  });
}

function restore(run: Run, block: Block): void {
  run.dot = block.dot;
  run.dotIsElement = block.dotIsElement;
  popVariables(run, block.mark);
}

function emitRange(code: Code, node: BranchNode, functions: Functions, around: Around): void {
  const pipe = compilePipe(node.pipe, functions);
  const next: Label = { at: code.length + 1 };
  const exit: Label = { at: 0 };
  const otherwise: Label = { at: 0 };
  code.push((run) => {
    step(run, 1);
    run.node = node;
    const block = enterBlock(run);
    const value = pipe(run, run.dot);
    const cursor = rangeOver(run, value, node.pipe.variables.length);
    const isElement = hasInterfaceElements(value);
    run.loops.push({ block, cursor, isElement, mark: run.names.length, blocks: run.blocks.length });
    return cursor === undefined ? otherwise.at : next.at;
  });
  const following = code.length + 1;
  code.push((run) => {
    const loop = run.loops.at(-1);
    if (loop?.cursor === undefined || !loop.cursor.advance()) return exit.at;
    nextElement(run, loop, loop.cursor, node);
    return following;
  });
  emitList(code, node.list, functions, { next, exit });
  code.push(() => next.at);
  otherwise.at = code.length;
  if (node.elseList !== undefined) emitElse(code, node.elseList, functions, around, exit);
  exit.at = code.length;
  const end = code.length + 1;
  code.push((run) => {
    leaveLoop(run);
    return end;
  });
}

/** In the `else` of a range, `break` leaves that range as in its body, while `continue` concerns the range around it. */
function emitElse(code: Code, list: ListNode, functions: Functions, around: Around, exit: Label): void {
  const outward: Label = { at: 0 };
  emitList(code, list, functions, { next: outward, exit });
  if (around === undefined) return;
  code.push(() => exit.at);
  outward.at = code.length;
  code.push((run) => {
    leaveLoop(run);
    return around.next.at;
  });
}

function leaveLoop(run: Run): void {
  const loop = run.loops.pop();
  if (loop === undefined) return;
  run.blocks.length = loop.blocks;
  restore(run, loop.block);
}

function nextElement(run: Run, loop: Loop, { key, element }: Cursor, node: BranchNode): void {
  step(run, 1);
  run.blocks.length = loop.blocks;
  popVariables(run, loop.mark);
  run.dot = element;
  run.dotIsElement = loop.isElement;
  const { variables, isAssign } = node.pipe;
  if (variables.length === 0) return;
  const first = variables[0]?.path[0] ?? '';
  const second = variables[1]?.path[0];
  if (isAssign) {
    if (second !== undefined) assignVariable(run, first, key);
    assignVariable(run, second ?? first, element, loop.isElement);
    return;
  }
  const top = run.values.length - 1;
  run.values[top] = element;
  run.areElements[top] = loop.isElement;
  if (second !== undefined) run.values[top - 1] = key;
}

function templateCall(node: TemplateNode, functions: Functions, following: number): Program[number] {
  const pipe = node.pipe === undefined ? undefined : compilePipe(node.pipe, functions);
  return (run) => {
    step(run, 1);
    run.node = node;
    const program = run.template.body(node.name);
    if (program === undefined) return execError(run, `template ${quote(node.name)} not defined`);
    if (run.calls.length >= run.limits.depth) {
      limitError(run, `exceeded maximum template depth (${run.limits.depth})`);
    }
    const dot = pipe === undefined ? undefined : pipe(run, run.dot);
    const { name, base } = run;
    run.calls.push({ program: run.program, following, name, base, block: enterBlock(run) });
    run.program = program;
    run.name = node.name;
    run.base = run.names.length;
    run.dot = dot;
    run.dotIsElement = false;
    pushVariable(run, '$', dot);
    return 0;
  };
}

function returnToCaller(run: Run): number {
  const call = run.calls.pop();
  if (call === undefined) return HALT;
  run.program = call.program;
  run.name = call.name;
  run.base = call.base;
  restore(run, call.block);
  return call.following;
}
