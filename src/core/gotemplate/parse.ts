/**
 * Tokens into trees: one tree for the template itself and one for each `define` and `block` in it. The whole recursive
 * descent is one closure, hence one long file: its parts share the tokens read ahead, the scope and the nesting.
 */
import { ProblemError } from '../problem.ts';
import { utf8Length } from '../utf8.ts';
import { lex } from './lex.ts';
import {
  type BranchNode,
  type CommandNode,
  isEmptyTree,
  type ListNode,
  nodeText,
  type Operand,
  type PipeNode,
  type Statement,
  type VariableNode,
} from './nodes.ts';
import { fromRune, readComplexLiteral, readNumberLiteral } from './number-literal.ts';
import { quote } from './quote.ts';
import { describeToken, type Token, type TokenType } from './token.ts';
import { unquote, unquoteChar } from './unquote.ts';

export type ParseOptions = {
  readonly name: string;
  readonly left: string;
  readonly right: string;
  readonly hasFunction: (name: string) => boolean;
};

/** Trees by template name. */
export type Trees = ReadonlyMap<string, ListNode>;

/** Control structures and parentheses inside one another. Bounds the recursion, here and at execution. */
const MAX_NESTING = 1000;

/** What belongs to one tree: a `block` inside a `range` is a tree of its own and may not `break` out of it. */
type Scope = { name: string; variables: string[]; rangeDepth: number; actionLine: number };

/** What ends a list of statements. */
type Ending = { readonly kind: 'end'; readonly pos: number } | { readonly kind: 'else'; readonly pos: number };

/** Throws ProblemError (TEMPLATE_PARSE with Go's message, TEMPLATE_LIMIT for too deep a nesting). */
export function parse(source: string, options: ParseOptions): Trees {
  const trees = new Map<string, ListNode>();
  const nextToken = lex(source, {
    left: options.left,
    right: options.right,
    breakIsKeyword: !options.hasFunction('break'),
    continueIsKeyword: !options.hasFunction('continue'),
  });
  // Tokens read ahead, the nearest last. Messages give the line of the token read last of all, as Go's do.
  const ahead: Token[] = [];
  let latest: Token = { type: 'eof', pos: 0, text: '', line: 1 };
  let nesting = 0;
  let scope = newScope(options.name);

  parseAll();
  return trees;

  function newScope(name: string): Scope {
    return { name, variables: ['$'], rangeDepth: 0, actionLine: 0 };
  }

  function read(): Token {
    latest = nextToken();
    return latest;
  }

  function next(): Token {
    return ahead.pop() ?? read();
  }

  /** Puts tokens back; the first argument is the one to come first. */
  function backup(...tokens: readonly Token[]): void {
    for (let i = tokens.length - 1; i >= 0; i--) {
      const token = tokens[i];
      if (token !== undefined) ahead.push(token);
    }
  }

  function peek(): Token {
    const token = next();
    ahead.push(token);
    return token;
  }

  function nextNonSpace(): Token {
    let token = next();
    while (token.type === 'space') token = next();
    return token;
  }

  function peekNonSpace(): Token {
    const token = nextNonSpace();
    ahead.push(token);
    return token;
  }

  function fail(text: string, code: 'TEMPLATE_PARSE' | 'TEMPLATE_LIMIT' = 'TEMPLATE_PARSE'): never {
    const lineStart = source.lastIndexOf('\n', latest.pos - 1) + 1;
    const column = latest.pos === 0 ? 1 : utf8Length(source.slice(lineStart, latest.pos)) + 1;
    throw new ProblemError({
      code,
      severity: 'error',
      message: `template: ${options.name}:${latest.line}: ${text}`,
      where: { line: latest.line, column },
    });
  }

  function unexpected(token: Token, context: string): never {
    if (token.type !== 'error') return fail(`unexpected ${describeToken(token)} in ${context}`);
    let extra = '';
    if (scope.actionLine !== 0 && scope.actionLine !== token.line) {
      const started = ` started at ${options.name}:${scope.actionLine}`;
      extra = token.text.endsWith(' action') ? started : ` in action${started}`;
    }
    return fail(token.text + extra);
  }

  function expect(type: TokenType, context: string): Token {
    const token = nextNonSpace();
    return token.type === type ? token : unexpected(token, context);
  }

  function nested<T>(body: () => T): T {
    if (++nesting > MAX_NESTING) fail(`nested more than ${MAX_NESTING} levels deep`, 'TEMPLATE_LIMIT');
    const result = body();
    nesting--;
    return result;
  }

  function parseAll(): void {
    const nodes: Statement[] = [];
    const pos = peek().pos;
    while (peek().type !== 'eof') {
      if (peek().type === 'left-delim') {
        const delim = next();
        const word = nextNonSpace();
        if (word.type === 'define') {
          define();
          continue;
        }
        backup(delim, word);
      }
      const node = textOrAction();
      if (node.kind === 'end' || node.kind === 'else') fail(`unexpected {{${node.kind}}}`);
      else nodes.push(node);
    }
    add({ kind: 'list', pos, nodes });
  }

  function add(list: ListNode): void {
    const old = trees.get(scope.name);
    if (old === undefined || isEmptyTree(old)) trees.set(scope.name, list);
    else if (!isEmptyTree(list)) fail(`template: multiple definition of template ${quote(scope.name)}`);
  }

  function define(): void {
    const context = 'define clause';
    const outer = scope;
    scope = newScope('definition');
    scope.name = templateName(nextNonSpace(), context);
    expect('right-delim', context);
    separateTree(context);
    scope = outer;
  }

  /** The body of a `define` or `block`, into the tree of the current scope. */
  function separateTree(context: string, head?: Token): void {
    const { list, ending } = itemList();
    if (ending.kind !== 'end' && head !== undefined) latest = head; // Go gives the line of the `block` itself
    if (ending.kind !== 'end') fail(`unexpected {{${ending.kind}}} in ${context}`);
    add(list);
  }

  function templateName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'raw-string') return unexpected(token, context);
    return unquote(token.text) ?? fail('invalid syntax');
  }

  /** Statements up to `end` or `else`. */
  function itemList(): { list: ListNode; ending: Ending } {
    return nested(() => {
      const nodes: Statement[] = [];
      const pos = peekNonSpace().pos;
      while (peekNonSpace().type !== 'eof') {
        const node = textOrAction();
        if (node.kind === 'end' || node.kind === 'else') return { list: { kind: 'list', pos, nodes }, ending: node };
        nodes.push(node);
      }
      return fail('unexpected EOF');
    });
  }

  function textOrAction(): Statement | Ending {
    const token = nextNonSpace();
    if (token.type === 'text') return { kind: 'text', pos: token.pos, text: token.text };
    if (token.type !== 'left-delim') return unexpected(token, 'input');
    scope.actionLine = token.line;
    const node = action();
    scope.actionLine = 0;
    return node;
  }

  function action(): Statement | Ending {
    const token = nextNonSpace();
    switch (token.type) {
      case 'block':
        return block();
      case 'break':
      case 'continue':
        return jump(token.type, token.pos);
      case 'else':
        return elseClause();
      case 'end':
        return { kind: 'end', pos: expect('right-delim', 'end').pos };
      case 'if':
      case 'with':
      case 'range':
        return control(token.type);
      case 'template':
        return templateCall();
      default:
        backup(token);
        // Variables declared here live until the enclosing `end`.
        return { kind: 'action', pos: peek().pos, pipe: pipeline('command', 'right-delim') };
    }
  }

  function jump(kind: 'break' | 'continue', pos: number): Statement {
    const token = nextNonSpace();
    if (token.type !== 'right-delim') unexpected(token, `{{${kind}}}`);
    if (scope.rangeDepth === 0) fail(`{{${kind}}} outside {{range}}`);
    return { kind, pos };
  }

  /** `else`, where an `if` or `with` may follow: it stays unread, and belongs to a structure of its own. */
  function elseClause(): Ending {
    const token = peekNonSpace();
    if (token.type === 'if' || token.type === 'with') return { kind: 'else', pos: token.pos };
    return { kind: 'else', pos: expect('right-delim', 'else').pos };
  }

  function control(kind: 'if' | 'with' | 'range'): BranchNode {
    const outerVariables = scope.variables.length;
    const pipe = pipeline(kind, 'right-delim');
    if (kind === 'range') scope.rangeDepth++;
    const { list, ending } = itemList();
    if (kind === 'range') scope.rangeDepth--;
    const elseList = ending.kind === 'else' ? elseBranch(kind, ending.pos) : undefined;
    scope.variables.length = outerVariables;
    return { kind, pos: pipe.pos, pipe, list, elseList };
  }

  function elseBranch(kind: 'if' | 'with' | 'range', pos: number): ListNode {
    if (kind !== 'range' && peek().type === kind) {
      next();
      return nested(() => ({ kind: 'list', pos, nodes: [control(kind)] }));
    }
    const { list, ending } = itemList();
    if (ending.kind !== 'end') fail(`expected end; found {{${ending.kind}}}`);
    return list;
  }

  function block(): Statement {
    const context = 'block clause';
    const token = nextNonSpace();
    const name = templateName(token, context);
    const pipe = pipeline(context, 'right-delim');
    const outer = scope;
    scope = newScope(name);
    separateTree(context, latest);
    scope = outer;
    return { kind: 'template', pos: token.pos, name, pipe };
  }

  function templateCall(): Statement {
    const context = 'template clause';
    const token = nextNonSpace();
    const name = templateName(token, context);
    const following = nextNonSpace();
    if (following.type === 'right-delim') return { kind: 'template', pos: token.pos, name, pipe: undefined };
    backup(following);
    return { kind: 'template', pos: token.pos, name, pipe: pipeline(context, 'right-delim') };
  }

  function pipeline(context: string, end: 'right-delim' | 'right-paren'): PipeNode {
    const pos = peekNonSpace().pos;
    const { variables, isAssign } = declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = nextNonSpace();
      if (token.type === end) break;
      if (!STARTS_OPERAND.has(token.type)) unexpected(token, context);
      backup(token);
      commands.push(command());
    }
    if (commands.length === 0) fail(`missing value for ${context}`);
    for (let i = 1; i < commands.length; i++) {
      const first = commands[i]?.args[0]?.kind ?? 'nil';
      if (NOT_EXECUTABLE.has(first)) fail(`non executable command in pipeline stage ${i + 1}`);
    }
    return { kind: 'pipe', pos, isAssign, variables, commands };
  }

  /** `$x :=`, `$x =` or, in a range, `$i, $x :=`. A variable that none of these follows is put back. */
  function declarations(context: string): { variables: VariableNode[]; isAssign: boolean } {
    const variables: VariableNode[] = [];
    let isAssign = false;
    for (;;) {
      const variable = peekNonSpace();
      if (variable.type !== 'variable') break;
      next();
      const after = peek();
      const following = peekNonSpace();
      const isComma = following.type === 'char' && following.text === ',';
      if (following.type !== 'assign' && following.type !== 'declare' && !isComma) {
        backup(...(after.type === 'space' ? [variable, after] : [variable]));
        break;
      }
      nextNonSpace();
      variables.push({ kind: 'variable', pos: variable.pos, path: [variable.text] });
      scope.variables.push(variable.text);
      if (!isComma) {
        isAssign = following.type === 'assign';
        break;
      }
      if (context !== 'range' || variables.length >= 2) fail(`too many declarations in ${context}`);
      const second = peekNonSpace().type;
      if (second !== 'variable' && second !== 'right-delim' && second !== 'right-paren') {
        fail('range can only initialize variables');
      }
    }
    return { variables, isAssign };
  }

  function command(): CommandNode {
    const pos = peekNonSpace().pos;
    const args: Operand[] = [];
    for (;;) {
      peekNonSpace();
      const arg = operand();
      if (arg !== undefined) args.push(arg);
      const token = next();
      if (token.type === 'space') continue;
      if (token.type === 'right-delim' || token.type === 'right-paren') backup(token);
      else if (token.type !== 'pipe') unexpected(token, 'operand');
      break;
    }
    if (args.length === 0) fail('empty command');
    return { kind: 'command', pos, args };
  }

  /** A term and the fields behind it. */
  function operand(): Operand | undefined {
    const node = term();
    if (node === undefined || peek().type !== 'field') return node;
    const pos = peek().pos;
    const path: string[] = [];
    while (peek().type === 'field') path.push(next().text.slice(1));
    switch (node.kind) {
      case 'field':
      case 'variable':
        return { kind: node.kind, pos, path: [...node.path, ...path] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return fail(`unexpected . after term ${quote(nodeText(node))}`);
      default:
        return { kind: 'chain', pos, node, path };
    }
  }

  function term(): Operand | undefined {
    const token = nextNonSpace();
    const { pos, text } = token;
    switch (token.type) {
      case 'identifier':
        if (!options.hasFunction(text)) fail(`function ${quote(text)} not defined`);
        return { kind: 'identifier', pos, name: text };
      case 'dot':
      case 'nil':
        return { kind: token.type, pos };
      case 'variable':
        if (!scope.variables.includes(text)) fail(`undefined variable ${quote(text)}`);
        return { kind: 'variable', pos, path: [text] };
      case 'field':
        return { kind: 'field', pos, path: [text.slice(1)] };
      case 'bool':
        return { kind: 'bool', pos, value: text === 'true' };
      case 'char-constant':
      case 'complex':
      case 'number':
        return number(token);
      case 'left-paren':
        return nested(() => pipeline('parenthesized pipeline', 'right-paren'));
      case 'string':
      case 'raw-string':
        return { kind: 'string', pos, text: unquote(text) ?? fail('invalid syntax'), quoted: text };
      default:
        backup(token);
        return undefined;
    }
  }

  function number(token: Token): Operand {
    const { pos, text } = token;
    if (token.type === 'char-constant') {
      const char = unquoteChar(text, 1, "'") ?? fail('invalid syntax');
      if (text.slice(char.next) !== "'") fail(`malformed character constant: ${text}`);
      return { kind: 'number', pos, text, value: fromRune(char.code) };
    }
    const value = token.type === 'complex' ? readComplexLiteral(text) : readNumberLiteral(text);
    return typeof value === 'string' ? fail(value) : { kind: 'number', pos, text, value };
  }
}

const STARTS_OPERAND: ReadonlySet<TokenType> = new Set<TokenType>([
  'bool',
  'char-constant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw-string',
  'string',
  'variable',
  'left-paren',
]);

const NOT_EXECUTABLE: ReadonlySet<Operand['kind']> = new Set<Operand['kind']>([
  'bool',
  'dot',
  'nil',
  'number',
  'string',
]);
