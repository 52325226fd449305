/** The parse tree, and its nodes' text as Go's error messages quote it. `pos` is an offset in UTF-16 units. */
import type { NumberLiteral } from './number-literal.ts';
import { quote } from './quote.ts';

export type ListNode = { readonly kind: 'list'; readonly pos: number; readonly nodes: readonly Statement[] };

export type BranchNode = {
  readonly kind: 'if' | 'with' | 'range';
  readonly pos: number;
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly elseList: ListNode | undefined;
};

export type TemplateNode = {
  readonly kind: 'template';
  readonly pos: number;
  readonly name: string;
  readonly pipe: PipeNode | undefined;
};

export type Statement =
  | { readonly kind: 'text'; readonly pos: number; readonly text: string }
  | { readonly kind: 'action'; readonly pos: number; readonly pipe: PipeNode }
  | { readonly kind: 'break' | 'continue'; readonly pos: number }
  | BranchNode
  | TemplateNode;

/** `$a, $b := cmd | cmd`. */
export type PipeNode = {
  readonly kind: 'pipe';
  readonly pos: number;
  readonly isAssign: boolean;
  readonly variables: readonly VariableNode[];
  readonly commands: readonly CommandNode[];
};

export type CommandNode = { readonly kind: 'command'; readonly pos: number; readonly args: readonly Operand[] };

/** `path[0]` is the name with its `$`, the rest are fields. */
export type VariableNode = { readonly kind: 'variable'; readonly pos: number; readonly path: readonly string[] };
type FieldNode = { readonly kind: 'field'; readonly pos: number; readonly path: readonly string[] };
export type IdentifierNode = { readonly kind: 'identifier'; readonly pos: number; readonly name: string };
export type NumberNode = {
  readonly kind: 'number';
  readonly pos: number;
  readonly text: string;
  readonly value: NumberLiteral;
};
/** `(pipeline).Field` or `function.Field`. */
type ChainNode = {
  readonly kind: 'chain';
  readonly pos: number;
  readonly node: Operand;
  readonly path: readonly string[];
};

export type Operand =
  | { readonly kind: 'bool'; readonly pos: number; readonly value: boolean }
  | { readonly kind: 'dot'; readonly pos: number }
  | { readonly kind: 'nil'; readonly pos: number }
  | { readonly kind: 'string'; readonly pos: number; readonly text: string; readonly quoted: string }
  | NumberNode
  | VariableNode
  | FieldNode
  | IdentifierNode
  | ChainNode
  | PipeNode;

export type Node = Statement | ListNode | CommandNode | Operand;

export function nodeText(node: Node): string {
  switch (node.kind) {
    case 'list':
      return node.nodes.map(nodeText).join('');
    case 'text':
      return node.text;
    case 'action':
      return `{{${nodeText(node.pipe)}}}`;
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'if':
    case 'with':
    case 'range': {
      const rest = node.elseList === undefined ? '' : `{{else}}${nodeText(node.elseList)}`;
      return `{{${node.kind} ${nodeText(node.pipe)}}}${nodeText(node.list)}${rest}{{end}}`;
    }
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe === undefined ? '' : ` ${nodeText(node.pipe)}`}}}`;
    case 'pipe': {
      const variables = node.variables.map(nodeText).join(', ');
      const declaration = variables === '' ? '' : `${variables} ${node.isAssign ? '=' : ':='} `;
      return declaration + node.commands.map(nodeText).join(' | ');
    }
    case 'command':
      return node.args.map(inParentheses).join(' ');
    case 'variable':
      return node.path.join('.');
    case 'field':
      return `.${node.path.join('.')}`;
    case 'identifier':
      return node.name;
    case 'chain':
      return `${inParentheses(node.node)}.${node.path.join('.')}`;
    case 'number':
      return node.text;
    case 'bool':
      return String(node.value);
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'string':
      return node.quoted;
  }
}

function inParentheses(node: Operand): string {
  return node.kind === 'pipe' ? `(${nodeText(node)})` : nodeText(node);
}

const BLANK = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/;

/** Whether there is nothing but white space: such a definition never replaces another one. */
export function isEmptyTree(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && BLANK.test(node.text));
}
