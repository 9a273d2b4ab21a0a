import type { FeatureBins } from '../bins.ts';
import type { GrowingTree } from './growing-tree.ts';
import type { Impurity } from './impurity.ts';
import type { RowMove } from './row-nodes.ts';
import { categorySplit, type SparkTrees } from './spark-trees.ts';

/** Lists the nodes of grown trees in preorder. With `prune` two leaves of one parent that predict the same become one, from the bottom up. */
export class TreeBuilder {
  readonly #impurity: Impurity;
  readonly #bins: readonly FeatureBins[];
  readonly #prune: boolean;
  readonly #starts = [0];
  readonly #feature: number[] = [];
  readonly #threshold: number[] = [];
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #missingLeft: number[] = [];
  readonly #categoryStarts = [0];
  readonly #categories: number[] = [];
  readonly #numCategories: number[] = [];
  readonly #value: number[] = [];
  readonly #gain: number[] = [];
  readonly #cover: number[] = [];
  readonly #nodeImpurity: number[] = [];
  readonly #stats: number[] = [];
  readonly #rawCount: number[] = [];

  constructor(impurity: Impurity, bins: readonly FeatureBins[], prune: boolean) {
    this.#impurity = impurity;
    this.#bins = bins;
    this.#prune = prune;
  }

  /** Gives by node the node that it became part of: itself, or the leaf that it was merged into. */
  add(tree: GrowingTree): Int32Array {
    const values = tree.values();
    const leaves = this.#prune ? mergedLeaves(tree, values) : new Uint8Array(values.length);
    this.#place(tree, values, 0, leaves);
    this.#starts.push(this.#feature.length);
    const partOf = Int32Array.from(leaves.keys());
    tree.nodes.forEach(({ parent }, number) => {
      if (parent >= 0 && (leaves[parent] || partOf[parent] !== parent)) partOf[number] = partOf[parent];
    });
    return partOf;
  }

  #place(tree: GrowingTree, values: Float64Array, number: number, leaves: Uint8Array): number {
    const impurity = this.#impurity;
    const own = tree.nodes[number];
    const split = leaves[number] ? null : own.split;
    const at = this.#feature.push(split?.feature ?? -1) - 1;
    this.#placeSplit(split);
    this.#value.push(values[number]);
    this.#gain.push(split ? own.gain : -1);
    this.#cover.push(impurity.weight(own.stats, 0));
    this.#nodeImpurity.push(own.valid ? own.impurity : -1);
    for (let s = 0; s < impurity.size; s++) this.#stats.push(own.stats[s]);
    this.#rawCount.push(own.stats[impurity.size]);
    this.#left[at] = split ? this.#place(tree, values, split.left, leaves) : -1;
    this.#right[at] = split ? this.#place(tree, values, split.right, leaves) : -1;
    return at;
  }

  #placeSplit(split: RowMove | null): void {
    const bins = split ? this.#bins[split.feature] : undefined;
    let missingLeft = 0;
    if (split && bins?.kind === 'categories') {
      const bits = categorySplit(bitsOf(split.words, bins.categories), bins.categories);
      missingLeft = bits.missingLeft;
      this.#categories.push(...bits.words);
    }
    this.#threshold.push(split && bins?.kind === 'numeric' ? bins.edges[split.bin] : Number.NaN);
    this.#missingLeft.push(missingLeft);
    this.#categoryStarts.push(this.#categories.length);
    this.#numCategories.push(bins?.kind === 'categories' ? bins.categories : -1);
    this.#left.push(-1);
    this.#right.push(-1);
  }

  /** The trees so far. */
  finish(): SparkTrees {
    return {
      numFeatures: this.#bins.length,
      starts: Int32Array.from(this.#starts),
      feature: Int32Array.from(this.#feature),
      threshold: Float64Array.from(this.#threshold),
      left: Int32Array.from(this.#left),
      right: Int32Array.from(this.#right),
      missingLeft: Uint8Array.from(this.#missingLeft),
      categoryStarts: Int32Array.from(this.#categoryStarts),
      categories: Uint32Array.from(this.#categories),
      value: Float64Array.from(this.#value),
      gain: Float64Array.from(this.#gain),
      cover: Float64Array.from(this.#cover),
      impurity: Float64Array.from(this.#nodeImpurity),
      statsSize: this.#impurity.size,
      impurityStats: Float64Array.from(this.#stats),
      rawCount: Float64Array.from(this.#rawCount),
      numCategories: Int32Array.from(this.#numCategories),
    };
  }
}

/** 1 for each inner node that becomes a leaf since both its children are leaves, or become leaves, that predict the same. Children have higher numbers than their parents. */
function mergedLeaves({ nodes }: GrowingTree, values: Float64Array): Uint8Array {
  const merged = new Uint8Array(nodes.length);
  const isLeaf = (number: number) => merged[number] === 1 || nodes[number].split === null;
  for (let number = nodes.length - 1; number >= 0; number--) {
    const { split } = nodes[number];
    if (!split || !isLeaf(split.left) || !isLeaf(split.right)) continue;
    if (values[split.left] !== values[split.right]) continue;
    merged[number] = 1;
    values[number] = values[split.left];
  }
  return merged;
}

function bitsOf(words: Uint32Array, count: number): number[] {
  return Array.from({ length: count }, (_, c) => c).filter((c) => (words[c >> 5] >>> (c & 31)) & 1);
}
