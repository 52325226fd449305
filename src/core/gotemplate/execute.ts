/** Statements as closures: what a tree writes when it runs. */
import { utf8Length } from '../utf8.ts';
import { compilePipe, type Functions } from './evaluate.ts';
import { hasInterfaceElements } from './field.ts';
import { type BranchNode, type ListNode, nodeText, type Statement, type TemplateNode } from './nodes.ts';
import { formatValue, sortedKeys } from './print.ts';
import { quote } from './quote.ts';
import {
  assignVariable,
  type Exec,
  execError,
  limitError,
  popVariables,
  pushVariable,
  type Run,
  step,
  write,
} from './run.ts';
import { isTrue } from './truth.ts';
import { isFunc, isObject, typeOf } from './type-name.ts';
import { GoInt, GoList, GoMap, type GoValue } from './value.ts';

const NEXT = 0;
const BREAK = 1;
const CONTINUE = 2;

export function compileList(list: ListNode, functions: Functions): Exec {
  const statements = list.nodes.map((node) => compileStatement(node, functions));
  const [only] = statements;
  if (only !== undefined && statements.length === 1) return only;
  return (run, dot) => {
    for (const statement of statements) {
      const flow = statement(run, dot);
      if (flow !== NEXT) return flow;
    }
    return NEXT;
  };
}

function compileStatement(node: Statement, functions: Functions): Exec {
  switch (node.kind) {
    case 'text': {
      const bytes = utf8Length(node.text);
      return (run) => {
        run.node = node;
        write(run, node.text, bytes);
        return NEXT;
      };
    }
    case 'action': {
      const pipe = compilePipe(node.pipe, functions);
      const prints = node.pipe.variables.length === 0;
      return (run, dot) => {
        step(run, 1);
        const value = pipe(run, dot);
        if (prints) {
          run.node = node;
          printResult(run, value, node);
        }
        return NEXT;
      };
    }
    case 'break':
      return () => BREAK;
    case 'continue':
      return () => CONTINUE;
    case 'if':
    case 'with':
      return compileBranch(node, functions);
    case 'range':
      return compileRange(node, functions);
    case 'template':
      return compileTemplateCall(node, functions);
  }
}

function printResult(run: Run, value: GoValue, node: Statement): void {
  if (typeof value === 'string') write(run, value);
  else if (value === undefined || value === null) write(run, '<no value>', 10);
  else if (isFunc(value)) execError(run, `can't print ${nodeText(node)} of type ${typeOf(value)}`);
  else write(run, formatValue(value));
}

function compileBranch(node: BranchNode, functions: Functions): Exec {
  const pipe = compilePipe(node.pipe, functions);
  const body = compileList(node.list, functions);
  const elseBody = node.elseList === undefined ? undefined : compileList(node.elseList, functions);
  const setsDot = node.kind === 'with';
  return (run, dot) => {
    step(run, 1);
    const mark = run.names.length;
    const value = pipe(run, dot);
    let flow: 0 | 1 | 2 = NEXT;
    if (isTrue(value)) flow = setsDot ? withDot(run, value, false, body) : body(run, dot);
    else if (elseBody !== undefined) flow = elseBody(run, dot);
    popVariables(run, mark);
    return flow;
  };
}

function withDot(run: Run, dot: GoValue, isElement: boolean, body: Exec): 0 | 1 | 2 {
  const outer = run.dotIsElement;
  run.dotIsElement = isElement;
  const flow = body(run, dot);
  run.dotIsElement = outer;
  return flow;
}

function compileRange(node: BranchNode, functions: Functions): Exec {
  const pipe = compilePipe(node.pipe, functions);
  const body = compileList(node.list, functions);
  const elseBody = node.elseList === undefined ? undefined : compileList(node.elseList, functions);
  return (run, dot) => {
    step(run, 1);
    run.node = node;
    const outer = run.names.length;
    const value = pipe(run, dot);
    const mark = run.names.length;
    const isElement = hasInterfaceElements(value);
    let flow: 0 | 1 | 2 = NEXT;
    const ran = forEach(run, value, node, (key, element) => {
      step(run, 1);
      setRangeVariables(run, node, key, element, isElement);
      flow = withDot(run, element, isElement, body);
      popVariables(run, mark);
      return flow !== BREAK;
    });
    flow = !ran && elseBody !== undefined ? elseBody(run, dot) : NEXT;
    popVariables(run, outer);
    return flow;
  };
}

/**
 * Goes through lists, maps by sorted key, and the integers from 0 to below a number, until the visitor says false.
 * Whether there was anything to visit.
 */
function forEach(
  run: Run,
  value: GoValue,
  node: BranchNode,
  visit: (key: GoValue, element: GoValue) => boolean,
): boolean {
  if (value === undefined || value === null) return false;
  if (value instanceof GoList) {
    const { items } = value;
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (!visit(new GoInt('int', BigInt(i)), item === undefined ? null : item)) break;
    }
    return items.length > 0;
  }
  if (value instanceof GoMap) {
    const keys = sortedKeys(value);
    for (const key of keys) {
      const element = value.entries.get(key);
      if (!visit(key, element === undefined ? null : element)) break;
    }
    return keys.length > 0;
  }
  const basic = isObject(value) && value.kind === 'enum' ? value.basic() : value;
  if (!(basic instanceof GoInt)) return execError(run, `range can't iterate over ${formatValue(value)}`);
  if (node.pipe.variables.length > 1) {
    execError(run, `can't use ${formatValue(value)} to iterate over more than one variable`);
  }
  for (let i = 0n; i < basic.value; i++) if (!visit(undefined, new GoInt(basic.type, i))) break;
  return basic.value > 0n;
}

function setRangeVariables(run: Run, node: BranchNode, key: GoValue, element: GoValue, isElement: boolean): void {
  const { variables, isAssign } = node.pipe;
  if (variables.length === 0) return;
  const first = variables[0]?.path[0] ?? '';
  if (isAssign) {
    if (variables.length === 1) assignVariable(run, first, element, isElement);
    else {
      assignVariable(run, first, key);
      assignVariable(run, variables[1]?.path[0] ?? '', element, isElement);
    }
    return;
  }
  const top = run.values.length - 1;
  run.values[top] = element;
  run.areElements[top] = isElement;
  if (variables.length === 2) run.values[top - 1] = key;
}

function compileTemplateCall(node: TemplateNode, functions: Functions): Exec {
  const pipe = node.pipe === undefined ? undefined : compilePipe(node.pipe, functions);
  return (run, dot) => {
    step(run, 1);
    run.node = node;
    const body = run.template.bodies.get(node.name);
    if (body === undefined) return execError(run, `template ${quote(node.name)} not defined`);
    if (run.depth >= run.limits.depth) limitError(run, `exceeded maximum template depth (${run.limits.depth})`);
    const inner = pipe === undefined ? undefined : pipe(run, dot);
    const { name, base, dotIsElement } = run;
    const mark = run.names.length;
    run.name = node.name;
    run.base = mark;
    run.dotIsElement = false;
    run.depth++;
    pushVariable(run, '$', inner);
    body(run, inner);
    popVariables(run, mark);
    run.name = name;
    run.base = base;
    run.dotIsElement = dotIsElement;
    run.depth--;
    return NEXT;
  };
}
