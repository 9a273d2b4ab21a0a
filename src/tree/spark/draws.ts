import { exp } from '../../kernels/js/math.ts';

/**
 * What chance decides while trees grow, as functions of the seed and of what is drawn for, so that neither partitions nor threads show.
 * Nothing here follows Spark's streams, which depend on its partitions.
 */

/** 32 well-mixed bits of three numbers (the finaliser of MurmurHash3 on a running state). */
export function hash(seed: number, a: number, b: number): number {
  let h = seed | 0;
  h = mix(h ^ Math.imul(a, 0x9e3779b1));
  h = mix(h ^ Math.imul(b, 0x85ebca77));
  return mix(h + 0x165667b1) >>> 0;
}

function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The seed of one tree. */
export function treeSeed(seed: bigint, tree: number): number {
  return hash(hash(Number(BigInt.asIntN(32, seed)), Number(BigInt.asIntN(32, seed >> 32n)), 1), tree, 2);
}

/** `perNode` of d features, ascending, for a node (numbered as in a heap: the root is 1) of a tree. */
export function featureSubset(seed: number, node: number, d: number, perNode: number): Int32Array {
  const subset = Int32Array.from({ length: perNode }, (_, j) => j);
  const high = Math.floor(node / 0x100000000);
  const own = hash(seed, node | 0, 3 + high);
  for (let j = perNode; j < d; j++) {
    const at = Math.floor((hash(own, j, 4) / 0x100000000) * (j + 1));
    if (at < perNode) subset[at] = j;
  }
  return subset.sort();
}

/** How often rows are drawn: with replacement Poisson of mean `rate`, else once with probability `rate`. */
export class RowDraw {
  /** P(count <= c) · 2^32, ascending up to 2^32. */
  private readonly steps: number[] = [];

  constructor(rate: number, replacement: boolean) {
    if (!replacement) {
      this.steps.push((1 - rate) * 0x100000000);
      return;
    }
    let p = exp(-rate);
    let sum = 0;
    for (let c = 0; c < 255 && sum < 1 - 2 ** -33; c++) {
      sum += p;
      this.steps.push(sum * 0x100000000);
      p *= rate / (c + 1);
    }
  }

  /** Of a row (its number in the whole set) in the tree of this seed. */
  count(seed: number, row: number): number {
    const bits = hash(seed, row | 0, 5 + Math.floor(row / 0x100000000));
    const { steps } = this;
    let c = 0;
    while (c < steps.length && bits >= (steps[c] as number)) c++;
    return c;
  }
}
