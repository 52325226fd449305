/** Puts a style around a text, or gives it back where there are no colours. As platform/terminal's. */
export type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', text: string) => string;

/** Where a story is told: how wide, and in which colours. */
export type Stage = { readonly width: number; readonly paint: Paint };

/** Cuts at a width with an ellipsis. Only for texts without colours. */
export function fitted(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

export function cell(text: string, width: number): string {
  return fitted(text, width).padEnd(width);
}

/** Breaks between words. A word that is too long stands alone. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A command as one types it: words that a shell would take apart are quoted. */
export function commandLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
