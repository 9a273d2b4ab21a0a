import fc from 'fast-check';
import type { Trees } from '#dist/tree/trees.js';

/** A tree as an object, as tests like to write it. */
export type Node =
  | { readonly value: number; readonly cover?: number }
  | {
      readonly feature: number;
      /** Or the categories that go left, of `words` · 32. */
      readonly threshold?: number;
      readonly categories?: readonly number[];
      readonly words?: number;
      readonly missingLeft?: boolean;
      readonly gain?: number;
      readonly left: Node;
      readonly right: Node;
    };

/** Flat arrays of trees. A leaf's cover is 1 where nothing is said, an inner node's value and cover are those of its leaves together. */
export function treesOf(...roots: readonly Node[]): Trees {
  const rows: { feature: number; threshold: number; left: number; right: number; missingLeft: number; words: number[]; gain: number }[] = [];
  const value: number[] = [];
  const cover: number[] = [];
  const add = (node: Node): number => {
    const at = rows.length;
    if (!('left' in node)) {
      rows.push({ feature: -1, threshold: Number.NaN, left: -1, right: -1, missingLeft: 0, words: [], gain: 0 });
      value.push(node.value);
      cover.push(node.cover ?? 1);
      return at;
    }
    const words = node.categories ? new Array<number>(node.words ?? 1).fill(0) : [];
    for (const c of node.categories ?? []) words[c >> 5] = (words[c >> 5] | (1 << (c & 31))) >>> 0;
    rows.push({
      feature: node.feature,
      threshold: node.categories ? Number.NaN : (node.threshold ?? 0),
      left: at + 1,
      right: -1,
      missingLeft: node.missingLeft ? 1 : 0,
      words,
      gain: node.gain ?? 1,
    });
    value.push(0);
    cover.push(0);
    const left = add(node.left);
    const right = add(node.right);
    rows[at].right = right;
    cover[at] = cover[left] + cover[right];
    value[at] = (value[left] * cover[left] + value[right] * cover[right]) / cover[at];
    return at;
  };
  const starts = roots.map(add);
  let words = 0;
  return {
    starts: Int32Array.from([...starts, rows.length]),
    feature: Int32Array.from(rows, (r) => r.feature),
    threshold: Float64Array.from(rows, (r) => r.threshold),
    left: Int32Array.from(rows, (r) => r.left),
    right: Int32Array.from(rows, (r) => r.right),
    missingLeft: Uint8Array.from(rows, (r) => r.missingLeft),
    categoryStarts: Int32Array.from([
      0,
      ...rows.map((r) => {
        words += r.words.length;
        return words;
      }),
    ]),
    categories: Uint32Array.from(rows.flatMap((r) => r.words)),
    value: Float64Array.from(value),
    gain: Float64Array.from(rows, (r) => r.gain),
    cover: Float64Array.from(cover),
  };
}

/** Values that features take: few enough that rows often stand on a threshold. */
export const featureValue = fc.oneof(
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 0.5, 1.5, -1, 3, 31, 32, 40, 64, 300),
  fc.integer({ min: -3, max: 40 }),
  fc.double({ min: -4, max: 4, noNaN: true }),
);

/** Trees on `numFeatures` features: numeric and category splits, missing either way, single leaves too. */
export function arbitraryTree(numFeatures: number, maxDepth = 5): fc.Arbitrary<Node> {
  const leaf = fc.record({ value: fc.double({ min: -10, max: 10, noNaN: true }), cover: fc.integer({ min: 1, max: 50 }) });
  const node = (depth: number): fc.Arbitrary<Node> => {
    if (depth === 0) return leaf;
    const common = {
      feature: fc.nat({ max: numFeatures - 1 }),
      missingLeft: fc.boolean(),
      gain: fc.double({ min: 0, max: 9, noNaN: true }),
      left: node(depth - 1),
      right: node(depth - 1),
    };
    const numeric = fc.record({ ...common, threshold: fc.oneof(fc.constantFrom(0, 0.5, 1.5, -1, 3), fc.double({ min: -3, max: 3, noNaN: true })) });
    const bits = fc
      .integer({ min: 1, max: 2 })
      .chain((words) =>
        fc.record({ ...common, words: fc.constant(words), categories: fc.uniqueArray(fc.nat({ max: 32 * words - 1 }), { maxLength: 20 }) }),
      );
    return fc.oneof(
      { weight: 2, arbitrary: leaf as fc.Arbitrary<Node> },
      { weight: 5, arbitrary: numeric as fc.Arbitrary<Node> },
      { weight: 2, arbitrary: bits as fc.Arbitrary<Node> },
    );
  };
  return node(maxDepth);
}

/** The leaf's value for a row, straight from the tree's definition. */
export function evaluate(node: Node, x: readonly number[]): number {
  if (!('left' in node)) return node.value;
  const v = x[node.feature];
  let left = node.missingLeft === true;
  if (node.categories) {
    if (Number.isInteger(v) && v >= 0 && v < 32 * (node.words ?? 1)) left = node.categories.includes(v);
  } else if (!Number.isNaN(v)) left = v <= (node.threshold ?? 0);
  return evaluate(left ? node.left : node.right, x);
}
