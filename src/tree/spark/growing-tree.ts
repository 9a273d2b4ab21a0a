import type { Impurity } from './impurity.ts';
import type { NodeRecord } from './node-tasks.ts';
import type { RowMove } from './row-nodes.ts';

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
  /** Σ w y² of all rows, where records do not tell. */
  #rootSquares = Number.NaN;

  constructor(impurity: Impurity, maxDepth: number) {
    this.#impurity = impurity;
    this.#maxDepth = maxDepth;
  }

  /** Splits a node as its record says, or leaves it a leaf. Gives the numbers of the children. */
  split(number: number, record: NodeRecord): number[] {
    const impurity = this.#impurity;
    const maxDepth = this.#maxDepth;
    const own = this.nodes[number];
    if (own.stats.length === 0) {
      own.stats = record.whole;
      own.impurity = impurity.of(record.whole, 0);
      if (this.#squaresApart) this.setSquares(0, this.#rootSquares);
    }
    own.valid = record.feature >= 0;
    if (!own.valid || !(record.gain > 0) || own.level === maxDepth) return [];
    if (this.#squaresApart && !this.isOpen(number)) return []; // the gain knows no squares, so that of equal labels may be a last digit
    own.gain = record.gain;
    const left = this.nodes.length;
    own.split = { feature: record.feature, bin: record.bin, words: record.words, left, right: left + 1 };
    for (const [side, stats] of [record.left, record.right].entries()) {
      this.nodes.push(node(number, 2 * own.heap + side, own.level + 1, stats, impurity.of(stats, 0)));
    }
    return [left, left + 1];
  }

  get #squaresApart(): boolean {
    return !Number.isNaN(this.#rootSquares);
  }

  /** Tells Σ w y² of a node, where records do not; of the root before it is split. */
  setSquares(number: number, squares: number): void {
    const own = this.nodes[number];
    if (number === 0) this.#rootSquares = squares;
    if (own.stats.length === 0) return;
    own.stats[2] = squares;
    own.impurity = this.#impurity.of(own.stats, 0);
  }

  /** Whether a node is worth splitting. */
  isOpen(number: number): boolean {
    const { level, impurity } = this.nodes[number];
    return level < this.#maxDepth && Math.abs(impurity) >= Number.EPSILON;
  }

  /** What each node predicts, by its number. */
  values(): Float64Array {
    return Float64Array.from(this.nodes, ({ stats }) => this.#impurity.predict(stats, 0));
  }
}

function node(parent: number, heap: number, level: number, stats: Float64Array, impurity: number): GrowingNode {
  return { parent, heap, level, stats, impurity, gain: -1, valid: true, split: null };
}
