/** Sprig's semantic versions (Masterminds/semver 3.4). */
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { GoFuncError } from '../value.ts';
import { text } from './arguments.ts';
import { parseConstraint, satisfies } from './semver-constraint.ts';
import { SemverValue } from './semver-value.ts';
import { parseVersion } from './semver-version.ts';

export const semverFunctions: FunctionTable = functionTable(
  defineFunc('semver', ['string'], false, ([version]) => new SemverValue(good(parseVersion(text(version))), true)),
  defineFunc('semverCompare', ['string', 'string'], false, ([constraint, version]) => {
    const alternatives = good(parseConstraint(text(constraint)));
    return satisfies(good(parseVersion(text(version))), alternatives);
  }),
);

function good<T>(parsed: T | string): T {
  if (typeof parsed === 'string') throw new GoFuncError(parsed);
  return parsed;
}
