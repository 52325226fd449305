/** Sprig's regular expressions: RE2 syntax and Go's way to count matches. */
import { RE2JS, RE2JSException } from 're2js';
import { utf8Length } from '../../utf8.ts';
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { canBackquote, quote } from '../quote.ts';
import { type CallContext, type GoFunc, GoFuncError, type GoParameter, type GoValue } from '../value.ts';
import { goStrings, size, text } from './arguments.ts';
import { hasStrayBytes, toValidText } from './byte-text.ts';
import { type GroupNames, withUniqueNames } from './regex-names.ts';
import { expandTemplate } from './regex-template.ts';

export const regexFunctions: FunctionTable = functionTable(
  defineFunc('regexMatch', ['string', 'string'], false, ([pattern, s], context) => {
    const compiled = compile(text(pattern));
    return typeof compiled !== 'string' && isMatch(compiled, text(s), context);
  }),
  defineFunc('mustRegexMatch', ['string', 'string'], false, ([pattern, s], context) =>
    isMatch(mustCompile(text(pattern)), text(s), context),
  ),
  ...both('Find', ['string', 'string'], (regex, [, s], context) => {
    const found = matches(regex, text(s), 1, context)[0];
    return found === undefined ? '' : text(s).slice(found[0], found[1]);
  }),
  ...both('FindAll', ['string', 'string', 'int'], (regex, [, s, count], context) => {
    const found = matches(regex, text(s), size(count), context);
    return goStrings(
      found.map((spans) => text(s).slice(spans[0], spans[1])),
      found.length === 0,
    );
  }),
  ...both('ReplaceAll', ['string', 'string', 'string'], (regex, [, s, replacement], context) => {
    const expand = expandTemplate(text(replacement), regex.names);
    return replace(regex, text(s), context, (spans) => expand(text(s), spans));
  }),
  ...both('ReplaceAllLiteral', ['string', 'string', 'string'], (regex, [, s, replacement], context) =>
    replace(regex, text(s), context, () => text(replacement)),
  ),
  ...both('Split', ['string', 'string', 'int'], (regex, [, s, count], context) => {
    const parts = split(regex, text(s), size(count), context);
    return goStrings(parts, size(count) === 0);
  }),
  defineFunc('regexQuoteMeta', ['string'], false, ([s]) => text(s).replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
);

type Regex = { readonly engine: RE2JS; readonly names: GroupNames; readonly isEmpty: boolean };

/** Start and end of the match and of each group, -1 for a group that took no part. */
export type Spans = readonly number[];

function both(
  name: string,
  parameters: readonly GoParameter[],
  call: (regex: Regex, args: readonly GoValue[], context: CallContext) => GoValue,
): readonly GoFunc[] {
  return [
    defineFunc(`regex${name}`, parameters, false, (args, context) => {
      const pattern = text(args[0]);
      const compiled = compile(pattern);
      if (typeof compiled === 'string') {
        const shown = canBackquote(pattern) ? `\`${pattern}\`` : quote(pattern);
        throw new GoFuncError(`regexp: Compile(${shown}): ${compiled}`);
      }
      return call(compiled, args, context);
    }),
    defineFunc(`mustRegex${name}`, parameters, false, (args, context) =>
      call(mustCompile(text(args[0])), args, context),
    ),
  ];
}

const CACHE_SIZE = 256;
const cache = new Map<string, Regex | string>();

/** The compiled pattern, or Go's message. Patterns are few and templates run many times: each is compiled once. */
function compile(pattern: string): Regex | string {
  const cached = cache.get(pattern);
  if (cached !== undefined) return cached;
  const compiled = compileAnew(pattern);
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(pattern, compiled);
  return compiled;
}

function compileAnew(pattern: string): Regex | string {
  if (hasStrayBytes(pattern)) return `error parsing regexp: invalid UTF-8: \`${pattern}\``;
  try {
    const unique = withUniqueNames(pattern);
    return { engine: RE2JS.compile(unique.pattern), names: unique.names, isEmpty: pattern === '' };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    // Go names the piece at fault even where it is empty.
    return error.message.includes(': `') ? error.message : `${error.message}: \`\``;
  }
}

function mustCompile(pattern: string): Regex {
  const compiled = compile(pattern);
  if (typeof compiled === 'string') throw new GoFuncError(compiled);
  return compiled;
}

function isMatch(regex: Regex, value: string, context: CallContext): boolean {
  context.step(value.length >> 3);
  return regex.engine.test(toValidText(value));
}

/** Up to `count` matches, all where it is negative. An empty match right behind another match is none. */
function matches(regex: Regex, value: string, count: number, context: CallContext): readonly Spans[] {
  const found: Spans[] = [];
  if (count === 0) return found;
  context.step(value.length >> 3);
  const matcher = regex.engine.matcher(toValidText(value));
  const groups = regex.engine.groupCount();
  let previousEnd = -1;
  while (matcher.find()) {
    const start = matcher.start(0);
    const end = matcher.end(0);
    if (end > start || start !== previousEnd) {
      context.step(1);
      const spans: number[] = [];
      for (let group = 0; group <= groups; group++) spans.push(matcher.start(group), matcher.end(group));
      found.push(spans);
      if (found.length === count) break;
    }
    previousEnd = end;
  }
  return found;
}

function replace(regex: Regex, value: string, context: CallContext, by: (spans: Spans) => string): string {
  const parts: string[] = [];
  let bytes = utf8Length(value);
  let at = 0;
  for (const spans of matches(regex, value, -1, context)) {
    const [start = 0, end = 0] = spans;
    const replacement = by(spans);
    bytes += utf8Length(replacement);
    context.checkSize(bytes);
    parts.push(value.slice(at, start), replacement);
    at = end;
  }
  parts.push(value.slice(at));
  return parts.join('');
}

/** regexp.Split: at most `count` parts, the last being the rest; a match at the very start that is empty splits nothing. */
function split(regex: Regex, value: string, count: number, context: CallContext): readonly string[] {
  if (count === 0) return [];
  if (!regex.isEmpty && value === '') return [''];
  const parts: string[] = [];
  let from = 0;
  let to = 0;
  for (const [start = 0, end = 0] of matches(regex, value, count, context)) {
    if (count > 0 && parts.length === count - 1) break;
    to = start;
    if (end !== 0) parts.push(value.slice(from, to));
    from = end;
  }
  if (to !== value.length) parts.push(value.slice(from));
  return parts;
}
