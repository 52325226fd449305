import type { Query } from './query.ts';

export const TYPE_A = 1;
export const TYPE_AAAA = 28;
const TYPE_CNAME = 5;
const CLASS_IN = 1;
/** Upstream's, in seconds. */
const TTL = 30;

export type Answer =
  | { readonly kind: 'address'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'alias'; readonly name: string; readonly target: string };

export type ResponseCode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NOTIMP' | 'REFUSED';

const CODES: Readonly<Record<ResponseCode, number>> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NOTIMP: 4, REFUSED: 5 };

/** A message that answers a query; what does not fit into `size` is left out, and said to be. */
export function buildAnswer(query: Query, code: ResponseCode, answers: readonly Answer[], size: number): Uint8Array {
  const records = answers.map(record);
  const kept: number[] = [];
  let count = 0;
  for (const bytes of records) {
    if (12 + query.question.length + kept.length + bytes.length > size) break;
    kept.push(...bytes);
    count++;
  }
  const truncated = count < records.length;
  const authoritative = answers.length > 0 ? 0x0400 : 0;
  const flags =
    0x8000 |
    (query.opcode << 11) |
    authoritative |
    (truncated ? 0x0200 : 0) |
    (query.recursionDesired ? 0x0100 : 0) |
    0x80 |
    CODES[code];
  const head = [...pair(query.id), ...pair(flags), ...pair(1), ...pair(count), ...pair(0), ...pair(0)];
  return Uint8Array.from([...head, ...query.question, ...kept]);
}

function record(answer: Answer): readonly number[] {
  const data = answer.kind === 'alias' ? nameBytes(answer.target) : [...answer.bytes];
  const type = answer.kind === 'alias' ? TYPE_CNAME : answer.bytes.length === 4 ? TYPE_A : TYPE_AAAA;
  return [
    ...nameBytes(answer.name),
    ...pair(type),
    ...pair(CLASS_IN),
    0,
    0,
    ...pair(TTL),
    ...pair(data.length),
    ...data,
  ];
}

function nameBytes(name: string): readonly number[] {
  const labels = name === '' ? [] : name.split('.');
  return [...labels.flatMap((label) => [label.length, ...Array.from(label, (c) => c.charCodeAt(0))]), 0];
}

function pair(value: number): readonly [number, number] {
  return [(value >> 8) & 255, value & 255];
}
