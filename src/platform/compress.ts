/** Compressors of this Node: zstd is there from 22.15 on. */
import * as zlib from 'node:zlib';

type ZstdCompress = (data: Uint8Array) => Buffer;

const zstd = (zlib as unknown as { readonly zstdCompressSync?: ZstdCompress }).zstdCompressSync;

/** In order of preference. */
export const ENCODINGS: readonly ('zstd' | 'gzip')[] = zstd === undefined ? ['gzip'] : ['zstd', 'gzip'];

export function compress(data: Uint8Array, encoding: 'zstd' | 'gzip'): Uint8Array {
  return encoding === 'zstd' && zstd !== undefined ? zstd(data) : zlib.gzipSync(data);
}
