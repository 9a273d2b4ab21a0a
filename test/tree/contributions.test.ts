import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaussLegendre, treeContributions } from '#dist/tree/contributions.js';
import { treeScorer } from '#dist/tree/scoring.js';
import type { Trees } from '#dist/tree/trees.js';
import { goesLeft } from '#dist/tree/walk.js';
import { arbitraryTree, featureValue, type Node, treesOf } from './arbitrary-trees.ts';

const D = 5;
const row = fc.array(featureValue, { minLength: D, maxLength: D });

/** v(S): the mean value of the leaves that x may reach when only the features in the bit set are known. */
function game(trees: Trees, node: number, x: Float64Array, known: number): number {
  const j = trees.feature[node];
  if (j < 0) return trees.value[node];
  const [left, right] = [trees.left[node], trees.right[node]];
  if ((known >> j) & 1) return game(trees, goesLeft(trees, node, x[j]) ? left : right, x, known);
  const [a, b] = [trees.cover[left], trees.cover[right]];
  return (a * game(trees, left, x, known) + b * game(trees, right, x, known)) / trees.cover[node];
}

/** Shapley values by their definition, over all sets of features. */
function shapley(trees: Trees, node: number, x: Float64Array): number[] {
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  const size = (set: number): number => (set === 0 ? 0 : (set & 1) + size(set >> 1));
  const values = Array.from({ length: 1 << D }, (_, set) => game(trees, node, x, set));
  return Array.from({ length: D }, (_, j) => {
    let sum = 0;
    for (let set = 0; set < 1 << D; set++) {
      if ((set >> j) & 1) continue;
      const s = size(set);
      sum += ((factorial(s) * factorial(D - s - 1)) / factorial(D)) * (values[set | (1 << j)] - values[set]);
    }
    return sum;
  });
}

const contributions = (trees: Trees, x: Float64Array, start: readonly number[]) => {
  const all = treeContributions(trees, D, start);
  const out = new Float64Array(start.length * all.size);
  all.write(x, out, 0);
  return out;
};

describe('contributions', () => {
  it('are the Shapley values of the tree', () => {
    fc.assert(
      fc.property(arbitraryTree(D), row, (root, values) => {
        const trees = treesOf(root);
        const x = Float64Array.from(values);
        const ours = contributions(trees, x, [0]);
        shapley(trees, 0, x).forEach((phi, j) => {
          expect(Math.abs(ours[j] - phi)).toBeLessThan(1e-12 * 100);
        });
        expect(Math.abs(ours[D] - game(trees, 0, x, 0))).toBeLessThan(1e-12 * 100);
      }),
      { numRuns: 300 },
    );
  });

  it('sum to the raw scores, class by class', () => {
    fc.assert(
      fc.property(fc.array(arbitraryTree(D), { maxLength: 6 }), row, fc.integer({ min: 1, max: 3 }), (roots, values, width) => {
        const trees = treesOf(...roots);
        const x = Float64Array.from(values);
        const start = Array.from({ length: width }, (_, c) => c - 0.3);
        const column = { kind: 'vectors', size: D, parts: [{ kind: 'dense', size: D, values: x }], valid: null } as const;
        const raw = treeScorer(trees, D).sums(column, 1, start);
        const ours = contributions(trees, x, start);
        for (let c = 0; c < width; c++) {
          const sum = ours.subarray(c * (D + 1), (c + 1) * (D + 1)).reduce((a, b) => a + b, 0);
          expect(Math.abs(sum - raw[c])).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keep their sum in a tree of 400 levels on few features', () => {
    let root: Node = { value: 1, cover: 1 };
    for (let level = 0; level < 400; level++) {
      root = { feature: level % D, threshold: Math.sin(level), left: { value: Math.cos(level), cover: 1 + (level % 7) }, right: root };
    }
    const trees = treesOf(root);
    for (const x of [
      [2, 2, 2, 2, 2],
      [0, 0, 0, 0, 0],
      [2, -2, 2, 0.9, 2],
    ]) {
      const ours = contributions(trees, Float64Array.from(x), [0]);
      const column = { kind: 'vectors', size: D, parts: [{ kind: 'dense', size: D, values: Float64Array.from(x) }], valid: null } as const;
      expect(Math.abs(ours.reduce((a, b) => a + b, 0) - treeScorer(trees, D).sums(column, 1, [0])[0])).toBeLessThan(1e-9);
    }
  });

  it('are finite where no training row came', () => {
    const trees = treesOf({
      feature: 0,
      threshold: 0,
      left: { value: 1, cover: 0 },
      right: { feature: 0, threshold: 5, left: { value: 2, cover: 3 }, right: { value: 9, cover: 0 } },
    });
    for (const x of [-1, 1, 6, Number.NaN]) {
      const ours = contributions(trees, Float64Array.of(x, 0, 0, 0, 0), [0]);
      expect(ours[0] + ours[D]).toBeCloseTo(x < 0 ? 1 : x === 6 || Number.isNaN(x) ? 9 : 2, 12);
    }
  });

  it('rest on points that integrate polynomials exactly', () => {
    for (const m of [1, 2, 3, 5, 8, 20, 64]) {
      const [points, weights] = gaussLegendre(m);
      for (let degree = 0; degree <= 2 * m - 1; degree++) {
        const sum = points.reduce((total, t, q) => total + weights[q] * t ** degree, 0);
        expect(Math.abs(sum - 1 / (degree + 1))).toBeLessThan(1e-14);
      }
    }
  });
});
