import { binCount, type FeatureBins } from '../bins.ts';
import { joinTrees, sliceTrees } from '../nodes.ts';
import type { Trees } from '../trees.ts';
import { TreesBuilder } from '../trees-builder.ts';
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
  readonly #builder = new TreesBuilder();
  #count = 0;

  constructor(bins: readonly FeatureBins[]) {
    this.#bins = bins;
  }

  get count(): number {
    return this.#count;
  }

  add(root: GrownNode): void {
    this.#visit(root);
    this.#count++;
  }

  /** The first `count` trees, after those of `before`. */
  finish(count: number, before?: Trees): Trees {
    const own = sliceTrees(this.#builder.finish(), 0, count);
    return before ? joinTrees(before, own) : own;
  }

  #visit({ split, value, cover }: GrownNode): void {
    if (!split) {
      this.#builder.leaf(value, cover);
      return;
    }
    const { feature, of } = split;
    const { gain, missingLeft, bin, categories } = of;
    this.#builder.split({
      feature,
      value,
      gain,
      cover,
      missingLeft,
      ...(categories ? { words: categories } : { threshold: this.#thresholdOf(feature, bin) }),
    });
    this.#visit(split.left);
    this.#visit(split.right);
  }

  /** A split after the last code parts what is missing from what is not. */
  #thresholdOf(feature: number, bin: number): number {
    const bins = this.#bins[feature];
    return bins.kind === 'numeric' && bin < binCount(bins) - 1 ? bins.edges[bin] : Number.POSITIVE_INFINITY;
  }
}
