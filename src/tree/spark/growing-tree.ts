import { gainScale } from './best-split.ts';
import type { Impurity } from './impurity.ts';
import type { NodeRecord } from './node-tasks.ts';
import type { RowMove } from './row-nodes.ts';

/** Gains of a smaller share of what they are the difference of (see {@link gainScale}) are last digits: so are those of equal labels. */
const NO_GAIN = 2 ** -48;

export interface GrowingNode {
  /** Number of the parent; -1 of the root. */
  readonly parent: number;
  /** Place in a heap: the root is 1, its children 2 and 3. */
  readonly heap: number;
  readonly level: number;
  /** Empty until known, of a root. */
  stats: Float64Array;
  /** NaN until known. */
  impurity: number;
  gain: number;
  /** False where a split was looked for and none was good enough. */
  valid: boolean;
  split: RowMove | null;
}

/** A tree while it grows; nodes are numbered as they come, children after all nodes of the levels above. */
export class GrowingTree {
  readonly nodes: GrowingNode[] = [node(-1, 1, 0, new Float64Array(0), Number.NaN)];
  readonly #impurity: Impurity;
  readonly #maxDepth: number;
  readonly #squaresApart: boolean;

  /** `squaresApart`: records do not tell Σ y², see {@link setSquares}. */
  constructor(impurity: Impurity, maxDepth: number, squaresApart: boolean) {
    this.#impurity = impurity;
    this.#maxDepth = maxDepth;
    this.#squaresApart = squaresApart;
  }

  /** Splits a node as its record says, or leaves it a leaf. Gives the numbers of the children. */
  split(number: number, record: NodeRecord): number[] {
    const impurity = this.#impurity;
    const maxDepth = this.#maxDepth;
    const own = this.nodes[number];
    if (own.stats.length === 0) {
      own.stats = record.whole;
      own.impurity = impurity.of(record.whole, 0);
    }
    own.valid = record.feature >= 0;
    if (!own.valid || !(record.gain > 0) || own.level === maxDepth) return [];
    if (this.#squaresApart && record.gain <= NO_GAIN * gainScale(record.left, record.right)) return [];
    own.gain = record.gain;
    const left = this.nodes.length;
    own.split = { feature: record.feature, bin: record.bin, words: record.words, left, right: left + 1 };
    for (const [side, stats] of [record.left, record.right].entries()) {
      this.nodes.push(node(number, 2 * own.heap + side, own.level + 1, stats, impurity.of(stats, 0)));
    }
    return [left, left + 1];
  }

  /**
   * Tells Σ y² of the rows that stand at each node, when the tree is grown. Nodes that turn out to be pure are split no further: what was below them
   * remains, for rows that stand there, as a part of them.
   */
  setSquares(squares: Float64Array): void {
    const { nodes } = this;
    for (let number = nodes.length - 1; number > 0; number--) squares[nodes[number].parent] += squares[number];
    nodes.forEach((own, number) => {
      own.stats[2] = squares[number];
      own.impurity = this.#impurity.of(own.stats, 0);
      const parent = nodes[own.parent];
      const isPart = parent?.split === null;
      if (isPart) own.stats = parent.stats;
      else if (Math.abs(own.impurity) >= Number.EPSILON) return;
      else if (parent) own.valid = true;
      own.split = null;
      own.gain = -1;
    });
  }

  /** Whether a node is worth splitting, as far as is known. */
  isOpen(number: number): boolean {
    const { level, impurity } = this.nodes[number];
    return level < this.#maxDepth && (this.#squaresApart || Math.abs(impurity) >= Number.EPSILON);
  }

  /** What each node predicts, by its number. */
  values(): Float64Array {
    return Float64Array.from(this.nodes, ({ stats }) => this.#impurity.predict(stats, 0));
  }
}

function node(parent: number, heap: number, level: number, stats: Float64Array, impurity: number): GrowingNode {
  return { parent, heap, level, stats, impurity, gain: -1, valid: true, split: null };
}
