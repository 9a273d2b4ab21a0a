import { binCount, type FeatureBins } from '../bins.ts';
import type { Trees } from '../trees.ts';
import type { Split } from './split.ts';

/** A node of a tree under way. */
export interface GrownNode {
  split: { readonly feature: number; readonly of: Split; readonly left: GrownNode; readonly right: GrownNode } | null;
  value: number;
  readonly cover: number;
}

/** Trees one after the other, as flat arrays in preorder. */
export class TreeList {
  readonly #bins: readonly FeatureBins[];
  readonly #starts: number[] = [0];
  readonly #feature: number[] = [];
  readonly #threshold: number[] = [];
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #missingLeft: number[] = [];
  readonly #categoryStarts: number[] = [0];
  readonly #categories: number[] = [];
  readonly #value: number[] = [];
  readonly #gain: number[] = [];
  readonly #cover: number[] = [];

  constructor(bins: readonly FeatureBins[]) {
    this.#bins = bins;
  }

  get count(): number {
    return this.#starts.length - 1;
  }

  add(root: GrownNode): void {
    this.#visit(root);
    this.#starts.push(this.#feature.length);
  }

  /** The first `count` trees, after those of `before`. */
  finish(count: number, before?: Trees): Trees {
    const nodes = this.#starts[count];
    const words = this.#categoryStarts[nodes];
    const base = before ? before.feature.length : 0;
    const baseWords = before ? before.categories.length : 0;
    const moved = (child: number) => (child < 0 ? child : child + base);
    return {
      starts: joined(Int32Array, before?.starts.subarray(0, -1), this.#starts.slice(0, count + 1), (start) => start + base),
      feature: joined(Int32Array, before?.feature, this.#feature.slice(0, nodes)),
      threshold: joined(Float64Array, before?.threshold, this.#threshold.slice(0, nodes)),
      left: joined(Int32Array, before?.left, this.#left.slice(0, nodes), moved),
      right: joined(Int32Array, before?.right, this.#right.slice(0, nodes), moved),
      missingLeft: joined(Uint8Array, before?.missingLeft, this.#missingLeft.slice(0, nodes)),
      categoryStarts: joined(Int32Array, before?.categoryStarts.subarray(0, -1), this.#categoryStarts.slice(0, nodes + 1), (at) => at + baseWords),
      categories: joined(Uint32Array, before?.categories, this.#categories.slice(0, words)),
      value: joined(Float64Array, before?.value, this.#value.slice(0, nodes)),
      gain: joined(Float64Array, before?.gain, this.#gain.slice(0, nodes)),
      cover: joined(Float64Array, before?.cover, this.#cover.slice(0, nodes)),
    };
  }

  #visit({ split, value, cover }: GrownNode): void {
    const at = this.#feature.length;
    this.#feature.push(split ? split.feature : -1);
    this.#threshold.push(split && !split.of.categories ? this.#thresholdOf(split.feature, split.of.bin) : Number.NaN);
    this.#left.push(-1);
    this.#right.push(-1);
    this.#missingLeft.push(split?.of.missingLeft ? 1 : 0);
    this.#value.push(value);
    this.#gain.push(split ? split.of.gain : 0);
    this.#cover.push(cover);
    for (const word of split?.of.categories ?? []) this.#categories.push(word);
    this.#categoryStarts.push(this.#categories.length);
    if (!split) return;
    this.#left[at] = this.#feature.length;
    this.#visit(split.left);
    this.#right[at] = this.#feature.length;
    this.#visit(split.right);
  }

  /** A split after the last code parts what is missing from what is not. */
  #thresholdOf(feature: number, bin: number): number {
    const bins = this.#bins[feature];
    return bins.kind === 'numeric' && bin < binCount(bins) - 1 ? bins.edges[bin] : Number.POSITIVE_INFINITY;
  }
}

type Numbers = Int32Array | Float64Array | Uint8Array | Uint32Array;

function joined<T extends Numbers>(
  Kind: new (length: number) => T,
  before: Numbers | undefined,
  after: readonly number[],
  move = (x: number) => x,
): T {
  const all = new Kind((before?.length ?? 0) + after.length);
  if (before) all.set(before);
  all.set(after.map(move), before?.length ?? 0);
  return all;
}
