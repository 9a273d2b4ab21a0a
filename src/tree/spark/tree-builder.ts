import type { FeatureBins } from '../bins.ts';
import type { GrowingNode, GrowingTree } from './growing-tree.ts';
import type { Impurity } from './impurity.ts';
import { categorySplit, type SparkTrees } from './spark-trees.ts';

/** A node as it stands in the result; children by their place in the list. */
interface BuiltNode {
  readonly own: GrowingNode;
  readonly value: number;
  left: number;
  right: number;
}

/** Lists the nodes of grown trees in preorder. With `prune` two leaves of one parent that predict the same become one, from the bottom up. */
export class TreeBuilder {
  private readonly impurity: Impurity;
  private readonly bins: readonly FeatureBins[];
  private readonly prune: boolean;
  private readonly nodes: BuiltNode[] = [];
  private readonly starts = [0];

  constructor(impurity: Impurity, bins: readonly FeatureBins[], prune: boolean) {
    this.impurity = impurity;
    this.bins = bins;
    this.prune = prune;
  }

  add(tree: GrowingTree): void {
    const values = tree.values();
    this.place(tree, values, 0, this.prune ? mergedLeaves(tree, values) : new Uint8Array(values.length));
    this.starts.push(this.nodes.length);
  }

  private place(tree: GrowingTree, values: Float64Array, number: number, leaves: Uint8Array): number {
    const own = tree.nodes[number] as GrowingNode;
    const at = this.nodes.length;
    const built: BuiltNode = { own, value: values[number] as number, left: -1, right: -1 };
    this.nodes.push(built);
    if (own.split && !leaves[number]) {
      built.left = this.place(tree, values, own.split.left, leaves);
      built.right = this.place(tree, values, own.split.right, leaves);
    }
    return at;
  }

  /** The trees so far. */
  finish(): SparkTrees {
    const { nodes, impurity, bins } = this;
    const { size } = impurity;
    const splits = nodes.map(({ own, left }) => (left < 0 ? null : own.split));
    const words = splits.map((split) => {
      const feature = split && bins[split.feature];
      if (!split || feature?.kind !== 'categories') return null;
      return { ...categorySplit(bitsOf(split.words, feature.categories), feature.categories), categories: feature.categories };
    });
    const categoryStarts = new Int32Array(nodes.length + 1);
    words.forEach((own, i) => {
      categoryStarts[i + 1] = (categoryStarts[i] as number) + (own?.words.length ?? 0);
    });
    const categories = new Uint32Array(categoryStarts.at(-1) as number);
    words.forEach((own, i) => {
      if (own) categories.set(own.words, categoryStarts[i]);
    });
    const impurityStats = new Float64Array(nodes.length * size);
    nodes.forEach(({ own }, i) => {
      impurityStats.set(own.stats.subarray(0, size), i * size);
    });
    return {
      numFeatures: bins.length,
      starts: Int32Array.from(this.starts),
      feature: Int32Array.from(splits, (split) => split?.feature ?? -1),
      threshold: Float64Array.from(splits, (split) => thresholdOf(split && bins[split.feature], split?.bin ?? -1)),
      left: Int32Array.from(nodes, ({ left }) => left),
      right: Int32Array.from(nodes, ({ right }) => right),
      missingLeft: Uint8Array.from(words, (own) => own?.missingLeft ?? 0),
      categoryStarts,
      categories,
      value: Float64Array.from(nodes, ({ value }) => value),
      gain: Float64Array.from(nodes, ({ own, left }) => (left < 0 ? -1 : own.gain)),
      cover: Float64Array.from(nodes, ({ own }) => impurity.weight(own.stats, 0)),
      impurity: Float64Array.from(nodes, ({ own }) => (own.valid ? own.impurity : -1)),
      statsSize: size,
      impurityStats,
      rawCount: Float64Array.from(nodes, ({ own }) => own.stats[size] as number),
      numCategories: Int32Array.from(words, (own) => own?.categories ?? -1),
    };
  }
}

/** 1 for each inner node that becomes a leaf since both its children are leaves, or become leaves, that predict the same. Children have higher numbers than their parents. */
function mergedLeaves({ nodes }: GrowingTree, values: Float64Array): Uint8Array {
  const merged = new Uint8Array(nodes.length);
  const isLeaf = (number: number) => merged[number] === 1 || (nodes[number] as GrowingNode).split === null;
  for (let number = nodes.length - 1; number >= 0; number--) {
    const { split } = nodes[number] as GrowingNode;
    if (!split || !isLeaf(split.left) || !isLeaf(split.right)) continue;
    if (values[split.left] !== values[split.right]) continue;
    merged[number] = 1;
    values[number] = values[split.left] as number;
  }
  return merged;
}

function thresholdOf(bins: FeatureBins | null | undefined, bin: number): number {
  return bins?.kind === 'numeric' && bin >= 0 ? (bins.edges[bin] as number) : Number.NaN;
}

function bitsOf(words: Uint32Array, count: number): number[] {
  return Array.from({ length: count }, (_, c) => c).filter((c) => ((words[c >> 5] as number) >>> (c & 31)) & 1);
}
