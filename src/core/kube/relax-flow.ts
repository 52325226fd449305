/**
 * Go's YAML reads a flow collection or a quoted scalar whatever its later lines are indented by; YAML's grammar, and so
 * js-yaml, wants them deeper than the block around them. Istio's own templates write the closing brace of a map level
 * with its key, so this is no corner case. The lines concerned are indented before the text is parsed; inside flow and
 * quotes that changes no value, because white space at the start of a line is folded away.
 *
 * Only called where js-yaml has refused a text for its indentation. Linear in the text.
 */
export function relaxFlowIndent(text: string): string {
  const lines = text.split('\n');
  const scan: Scan = { stack: [], quote: '', base: 0, blockScalar: -1 };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const indent = indentOf(line);
    if (isInside(scan)) {
      if (indent <= scan.base && line.trim() !== '') lines[i] = ' '.repeat(scan.base + 1 - indent) + line;
      scanInside(line, indent, scan);
      continue;
    }
    const blank = indent === line.length || line[indent] === '\r';
    if (scan.blockScalar >= 0) {
      if (blank || indent > scan.blockScalar) continue;
      scan.blockScalar = -1;
    }
    if (!blank && line[indent] !== '#') scanBlockLine(line, indent, scan);
  }
  return lines.join('\n');
}

type Scan = {
  /** Open brackets. */
  stack: string[];
  /** The quote inside which the line begins, or `''`. */
  quote: string;
  /** Column of the key or dash whose value the open collection or quote is. */
  base: number;
  /** Column of the key whose block scalar is being passed over, or -1. */
  blockScalar: number;
};

function isInside(scan: Scan): boolean {
  return scan.stack.length > 0 || scan.quote !== '';
}

function indentOf(line: string): number {
  let i = 0;
  while (line[i] === ' ') i++;
  return i;
}

/** A line that starts in block context: indicators, keys, and at the end a value that may go on. */
function scanBlockLine(line: string, from: number, scan: Scan): void {
  let i = from;
  let column = from;
  while (i < line.length) {
    while (line[i] === ' ' || line[i] === '\t') i++;
    const c = line[i];
    if (c === undefined || c === '#') return;
    if ((c === '-' || c === '?' || c === ':') && isBlank(line[i + 1])) {
      column = i;
      i++;
      continue;
    }
    if (c === '&' || c === '!') {
      while (i < line.length && !isBlank(line[i])) i++;
      continue;
    }
    if (c === '|' || c === '>') {
      scan.blockScalar = column;
      return;
    }
    const start = i;
    if (c === '"' || c === "'" || c === '{' || c === '[') {
      scan.base = column;
      i = scanInside(line, i, scan);
      if (isInside(scan)) return;
    } else {
      while (
        i < line.length &&
        !(line[i] === ':' && isBlank(line[i + 1])) &&
        !(line[i] === '#' && isBlank(line[i - 1]))
      )
        i++;
    }
    while (line[i] === ' ' || line[i] === '\t') i++;
    if (line[i] !== ':') return;
    column = start;
    i++;
  }
}

/** Follows brackets and quotes to where all are closed, or to the end of the line; returns where it stopped. */
function scanInside(line: string, from: number, scan: Scan): number {
  let i = from;
  let fresh = true;
  for (; i < line.length; i++) {
    const c = line[i] ?? '';
    if (scan.quote !== '') {
      if (c === '\\' && scan.quote === '"') i++;
      else if (c === scan.quote) {
        if (c === "'" && line[i + 1] === "'") i++;
        else {
          scan.quote = '';
          if (scan.stack.length === 0) return i + 1;
        }
      }
      continue;
    }
    if (c === '#' && (i === 0 || isBlank(line[i - 1]))) return line.length;
    if ((c === '"' || c === "'") && fresh) scan.quote = c;
    else if (c === '{' || c === '[') scan.stack.push(c);
    else if (c === '}' || c === ']') {
      scan.stack.pop();
      if (scan.stack.length === 0) return i + 1;
    }
    // A quote opens a scalar only where one may start; inside a plain scalar it is a character.
    fresh = isBlank(c) ? fresh : '{[,:?'.includes(c);
  }
  return i;
}

function isBlank(c: string | undefined): boolean {
  return c === undefined || c === ' ' || c === '\t' || c === '\r';
}
