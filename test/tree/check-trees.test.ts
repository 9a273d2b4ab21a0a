import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MlError } from '#dist/error.js';
import { checkTrees } from '#dist/tree/check-trees.js';
import type { Trees } from '#dist/tree/trees.js';
import { arbitraryTree, type Node, treesOf } from './arbitrary-trees.ts';

const leaf = (value: number): Node => ({ value });
const tree = treesOf(
  { feature: 0, threshold: 1, left: leaf(1), right: { feature: 1, categories: [1, 3], left: leaf(2), right: leaf(3) } },
  { feature: 0, threshold: 2, left: leaf(4), right: leaf(5) },
);
const copy = (): Trees => structuredClone(tree);

function problem(trees: Trees): string {
  try {
    checkTrees('Model', trees, 2);
  } catch (error) {
    expect(error).toBeInstanceOf(MlError);
    expect((error as MlError).code).toBe('MODEL_FORMAT');
    return (error as MlError).message;
  }
  return '';
}

describe('trees are checked', () => {
  it('and pass when they are sound', () => {
    fc.assert(
      fc.property(fc.array(arbitraryTree(2), { maxLength: 5 }), (roots) => {
        expect(problem(treesOf(...roots))).toBe('');
      }),
    );
  });

  it.each<[string, (trees: Trees) => void, RegExp]>([
    ['a child that is its parent', (t) => (t.left[0] = 0), /children of node 0 must stand in preorder/],
    ['a cycle', (t) => (t.right[2] = 0), /children of node 2 must stand in preorder/],
    ['a child of another tree', (t) => (t.right[0] = 6), /children of node 0/],
    ['a child out of range', (t) => (t.right[2] = 1e9), /children of node 2/],
    ['a negative child', (t) => (t.right[2] = -7), /children of node 2/],
    ['a right child that is the left one', (t) => (t.right[0] = 1), /children of node 0/],
    ['a right child too far', (t) => (t.right[0] = 3), /children of node/],
    ['a leaf with children', (t) => (t.left[1] = 2), /leaf 1 must have no children/],
    ['two trees in one', (t) => ((t as { starts: Int32Array }).starts = Int32Array.of(0, 8)), /node 5 must belong to tree 0/],
    ['a tree without nodes', (t) => ((t as { starts: Int32Array }).starts = Int32Array.of(0, 5, 5, 8)), /tree 1 must have a node/],
    ['more nodes declared than there are', (t) => (t.starts[2] = 1_000_000_000), /must cover the 8 nodes/],
    ['starts that fall', (t) => ((t as { starts: Int32Array }).starts = Int32Array.of(0, 9, 8)), /tree 1 must have a node/],
    ['a feature that the model lacks', (t) => (t.feature[0] = 2), /splits feature 2/],
    ['a negative feature', (t) => (t.feature[0] = -2), /splits feature -2/],
    ['a threshold that is NaN', (t) => (t.threshold[0] = Number.NaN), /node 0 must have a threshold/],
    ['a value that is NaN', (t) => (t.value[1] = Number.NaN), /node 1 must have a finite value/],
    ['an infinite value', (t) => (t.value[1] = Number.POSITIVE_INFINITY), /node 1 must have a finite value/],
    ['a gain that is NaN', (t) => (t.gain[0] = Number.NaN), /node 0 must have a gain/],
    ['categories beyond the words', (t) => (t.categoryStarts[8] = 9), /must begin with 0 and end with/],
    ['categories that fall', (t) => (t.categoryStarts[3] = 9), /must not begin after their end/],
    [
      'arrays of other lengths',
      (t) => ((t as { value: Float64Array }).value = new Float64Array(3)),
      /value must have one entry for each of the 8 nodes/,
    ],
  ])('and refused: %s', (_, damage, message) => {
    const trees = copy();
    damage(trees);
    expect(problem(trees)).toMatch(message);
  });

  it('without recursion, and not below 4096 levels', () => {
    const chain = (levels: number): Trees => {
      const nodes = 2 * levels + 1;
      const inner = (i: number) => i < nodes - 1 && i % 2 === 0;
      return {
        starts: Int32Array.of(0, nodes),
        feature: Int32Array.from({ length: nodes }, (_, i) => (inner(i) ? 0 : -1)),
        threshold: new Float64Array(nodes),
        left: Int32Array.from({ length: nodes }, (_, i) => (inner(i) ? i + 1 : -1)),
        right: Int32Array.from({ length: nodes }, (_, i) => (inner(i) ? i + 2 : -1)),
        missingLeft: new Uint8Array(nodes),
        categoryStarts: new Int32Array(nodes + 1),
        categories: new Uint32Array(0),
        value: new Float64Array(nodes),
        gain: new Float64Array(nodes),
        cover: new Float64Array(nodes),
      };
    };
    expect(problem(chain(4096))).toBe('');
    expect(problem(chain(1_000_000))).toMatch(/at most 4096 levels/);
  });
});
