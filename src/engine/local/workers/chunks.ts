import { BLOCK_ROWS } from '../../../kernels/contract.ts';

/** Rows `[lo, hi)` of partition `partition`: what one partial sum stands for. */
export interface Chunk {
  partition: number;
  lo: number;
  hi: number;
}

/** Partial sums of one aggregate take at most this many bytes, as long as there are chunks to merge. */
const PARTIALS = 64 * 1048576;

/**
 * Cuts partitions into chunks of one block, or of 2, 4, 8 … blocks where outputs are so long that the partial sums would not fit.
 * Follows from the rows and the length of the output alone.
 */
export function cutChunks(rows: readonly number[], outputLength: number): Chunk[] {
  let size = BLOCK_ROWS;
  const count = (chunk: number) => rows.reduce((sum, n) => sum + Math.ceil(n / chunk), 0);
  while (count(size) * outputLength * 8 > PARTIALS && count(2 * size) < count(size)) size *= 2;
  return rows.flatMap((n, partition) =>
    Array.from({ length: Math.ceil(n / size) }, (_, b) => ({ partition, lo: b * size, hi: Math.min(n, (b + 1) * size) })),
  );
}
