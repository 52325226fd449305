import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';

/** What a selector says of a set of labels, with the requirement that decided. */
export type SelectorMatch =
  | { readonly kind: 'match'; readonly because: string }
  | { readonly kind: 'no-match'; readonly because: string }
  /** The selector itself is wrong; `reason` in apimachinery's words. */
  | { readonly kind: 'invalid'; readonly reason: string };

type Requirement = { readonly key: string; readonly operator: string; readonly values: readonly string[] };

/**
 * Evaluates a metav1.LabelSelector: all of `matchLabels` and all of `matchExpressions` must hold. `In` needs the key with
 * a listed value, `NotIn` holds for an absent key too. An empty selector matches everything, as everywhere in Kubernetes;
 * callers that want otherwise (the injector's selectors) check {@link isEmptySelector} first.
 */
export function matchSelector(selector: JsonObject, labels: Readonly<Record<string, string>>): SelectorMatch {
  const requirements = requirementsOf(selector);
  if (typeof requirements === 'string') return { kind: 'invalid', reason: requirements };
  for (const requirement of requirements) {
    if (!holds(requirement, labels)) {
      return { kind: 'no-match', because: `${describe(requirement)} does not hold: ${shown(requirement.key, labels)}` };
    }
  }
  const because =
    requirements.length === 0 ? 'an empty selector matches everything' : requirements.map(describe).join(', ');
  return { kind: 'match', because };
}

/** Whether a selector has neither labels nor expressions. */
export function isEmptySelector(selector: JsonObject): boolean {
  const expressions = getKey(selector, 'matchExpressions');
  const labels = getKey(selector, 'matchLabels');
  return !(isArray(expressions) && expressions.length > 0) && !(isObject(labels) && Object.keys(labels).length > 0);
}

function holds(requirement: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
}

/** All requirements, or why the selector is invalid. */
function requirementsOf(selector: JsonObject): readonly Requirement[] | string {
  const out: Requirement[] = [];
  const labels = getKey(selector, 'matchLabels');
  if (isObject(labels)) {
    for (const [key, value] of Object.entries(labels)) out.push({ key, operator: 'In', values: [textOf(value)] });
  }
  const expressions = getKey(selector, 'matchExpressions');
  for (const expression of isArray(expressions) ? expressions : []) {
    if (!isObject(expression)) return 'an expression of the selector is no mapping';
    const key = textOf(getKey(expression, 'key') ?? '');
    const operator = textOf(getKey(expression, 'operator') ?? '');
    const given = getKey(expression, 'values');
    const values = isArray(given) ? given.map(textOf) : [];
    switch (operator) {
      case 'In':
      case 'NotIn':
        if (values.length === 0)
          return "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty";
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (values.length > 0) {
          return `values: Invalid value: [${values.join(' ')}]: values set must be empty for exists and does not exist`;
        }
        break;
      default:
        return `"${operator}" is not a valid label selector operator`;
    }
    out.push({ key, operator, values });
  }
  return out;
}

function describe({ key, operator, values }: Requirement): string {
  return values.length > 0 ? `${key} ${operator} [${values.join(', ')}]` : `${key} ${operator}`;
}

function shown(key: string, labels: Readonly<Record<string, string>>): string {
  return Object.hasOwn(labels, key) ? `${key} is "${labels[key]}"` : `there is no label ${key}`;
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : value === null ? '' : String(value);
}
