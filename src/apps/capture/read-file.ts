import { failed, type Parsed, parsed } from '../../core/problem.ts';
import { readFile } from '../../platform/files.ts';
import { readStandardInput } from '../../platform/standard-streams.ts';

/** A file as text; `-` is standard input. */
export function readTextFile(path: string): Parsed<string> {
  const bytes = path === '-' ? readStandardInput() : readFile(path);
  if (bytes.ok) return parsed(Buffer.from(bytes.value).toString('utf8'));
  return failed({
    code: 'FILE_UNREADABLE',
    severity: 'error',
    message: bytes.failure.message,
    where: { file: path },
    remedy: 'Check the path and its permissions; - reads standard input.',
  });
}
