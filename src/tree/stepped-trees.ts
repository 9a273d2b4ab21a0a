import { type Trees, treeCount } from './trees.ts';
import { goesLeft, type TreeWalker } from './walk.ts';

/** Deeper trees are walked: here every tree takes as many steps as its deepest leaf. */
const MAX_DEPTH = 40;
/** Different splits by category at most: all of them are tried for each row. */
const MAX_SETS = 256;

/** A number of the prepared row: feature j, with NaN as a number that goes left or right of every threshold; or 1 where NaN is, else 0; or 0 where a split by category goes left, else 1. */
type Slot =
  | { readonly kind: 'low' | 'high' | 'missing'; readonly feature: number }
  | { readonly kind: 'set'; readonly feature: number; readonly node: number };

/**
 * A walker without branches, four trees at a time: siblings stand side by side, the next node is the left one plus (x > threshold), leaves lead to themselves, and a tree takes as many
 * steps as it has levels. The processor need not guess, and the four go on while one waits for memory. Null for trees that are too deep or have too many splits by category.
 */
export function steppedTrees(trees: Trees): TreeWalker | null {
  const count = treeCount(trees);
  const slots = new Slots(trees);
  const nodes = trees.feature.length;
  const threshold = new Float64Array(nodes);
  const slot = new Int32Array(nodes);
  const next = new Int32Array(nodes);
  const original = new Int32Array(nodes);
  const roots = new Int32Array(count);
  const depths = new Int32Array(count);
  let top = 0;
  for (let t = 0; t < count; t++) {
    roots[t] = top;
    // Level by level; where nodes stand follows from where their parent put them.
    let level = [{ from: trees.starts[t], to: top++ }];
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > MAX_DEPTH) return null;
      depths[t] = depth;
      const below: typeof level = [];
      for (const { from, to } of level) {
        original[to] = from;
        next[to] = to;
        threshold[to] = Number.POSITIVE_INFINITY;
        if (trees.feature[from] < 0) continue;
        [slot[to], threshold[to]] = slots.testOf(from);
        next[to] = top;
        below.push({ from: trees.left[from], to: top }, { from: trees.right[from], to: top + 1 });
        top += 2;
      }
      level = below;
    }
    if (slots.sets > MAX_SETS) return null;
  }
  // Trees of like depth go together; the last four repeat one.
  const order = Int32Array.from(depths.keys()).sort((a, b) => depths[a] - depths[b]);
  const row = new Float64Array(slots.list.length + 1);

  return (x, reached) => {
    slots.fill(x, row);
    for (let g = 0; g < count; g += 4) {
      const last = count - 1;
      const [a, b, c, d] = [order[g], order[Math.min(g + 1, last)], order[Math.min(g + 2, last)], order[Math.min(g + 3, last)]];
      let i = roots[a];
      let j = roots[b];
      let k = roots[c];
      let l = roots[d];
      // Number(…) of a comparison is a flag moved; a choice of 1 or 0 would be a branch, and as slow as a walk.
      for (let step = depths[d]; step > 0; step--) {
        i = next[i] + Number(row[slot[i]] > threshold[i]);
        j = next[j] + Number(row[slot[j]] > threshold[j]);
        k = next[k] + Number(row[slot[k]] > threshold[k]);
        l = next[l] + Number(row[slot[l]] > threshold[l]);
      }
      reached[a] = original[i];
      reached[b] = original[j];
      reached[c] = original[k];
      reached[d] = original[l];
    }
  };
}

/** Which numbers splits compare. */
class Slots {
  readonly list: Slot[] = [];
  sets = 0;
  readonly #trees: Trees;
  readonly #known = new Map<string, number>();

  constructor(trees: Trees) {
    this.#trees = trees;
  }

  /** The slot and the threshold of an inner node. */
  testOf(node: number): [slot: number, threshold: number] {
    const { feature, threshold, missingLeft, categoryStarts, categories } = this.#trees;
    const j = feature[node];
    const words = categories.subarray(categoryStarts[node], categoryStarts[node + 1]);
    if (words.length > 0) {
      const at = this.#slot(`set ${j} ${missingLeft[node]} ${words.join()}`, { kind: 'set', feature: j, node });
      return [at, 0.5];
    }
    if (missingLeft[node] === 1) return [this.#slot(`low ${j}`, { kind: 'low', feature: j }), threshold[node]];
    // No number is above an infinite threshold, but NaN must be.
    if (threshold[node] === Number.POSITIVE_INFINITY) return [this.#slot(`missing ${j}`, { kind: 'missing', feature: j }), 0.5];
    return [this.#slot(`high ${j}`, { kind: 'high', feature: j }), threshold[node]];
  }

  /** What the slots hold for the row `x`. */
  fill(x: Float64Array, row: Float64Array): void {
    const { list } = this;
    for (let s = 0; s < list.length; s++) {
      const slot = list[s];
      const value = x[slot.feature];
      if (slot.kind === 'set') row[s] = goesLeft(this.#trees, slot.node, value) ? 0 : 1;
      else if (slot.kind === 'missing') row[s] = Number.isNaN(value) ? 1 : 0;
      else if (Number.isNaN(value)) row[s] = slot.kind === 'low' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      else row[s] = value;
    }
  }

  #slot(key: string, slot: Slot): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (slot.kind === 'set') this.sets++;
    this.#known.set(key, this.list.length);
    return this.list.push(slot) - 1;
  }
}
