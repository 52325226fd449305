/** Go's path package; on Linux its path/filepath is the same. */
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import type { GoFunc, GoValue } from '../value.ts';
import { text } from './arguments.ts';

export const pathFunctions: FunctionTable = functionTable(
  ...forBoth('base', 'osBase', base),
  ...forBoth('dir', 'osDir', (path) => clean(path.slice(0, path.lastIndexOf('/') + 1))),
  ...forBoth('clean', 'osClean', clean),
  ...forBoth('ext', 'osExt', extension),
  ...forBoth('isAbs', 'osIsAbs', (path) => path.startsWith('/')),
);

function forBoth(name: string, osName: string, call: (path: string) => GoValue): readonly GoFunc[] {
  return [name, osName].map((each) => defineFunc(each, ['string'], false, ([path]) => call(text(path))));
}

function base(path: string): string {
  if (path === '') return '.';
  let end = path.length;
  while (end > 0 && path.charAt(end - 1) === '/') end--;
  return end === 0 ? '/' : path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}

/** The shortest name of the same file. */
function clean(path: string): string {
  const rooted = path.startsWith('/');
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!rooted) kept.push('..');
  }
  const joined = kept.join('/');
  return rooted ? `/${joined}` : joined || '.';
}

function extension(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}
