import { isNarrow } from './code-columns.ts';
import type { BoostingArgs, BoostingMemory } from './memory.ts';

/**
 * Puts the rows of a block, with everything that is kept by row but for the codes by row, in the order in which they stand: by leaf of the
 * last tree. Rows that went together there mostly do in later trees, and then lie side by side in memory when they are summed. What is drawn
 * by row number, and so the trees, stays the same.
 */
export function arrangeRows({ dims, partitions }: BoostingMemory, { layout }: BoostingArgs, b: number, thread: number): void {
  const { lo, rows, partition } = dims.blocks[b];
  const { handle, places, kernels } = partitions[partition];
  const { spare } = places.own[thread];
  const arrange = (ptr: number, width: number): void => {
    kernels.arrange(ptr + width * lo, width, places.order + 2 * lo, spare, rows);
  };
  layout.features.forEach((column, feature) => {
    arrange(handle.columns[column].ptr, isNarrow(layout.bins[feature]) ? 1 : 2);
  });
  arrange(places.numbers, 4);
  arrange(handle.columns[layout.label as number].ptr, 8);
  for (let c = 0; c < dims.scores; c++) arrange(places.scores + 8 * handle.rows * c, 8);
  if (dims.weighted) arrange(places.weights, 8);
  if (dims.held) arrange(places.heldWeights, 8);
}
