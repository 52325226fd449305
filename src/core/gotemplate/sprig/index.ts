/**
 * Sprig v3's functions for text templates: the text function map of Sprig 3.3.0, with cast 1.10, xstrings 1.5, mergo 1.0.2,
 * semver 3.4 and decimal 1.4. Clock, random numbers, environment, network and key generation come in as the host; a
 * function that needs one that is absent fails and says so. Where Go's order is random (`keys`, `values`), ours is sorted.
 */
import type { FunctionTable } from '../define-func.ts';
import { cryptoFunctions } from './crypto.ts';
import { dateFunctions } from './dates.ts';
import { defaultFunctions } from './defaults.ts';
import { dictFunctions } from './dicts.ts';
import { encodingFunctions } from './encoding.ts';
import { listFunctions } from './lists.ts';
import { numberFunctions } from './numbers.ts';
import { outsideFunctions } from './outside.ts';
import { pathFunctions } from './paths.ts';
import { reflectFunctions } from './reflect.ts';
import { regexFunctions } from './regex.ts';
import { semverFunctions } from './semver.ts';
import { stringFunctions } from './strings.ts';
import { urlFunctions } from './url.ts';

export { certificateValue } from './certificate.ts';

export const sprigFunctions: FunctionTable = new Map([
  ...stringFunctions,
  ...numberFunctions,
  ...listFunctions,
  ...dictFunctions,
  ...dateFunctions,
  ...defaultFunctions,
  ...encodingFunctions,
  ...cryptoFunctions,
  ...pathFunctions,
  ...reflectFunctions,
  ...regexFunctions,
  ...semverFunctions,
  ...urlFunctions,
  ...outsideFunctions,
]);
