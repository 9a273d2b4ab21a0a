import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SparsePart, VectorColumn } from '#dist/block/column.js';
import { addLeafVectors, leafNumbers, treeScorer } from '#dist/tree/scoring.js';
import { arbitraryTree, evaluate, featureValue, type Node, treesOf } from './arbitrary-trees.ts';

const D = 4;
const dense = (rows: readonly (readonly number[])[]): VectorColumn => ({
  kind: 'vectors',
  size: D,
  parts: [{ kind: 'dense', size: D, values: Float64Array.from(rows.flat()) }],
  valid: null,
});
/** A column of one slot that leaves its zeros out. */
const sparse = (values: readonly number[]): SparsePart => {
  const starts = [0];
  const kept: number[] = [];
  for (const x of values) {
    if (x !== 0) kept.push(x);
    starts.push(kept.length);
  }
  return { kind: 'sparse', size: 1, starts: Uint32Array.from(starts), indices: new Uint32Array(kept.length), values: Float64Array.from(kept) };
};
const row = fc.array(featureValue, { minLength: D, maxLength: D });
const forest = fc.array(arbitraryTree(D), { minLength: 1, maxLength: 6 });

describe('a tree scorer', () => {
  it('adds the values of the leaves that the definition names, in tree order, class by class', () => {
    fc.assert(
      fc.property(forest, fc.array(row, { minLength: 1, maxLength: 70 }), fc.integer({ min: 1, max: 3 }), (roots, rows, width) => {
        const start = Array.from({ length: width }, (_, c) => c + 0.1);
        const sums = treeScorer(treesOf(...roots), D).sums(dense(rows), rows.length, start);
        rows.forEach((x, i) => {
          const expected = [...start];
          roots.forEach((root, t) => {
            expected[t % width] += evaluate(root, x);
          });
          expect([...sums.subarray(i * width, (i + 1) * width)]).toEqual(expected);
        });
      }),
    );
  });

  it('weighs trees as it is told', () => {
    const trees = treesOf({ value: 1 }, { value: 10 });
    expect(treeScorer(trees, D, { weights: [2, 0.5] }).sums(dense([[0, 0, 0, 0]]), 1, [1])[0]).toBe(8);
  });

  it('gives leaves by node number, and numbers them from left to right', () => {
    const trees = treesOf(
      { value: 0 },
      { feature: 1, threshold: 0, left: { value: 1 }, right: { feature: 0, threshold: 2, left: { value: 2 }, right: { value: 3 } } },
    );
    const leaves = treeScorer(trees, D).leaves(dense([[3, 1, 0, 0], [0, Number.NaN, 0, 0], [0, 0, 0, 0]]), 3); // biome-ignore format: rows
    expect([...leaves.subarray(0, 6)]).toEqual([0, 5, 0, 4, 0, 2]);
    expect([...leafNumbers(trees)]).toEqual([0, -1, 0, -1, 1, 2]);
    const out = new Float64Array(6);
    addLeafVectors(
      leaves,
      2,
      3,
      Float64Array.from({ length: 12 }, (_, k) => k),
      2,
      out,
    );
    expect([...out]).toEqual([10, 12, 8, 10, 4, 6]);
  });

  it('takes zeros for missing where it is told', () => {
    const trees = treesOf({ feature: 0, threshold: 1, missingLeft: false, left: { value: 1 }, right: { value: 2 } });
    const rows = dense([[0, 0, 0, 0], [1e-40, 0, 0, 0], [0.5, 0, 0, 0]]); // biome-ignore format: rows
    expect([
      ...treeScorer(trees, D, { reading: { zeroMissing: [0] } })
        .sums(rows, 3, [0])
        .subarray(0, 3),
    ]).toEqual([2, 2, 1]);
    expect([...treeScorer(trees, D).sums(rows, 3, [0]).subarray(0, 3)]).toEqual([1, 1, 1]);
  });

  it('rounds categories towards zero and counts unknown ones as one, where it is told', () => {
    const trees = treesOf({ feature: 0, categories: [1, 3], words: 1, missingLeft: false, left: { value: 1 }, right: { value: 2 } });
    const values = [1, 1.9, 0, -0.5, 2, 3, 4, -1, -7.5, 1e300, Number.POSITIVE_INFINITY, Number.NaN];
    for (const n of [values.length, 100 * values.length]) {
      const rows = dense(Array.from({ length: n }, (_, i) => [values[i % values.length], 0.5, 0, 0]));
      const sums = treeScorer(trees, D, { reading: { otherCategory: [3, 0, 0, 0] } }).sums(rows, n, [0]);
      expect([...sums.subarray(n - values.length, n)]).toEqual([1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 2]);
    }
  });

  it('reads every form of vectors alike', () => {
    fc.assert(
      fc.property(forest, fc.array(fc.tuple(featureValue, fc.nat({ max: 2 }), featureValue), { minLength: 1, maxLength: 40 }), (roots, values) => {
        const rows = values.map(([a, code, c]) => [a, code === 0 ? 1 : 0, code === 1 ? 1 : 0, c]);
        const parts: VectorColumn = {
          kind: 'vectors',
          size: D,
          valid: null,
          parts: [
            { kind: 'numbers', size: 1, values: Float64Array.from(values, ([a]) => a) },
            { kind: 'codes', size: 2, codes: Uint8Array.from(values, ([, code]) => code), table: null },
            sparse(values.map(([, , c]) => c)),
          ],
        };
        const scorer = treeScorer(treesOf(...roots), D);
        const expected = scorer.sums(dense(rows), rows.length, [0]).slice(0, rows.length);
        expect(scorer.sums(parts, rows.length, [0]).slice(0, rows.length)).toEqual(expected);
      }),
    );
  });

  it('gives the same bits for many rows as for each alone, whatever the form of the vectors', () => {
    fc.assert(
      fc.property(
        forest,
        fc.array(fc.tuple(featureValue, fc.nat({ max: 2 }), featureValue), { minLength: 64, maxLength: 300 }),
        fc.boolean(),
        (roots, values, zeros) => {
          const trees = treesOf(...roots);
          const options = { reading: zeros ? { zeroMissing: [0, 1, 3], otherCategory: [0, 2, 33, 0] } : {} };
          const rows = values.map(([a, code, c]) => [a, code === 0 ? 1.5 : 0, code === 1 ? 40 : 0, c]);
          const parts: VectorColumn = {
            kind: 'vectors',
            size: D,
            valid: null,
            parts: [
              { kind: 'numbers', size: 1, values: Float64Array.from(values, ([a]) => a) },
              { kind: 'codes', size: 2, codes: Uint8Array.from(values, ([, code]) => code), table: Float64Array.of(1.5, 40) },
              sparse(values.map(([, , c]) => c)),
            ],
          };
          const alone = treeScorer(trees, D, options);
          const many = treeScorer(trees, D, options);
          const one = { sums: [] as number[], leaves: [] as number[] };
          for (const row of rows) {
            one.sums.push(...alone.sums(dense([row]), 1, [0.1, 0.2]).slice(0, 2));
            one.leaves.push(...alone.leaves(dense([row]), 1).slice(0, roots.length));
          }
          for (const form of [dense(rows), parts]) {
            expect([...many.sums(form, rows.length, [0.1, 0.2]).subarray(0, 2 * rows.length)]).toEqual(one.sums);
            expect([...many.leaves(form, rows.length).subarray(0, rows.length * roots.length)]).toEqual(one.leaves);
          }
        },
      ),
    );
  });

  it('gives the same bits in trees of any depth, missing values beside infinite thresholds, and many sets of categories', () => {
    const chain = (leaves: number): Node =>
      leaves === 1
        ? { value: 1 / 3 }
        : { feature: leaves % 3, threshold: Math.sin(leaves), missingLeft: leaves % 2 === 0, left: { value: 1 / leaves }, right: chain(leaves - 1) };
    const bush = (depth: number, at: number): Node =>
      depth === 0
        ? { value: Math.sin(at) }
        : { feature: at % 4, threshold: Math.cos(at), missingLeft: at % 3 === 0, left: bush(depth - 1, 2 * at), right: bush(depth - 1, 2 * at + 1) };
    const infinite = (missingLeft: boolean): Node => ({
      feature: 1,
      threshold: Number.POSITIVE_INFINITY,
      missingLeft,
      left: chain(9),
      right: bush(2, 5),
    });
    const sets = (count: number): Node =>
      count === 0
        ? { value: 0.1 }
        : {
            feature: 0,
            categories: [count % 64, (7 * count) % 64, (count * count) % 64],
            words: 2,
            left: { value: 1 / count },
            right: sets(count - 1),
          };
    const cases = [
      [chain(33), bush(5, 1)],
      [chain(43)],
      [bush(6, 1)],
      [chain(1), chain(2)],
      [infinite(true), infinite(false)],
      [sets(30)],
      Array.from({ length: 9 }, (_, t) => sets(30 + t)),
    ];
    for (const roots of cases) {
      for (let i = 0; i < 300; i++) {
        const x = [
          i % 3 === 0 ? i % 70 : Math.sin(i),
          i % 5 === 0 ? Number.NaN : Math.cos(i),
          Math.sin(3 * i),
          i % 7 === 0 ? Number.NaN : Math.cos(7 * i),
        ];
        expect(treeScorer(treesOf(...roots), D).sums(dense([x]), 1, [0])[0]).toBe(roots.reduce((sum, root) => sum + evaluate(root, x), 0));
      }
    }
  });

  it('gives the same bits for many rows in large trees, with more thresholds than codes, and with many categories', () => {
    const grow = (depth: number, at: number): Node =>
      depth === 0
        ? { value: Math.sin(at) }
        : {
            feature: depth === 5 ? 3 : at % 3,
            ...(depth === 5 ? { categories: [at % 250, (7 * at) % 250], words: 8 } : { threshold: Math.sin(7 * at) }),
            missingLeft: at % 2 === 0,
            left: grow(depth - 1, 2 * at),
            right: grow(depth - 1, 2 * at + 1),
          };
    const rows = Array.from({ length: 3000 }, (_, i) => [Math.sin(i), i % 7 === 0 ? Number.NaN : Math.cos(3 * i), Math.sin(i * i), i % 260]);
    for (const roots of [
      [grow(10, 1), grow(4, 3)],
      [grow(7, 1), grow(7, 2), { value: 3 }],
      [{ feature: 3, categories: [300], words: 10, left: { value: 1 }, right: { value: 2 } }],
    ]) {
      const trees = treesOf(...roots);
      const many = treeScorer(trees, D).sums(dense(rows), rows.length, [0]);
      rows.forEach((row, i) => {
        expect(many[i]).toBe(roots.reduce((sum, root) => sum + evaluate(root, row), 0));
      });
    }
  });
});
