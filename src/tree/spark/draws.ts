import { exp } from '../../kernels/js/math.ts';
import { hash32 } from '../../random.ts';
import { type Long, XorShiftRandom } from './jvm-streams.ts';

/**
 * What chance decides while trees grow, of many rows as functions of the seed and of what is drawn for, so that neither partitions nor threads show;
 * for few see `drawn-rows.ts`.
 */

/** Tells the draws for nodes from those for rows. */
const NODES = 1;

/** The seed of one tree. */
export function treeSeed(seed: bigint, tree: number): number {
  return hash32(hash32(Number(BigInt.asIntN(32, seed)), Number(BigInt.asIntN(32, seed >> 32n))), tree);
}

/** `perNode` of d features, ascending, for a node; `seed`: its tree's, and the node's number as in a heap (the root is 1). */
export function featureSubset([tree, node]: Long, d: number, perNode: number): Int32Array {
  const subset = Int32Array.from({ length: perNode }, (_, j) => j);
  const own = hash32(hash32(tree, NODES), node);
  for (let j = perNode; j < d; j++) {
    const at = Math.floor((hash32(own, j) / 0x100000000) * (j + 1));
    if (at < perNode) subset[at] = j;
  }
  return subset.sort();
}

/** `perNode` of d features as Spark's reservoir holds them in the end, in its order. */
export function featureReservoir(seed: Long, d: number, perNode: number): Int32Array {
  const reservoir = Int32Array.from({ length: perNode }, (_, j) => j);
  const random = new XorShiftRandom(seed);
  for (let j = perNode; j < d; j++) {
    const at = Math.floor(random.next() * (j + 1));
    if (at < perNode) reservoir[at] = j;
  }
  return reservoir;
}

/** How often rows are drawn: with replacement Poisson of mean `rate`, else once with probability `rate`. */
export class RowDraw {
  /** P(count <= c) · 2^32, ascending up to 2^32. */
  readonly #steps: number[] = [];

  constructor(rate: number, replacement: boolean) {
    if (!replacement) {
      this.#steps.push((1 - rate) * 0x100000000);
      return;
    }
    let p = exp(-rate);
    let sum = 0;
    for (let c = 0; c < 255 && sum < 1 - 2 ** -33; c++) {
      sum += p;
      this.#steps.push(sum * 0x100000000);
      p *= rate / (c + 1);
    }
  }

  /** Of a row (its number in the whole set) in the tree of this seed. */
  count(seed: number, row: number): number {
    const bits = hash32(seed, row);
    const steps = this.#steps;
    let c = 0;
    while (c < steps.length && bits >= steps[c]) c++;
    return c;
  }
}
