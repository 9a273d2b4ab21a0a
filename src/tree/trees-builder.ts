import type { Trees } from './trees.ts';

/** A split to add; `words` of bits (see {@link Trees.categories}) in place of a threshold where it is by category. */
interface SplitNode {
  readonly feature: number;
  readonly threshold?: number;
  readonly words?: ArrayLike<number>;
  readonly missingLeft: boolean;
  readonly value: number;
  readonly gain: number;
  readonly cover: number;
}

/** Collects nodes in preorder: a split, its left subtree, its right one. A tree is complete when every split has both. */
export class TreesBuilder {
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
  /** Splits that still lack their right child. */
  readonly #open: number[] = [];

  leaf(value: number, cover: number, gain = 0): void {
    this.#node(-1, Number.NaN, false, value, gain, cover);
    const parent = this.#open.pop();
    // The next node is that split's right child, or the next tree's root.
    if (parent === undefined) this.#starts.push(this.#feature.length);
    else this.#right[parent] = this.#feature.length;
  }

  split({ feature, threshold = Number.NaN, words, missingLeft, value, gain, cover }: SplitNode): void {
    const at = this.#node(feature, threshold, missingLeft, value, gain, cover);
    this.#left[at] = at + 1;
    this.#open.push(at);
    for (let w = 0; w < (words?.length ?? 0); w++) this.#categories.push((words as ArrayLike<number>)[w]);
    this.#categoryStarts[at + 1] = this.#categories.length;
  }

  /** All complete trees. */
  finish(): Trees {
    return {
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
    };
  }

  #node(feature: number, threshold: number, missingLeft: boolean, value: number, gain: number, cover: number): number {
    const at = this.#feature.length;
    this.#feature.push(feature);
    this.#threshold.push(threshold);
    this.#left.push(-1);
    this.#right.push(-1);
    this.#missingLeft.push(missingLeft ? 1 : 0);
    this.#categoryStarts.push(this.#categories.length);
    this.#value.push(value);
    this.#gain.push(gain);
    this.#cover.push(cover);
    return at;
  }
}

/**
 * Adds a tree whose nodes stand in any order: `visit` adds the node of that number and gives its children, or null for a leaf. Throws an Error for a
 * node that is out of range or reached twice (a cycle, a shared child), or is never reached.
 */
export function addTree(nodes: number, visit: (node: number) => readonly [left: number, right: number] | null): void {
  const seen = new Uint8Array(nodes);
  const next = [0];
  let count = 0;
  while (next.length > 0) {
    const node = next.pop() as number;
    if (!(Number.isInteger(node) && node >= 0 && node < nodes)) throw new Error(`it has ${nodes} nodes, but a child ${node}`);
    if (seen[node]) throw new Error(`node ${node} is reached twice`);
    seen[node] = 1;
    count++;
    const children = visit(node);
    if (children) next.push(children[1], children[0]);
  }
  if (count < nodes) throw new Error(`${nodes - count} of its ${nodes} nodes are never reached`);
}
