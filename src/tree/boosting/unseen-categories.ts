import { columnView } from '../../kernels/partition-view.ts';
import type { BoostingArgs, BoostingMemory } from './memory.ts';

/**
 * By feature, the bits of a split's words that are of no category of the rows that train: of categories that only other rows have or none, and behind
 * the last one. They go where missing values go. Null of features that are not split by category. Reads columns only until all their categories have
 * been met.
 */
export function unseenCategories({ dims, partitions }: BoostingMemory, { layout }: BoostingArgs): readonly (Uint32Array | null)[] {
  return layout.bins.map((bins, feature) => {
    if (bins.kind === 'numeric') return null;
    const unseen = new Uint32Array((bins.categories + 31) >> 5).fill(0xffffffff);
    let left = bins.categories;
    for (const { handle, places, f64 } of partitions) {
      const codes = columnView(handle, layout.features[feature]);
      for (let i = 0; i < handle.rows && left > 0; i++) {
        const c = codes[i];
        const isKnown = c === bins.categories || ((unseen[c >> 5] >>> (c & 31)) & 1) === 0;
        if (isKnown || (dims.weighted && f64[places.weights / 8 + i] === 0)) continue;
        unseen[c >> 5] &= ~(1 << (c & 31));
        left--;
      }
    }
    return unseen;
  });
}
