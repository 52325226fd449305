/** Files as the user names them: read, and checked to be text, with a Problem for each that cannot be. */
import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import type { ManifestFile } from '../../core/manifest/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { type FileOutcome, isFolder, listFolder, readFile } from '../../platform/files.ts';
import { readStandardInput } from '../../platform/standard-streams.ts';

const MANIFEST = /\.(ya?ml|json)$/i;

/** The manifests behind `-f`: each a file, a folder (its manifests by name, not those of folders in it), or `-`. */
export function readManifests(names: readonly string[]): Parsed<readonly ManifestFile[]> {
  const files: ManifestFile[] = [];
  const problems: Problem[] = [];
  for (const name of names) {
    const paths = name !== '-' && isFolder(name) ? manifestsIn(name) : parsed([name]);
    problems.push(...paths.problems);
    for (const path of paths.ok ? paths.value : []) {
      const file = readText(path);
      problems.push(...file.problems);
      if (file.ok) files.push({ name: path, text: file.value });
    }
  }
  return problems.length > 0 ? failed(...problems) : parsed(files);
}

function manifestsIn(folder: string): Parsed<readonly string[]> {
  const listed = listFolder(folder);
  if (!listed.ok) return failed(unreadable(folder, listed.failure.message));
  const names = listed.value.filter((name) => MANIFEST.test(name)).sort();
  const paths = names.map((name) => join(folder, name)).filter((path) => !isFolder(path));
  if (paths.length > 0) return parsed(paths);
  const inner = listed.value
    .map((name) => join(folder, name))
    .filter(isFolder)
    .sort()[0];
  const remedy =
    inner === undefined
      ? 'Name the file itself.'
      : `Name each folder that has manifests, such as -f ${inner}: folders in folders are not read.`;
  return failed(unreadable(folder, `no .yaml, .yml or .json file in folder ${folder}`, remedy));
}

/** The text of a file, or of standard input for `-`. What is no UTF-8 or has NUL bytes is refused. */
export function readText(name: string): Parsed<string> {
  const bytes = readInput(name);
  if (!bytes.ok) return failed(unreadable(name, bytes.failure.message));
  const text = Buffer.from(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength);
  const nul = text.indexOf(0);
  if (nul !== -1) return failed(binaryProblem(name, text, nul, 'a NUL byte'));
  if (!isUtf8(text)) return failed(binaryProblem(name, text, firstBroken(text), 'a byte that is not UTF-8'));
  return parsed(text.toString('utf8'));
}

/** The bytes of a file, for what need not be UTF-8. */
export function readInput(name: string): FileOutcome<Uint8Array> {
  return name === '-' ? readStandardInput() : readFile(name);
}

export function unreadable(file: string, message: string, remedy?: string): Problem {
  return {
    code: 'FILE_UNREADABLE',
    severity: 'error',
    message,
    where: { file },
    remedy: remedy ?? 'Check the path and its permissions; - is standard input.',
  };
}

/** What is wrong with the byte `at` an offset. */
export function binaryProblem(file: string, data: Uint8Array, at: number, what: string): Problem {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const before = bytes.subarray(0, at);
  const line = before.toString('latin1').split('\n').length;
  const column = at - before.lastIndexOf(10);
  return {
    code: 'BINARY_INPUT',
    severity: 'error',
    message: packed ? 'the input is packed with gzip' : `the input is not text: ${what} at byte ${at}`,
    where: packed ? { file } : { file, line, column },
    remedy: packed
      ? `Unpack it: gunzip -c ${file === '-' ? '' : `${file} `}| remora … -f -`
      : 'Give a text file in UTF-8.',
  };
}

/** Decoding puts U+FFFD where it fails, which may also stand in the text itself as EF BF BD. */
function firstBroken(bytes: Buffer): number {
  const text = bytes.toString('utf8');
  let offset = 0;
  for (let from = 0; ; ) {
    const at = text.indexOf('\ufffd', from);
    if (at === -1) return offset;
    offset += Buffer.byteLength(text.slice(from, at));
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset;
    offset += 3;
    from = at + 1;
  }
}
