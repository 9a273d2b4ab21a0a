import { type Trees, treeCount } from './trees.ts';
import { goesLeft, type TreeWalker } from './walk.ts';

/** Deeper trees are walked: here every tree takes as many steps as its deepest leaf. */
const MAX_DEPTH = 40;
/** Different splits by category at most: all of them are tried for each row. */
const MAX_SETS = 256;
/** Bits of an integer that engines keep in a plain array as it is. */
const SMALL_BITS = 30;

/**
 * A number of the prepared row: feature j, with NaN as a number that goes left or right of every threshold; or 1 where NaN is, else 0; or 0 where a
 * split by category goes left, else 1.
 */
type Slot =
  | { readonly kind: 'low' | 'high' | 'missing'; readonly feature: number }
  | { readonly kind: 'set'; readonly feature: number; readonly node: number };

/**
 * A walker without branches, eight trees at a time: siblings stand side by side, the next node is the left one plus (x > threshold), leaves lead to
 * themselves, and a tree takes as many steps as it has levels. The processor need not guess, and seven trees go on while one waits for memory. Null
 * for trees that are too deep or large, or have too many splits by category.
 *
 * Plain arrays: typed ones are slower to read by half once any ArrayBuffer of the process has been handed to another owner, from when on each access
 * must look whether its own is still there.
 */
export function steppedTrees(trees: Trees): TreeWalker | null {
  const count = treeCount(trees);
  const slots = new Slots(trees);
  const threshold = [0.5];
  const slot: number[] = [];
  const step: number[] = [];
  const original: number[] = [];
  const roots: number[] = [];
  const depths: number[] = [];
  let top = 0;
  for (let t = 0; t < count; t++) {
    roots.push(top);
    // Level by level; where nodes stand follows from where their parent put them.
    let level = [{ from: trees.starts[t], to: top++ }];
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > MAX_DEPTH) return null;
      depths[t] = depth;
      const below: typeof level = [];
      for (const { from, to } of level) {
        original[to] = from;
        threshold[to] = Number.POSITIVE_INFINITY;
        [slot[to], step[to]] = [0, 0];
        if (trees.feature[from] < 0) continue;
        [slot[to], threshold[to]] = slots.testOf(from);
        step[to] = top - to;
        below.push({ from: trees.left[from], to: top }, { from: trees.right[from], to: top + 1 });
        top += 2;
      }
      level = below;
    }
    if (slots.sets > MAX_SETS) return null;
  }
  const bits = 32 - Math.clz32(slots.list.length);
  const mask = (1 << bits) - 1;
  if (step.some((nodes) => nodes >= 2 ** (SMALL_BITS - bits))) return null;
  /** Of each node how many nodes further its left child stands, and below that its slot. */
  const node = step.map((nodes, at) => (nodes << bits) | slot[at]);
  // Trees of like depth go together; the last eight repeat one.
  const order = [...depths.keys()].sort((a, b) => depths[a] - depths[b]);
  while (order.length % 8 !== 0) order.push(order[count - 1]);
  const row = slots.list.map(() => 0.5);

  return (x, reached) => {
    slots.fill(x, row);
    for (let g = 0; g < order.length; g += 8) {
      let a = roots[order[g]];
      let b = roots[order[g + 1]];
      let c = roots[order[g + 2]];
      let d = roots[order[g + 3]];
      let e = roots[order[g + 4]];
      let f = roots[order[g + 5]];
      let h = roots[order[g + 6]];
      let i = roots[order[g + 7]];
      // Number(…) of a comparison is a flag moved; a choice of 1 or 0 would be a branch, and as slow as a walk.
      for (let level = depths[order[g + 7]]; level > 0; level--) {
        a += (node[a] >> bits) + Number(row[node[a] & mask] > threshold[a]);
        b += (node[b] >> bits) + Number(row[node[b] & mask] > threshold[b]);
        c += (node[c] >> bits) + Number(row[node[c] & mask] > threshold[c]);
        d += (node[d] >> bits) + Number(row[node[d] & mask] > threshold[d]);
        e += (node[e] >> bits) + Number(row[node[e] & mask] > threshold[e]);
        f += (node[f] >> bits) + Number(row[node[f] & mask] > threshold[f]);
        h += (node[h] >> bits) + Number(row[node[h] & mask] > threshold[h]);
        i += (node[i] >> bits) + Number(row[node[i] & mask] > threshold[i]);
      }
      reached[order[g]] = original[a];
      reached[order[g + 1]] = original[b];
      reached[order[g + 2]] = original[c];
      reached[order[g + 3]] = original[d];
      reached[order[g + 4]] = original[e];
      reached[order[g + 5]] = original[f];
      reached[order[g + 6]] = original[h];
      reached[order[g + 7]] = original[i];
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
  fill(x: Float64Array, row: number[]): void {
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
