import type { FeatureBins } from '../bins.ts';
import { TreesBuilder } from '../trees-builder.ts';
import type { GrowingTree } from './growing-tree.ts';
import type { Impurity } from './impurity.ts';
import { categorySplit, type SparkTrees } from './spark-trees.ts';

/** Lists the nodes of grown trees in preorder. With `prune` two leaves of one parent that predict the same become one, from the bottom up. */
export class TreeBuilder {
  readonly #impurity: Impurity;
  readonly #bins: readonly FeatureBins[];
  readonly #prune: boolean;
  readonly #trees = new TreesBuilder();
  readonly #numCategories: number[] = [];
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
    const partOf = Int32Array.from(leaves.keys());
    tree.nodes.forEach(({ parent }, number) => {
      if (parent >= 0 && (leaves[parent] || partOf[parent] !== parent)) partOf[number] = partOf[parent];
    });
    return partOf;
  }

  #place(tree: GrowingTree, values: Float64Array, number: number, leaves: Uint8Array): void {
    const impurity = this.#impurity;
    const own = tree.nodes[number];
    const cover = impurity.weight(own.stats, 0);
    this.#nodeImpurity.push(own.valid ? own.impurity : -1);
    for (let s = 0; s < impurity.size; s++) this.#stats.push(own.stats[s]);
    this.#rawCount.push(own.stats[impurity.size]);
    const split = leaves[number] ? null : own.split;
    if (!split) {
      this.#numCategories.push(-1);
      this.#trees.leaf(values[number], cover, -1);
      return;
    }
    const { feature } = split;
    const { gain } = own;
    const value = values[number];
    const bins = this.#bins[feature];
    if (bins.kind === 'numeric') {
      this.#numCategories.push(-1);
      this.#trees.split({ feature, threshold: bins.edges[split.bin], missingLeft: false, value, gain, cover });
    } else {
      this.#numCategories.push(bins.categories);
      const { words, missingLeft } = categorySplit(bitsOf(split.words, bins.categories), bins.categories);
      this.#trees.split({ feature, words, missingLeft: missingLeft === 1, value, gain, cover });
    }
    this.#place(tree, values, split.left, leaves);
    this.#place(tree, values, split.right, leaves);
  }

  /** The trees so far. */
  finish(): SparkTrees {
    return {
      ...this.#trees.finish(),
      numFeatures: this.#bins.length,
      impurity: Float64Array.from(this.#nodeImpurity),
      statsSize: this.#impurity.size,
      impurityStats: Float64Array.from(this.#stats),
      rawCount: Float64Array.from(this.#rawCount),
      numCategories: Int32Array.from(this.#numCategories),
    };
  }
}

/**
 * 1 for each inner node that becomes a leaf since both its children are leaves, or become leaves, that predict the same. Children have higher numbers
 * than their parents.
 */
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
