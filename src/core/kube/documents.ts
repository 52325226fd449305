import { failed, type Parsed, type Problem, parsed } from '../problem.ts';

/** One document of a stream: its source text (lines end in LF) and where it starts. */
export type SourceDocument = {
  readonly text: string;
  /** 1-based line of the stream on which the text starts. */
  readonly line: number;
};

export type SplitOptions = {
  /**
   * strict: only `---`, blanks and a comment may stand on a separator (Istio from 1.9 on, whose Kubernetes library reads
   * it so). loose: `--- anything` is an ordinary line, and only `---` with blanks separates (before).
   */
  readonly separators: 'strict' | 'loose';
  readonly file?: string | undefined;
};

/**
 * Cuts a stream at its `---` lines as Kubernetes' YAMLReader does (injection.md 5.1): a separator before any content
 * becomes the first line of the next document, CRLF reads as LF, the last line gets its newline.
 */
export function splitDocuments(stream: string, options: SplitOptions): Parsed<readonly SourceDocument[]> {
  const documents: SourceDocument[] = [];
  const problems: Problem[] = [];
  let start = 1;
  let lines: string[] = [];
  const all = stream.split('\n');
  const unfinished = all.pop() ?? '';
  const last = unfinished === '' ? undefined : all.push(unfinished) - 1;
  all.forEach((raw, i) => {
    // A carriage return is part of a line's end only where a line feed follows.
    const line = raw.endsWith('\r') && i !== last ? raw.slice(0, -1) : raw;
    if (line.startsWith('---')) {
      const rest = line.slice(3).trim();
      const separates = rest === '' || (options.separators === 'strict' && rest.startsWith('#'));
      if (separates && lines.length > 0) {
        documents.push({ text: `${lines.join('\n')}\n`, line: start });
        lines = [];
        return;
      }
      if (!separates && options.separators === 'strict') {
        problems.push({
          code: 'YAML_SYNTAX',
          severity: 'error',
          message: `invalid Yaml document separator: ${rest}`,
          where: { file: options.file, line: i + 1, column: 4 },
          remedy: 'Put the content on a line of its own below ---.',
        });
        return;
      }
    }
    if (lines.length === 0) start = i + 1;
    lines.push(line);
  });
  if (lines.length > 0) documents.push({ text: `${lines.join('\n')}\n`, line: start });
  return problems.length > 0 ? failed(...problems) : parsed(documents);
}
