/** Which styles a scalar may have in block context, as libyaml's analysis (and yaml.v2's port of it) decides. */
export type ScalarAnalysis = {
  readonly plainAllowed: boolean;
  readonly singleQuotedAllowed: boolean;
  readonly blockAllowed: boolean;
};

// Nothing in the text needs a second look: letters, digits and harmless signs, no blanks, no colon.
const SAFE = /^[A-Za-z0-9_./][A-Za-z0-9_./\-+=,()$]*$/;
const SAFE_RESULT: ScalarAnalysis = { plainAllowed: true, singleQuotedAllowed: true, blockAllowed: true };

const INDICATORS = '#,[]{}&*!|>\'"%@`';

export function analyzeScalar(text: string): ScalarAnalysis {
  if (SAFE.test(text) && !text.startsWith('...')) return SAFE_RESULT;
  if (text === '') return { plainAllowed: true, singleQuotedAllowed: true, blockAllowed: false };
  let indicator = text.startsWith('---') || text.startsWith('...');
  let lineBreaks = false;
  let special = false;
  let breakSpace = false;
  let spaceBreak = false;
  let previous: 'space' | 'break' | 'other' = 'other';
  let precededByBlank = true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const character = text.charAt(i);
    const next = text.charCodeAt(i + 1);
    const followedByBlank = i + 1 >= text.length || isBlank(next) || isBreak(next);
    if (i === 0) {
      if (INDICATORS.includes(character)) indicator = true;
      else if ((character === '?' || character === ':' || character === '-') && followedByBlank) indicator = true;
    } else if (character === ':' && followedByBlank) indicator = true;
    else if (character === '#' && precededByBlank) indicator = true;
    if (code > 0x7e || code < 0x20) {
      const point = text.codePointAt(i) ?? 0;
      if (!isPrintable(point)) special = true;
      if (point > 0xffff) i++;
    }
    if (code === 0x20) {
      if (previous === 'break') breakSpace = true;
      previous = 'space';
    } else if (isBreak(code)) {
      lineBreaks = true;
      if (previous === 'space') spaceBreak = true;
      previous = 'break';
    } else previous = 'other';
    precededByBlank = isBlank(code) || isBreak(code);
  }
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  const blankEnds = first === 0x20 || isBreak(first) || last === 0x20 || isBreak(last);
  const never = spaceBreak || special;
  return {
    plainAllowed: !(blankEnds || breakSpace || never || lineBreaks || indicator),
    singleQuotedAllowed: !(breakSpace || never),
    blockAllowed: !(last === 0x20 || never),
  };
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export function isBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;
}

/** libyaml's printable characters: no controls but line feed, no byte order mark, nothing beyond the basic plane. */
export function isPrintable(code: number): boolean {
  if (code < 0x7f) return code >= 0x20 || code === 0x0a;
  return code >= 0xa0 && code <= 0xfffd && code !== 0xfeff && !(code >= 0xd800 && code <= 0xdfff);
}
