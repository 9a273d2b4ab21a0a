import { MlError } from '../error.ts';
import type { Trees } from './trees.ts';

/** The deepest tree that is taken; Spark's have at most 30 levels, leaf-wise ones rarely more than 100. */
export const MAX_DEPTH = 4096;

/**
 * Refuses trees that scoring could not trust, such as a damaged or hostile file declares: children that are not in preorder (so cycles, shared and
 * lost nodes), features and node numbers out of range, thresholds and values that are NaN, arrays of other lengths than the nodes. Takes time and
 * memory in proportion to the nodes. Throws MlError MODEL_FORMAT.
 */
export function checkTrees(owner: string, trees: Trees, numFeatures: number): void {
  const fail = (problem: string): never => {
    throw new MlError('MODEL_FORMAT', `${owner}: ${problem}`);
  };
  const { starts, feature, left, right, threshold, missingLeft, categoryStarts, categories, value, gain, cover } = trees;
  const nodes = feature.length;
  for (const [name, array] of Object.entries({ left, right, threshold, missingLeft, value, gain, cover })) {
    if (array.length !== nodes) fail(`${name} must have one entry for each of the ${nodes} nodes, has ${array.length}`);
  }
  checkStarts('trees', starts, nodes, fail);
  if (categoryStarts.length !== nodes + 1) fail(`categoryStarts must have ${nodes + 1} entries, has ${categoryStarts.length}`);
  for (let i = 0; i < nodes; i++) if (categoryStarts[i] > categoryStarts[i + 1]) fail(`categories of node ${i} must not begin after their end`);
  if (categoryStarts[0] !== 0 || categoryStarts[nodes] !== categories.length)
    fail('categoryStarts must begin with 0 and end with the number of words');

  for (let i = 0; i < nodes; i++) {
    const j = feature[i];
    const hasBits = categoryStarts[i + 1] > categoryStarts[i];
    if (!Number.isFinite(value[i])) fail(`node ${i} must have a finite value, has ${value[i]}`);
    if (Number.isNaN(gain[i])) fail(`node ${i} must have a gain, has NaN`);
    if (Number.isNaN(cover[i])) fail(`node ${i} must have a cover, has NaN`);
    if (missingLeft[i] > 1) fail(`missingLeft of node ${i} must be 0 or 1, is ${missingLeft[i]}`);
    if (j === -1) {
      if (left[i] !== -1 || right[i] !== -1 || hasBits) fail(`leaf ${i} must have no children and no categories`);
    } else {
      if (j < 0 || j >= numFeatures) fail(`node ${i} must split one of the ${numFeatures} features, splits feature ${j}`);
      if (!hasBits && Number.isNaN(threshold[i])) fail(`node ${i} must have a threshold or categories, has NaN`);
    }
  }
  for (let t = 0; t < starts.length - 1; t++) checkPreorder(trees, t, fail);
}

function checkStarts(what: string, starts: Int32Array, end: number, fail: (problem: string) => never): void {
  if (starts.length === 0 || starts[0] !== 0 || starts[starts.length - 1] !== end) fail(`${what} must cover the ${end} nodes`);
  for (let t = 1; t < starts.length; t++) if (starts[t] <= starts[t - 1]) fail(`tree ${t - 1} must have a node`);
}

/** Walks tree `t` as preorder demands: the left child follows its parent, the right one follows the left subtree, and nothing is left over. */
function checkPreorder({ starts, feature, left, right }: Trees, t: number, fail: (problem: string) => never): void {
  const end = starts[t + 1];
  // Nodes whose right child is still to come, and how deep each lies.
  const open: number[] = [];
  const depths: number[] = [];
  for (let i = starts[t], depth = 0; i < end; i++) {
    if (i > starts[t]) {
      const parent = open.at(-1) ?? fail(`node ${i} must belong to tree ${t}, which is complete before it`);
      depth = depths[depths.length - 1] + 1;
      if (right[parent] === i) {
        open.pop();
        depths.pop();
      } else if (i !== parent + 1) fail(preorderProblem(parent));
    }
    if (depth > MAX_DEPTH) fail(`tree ${t} must be at most ${MAX_DEPTH} levels deep`);
    if (feature[i] < 0) continue;
    if (left[i] !== i + 1 || right[i] <= i + 1 || right[i] >= end) fail(preorderProblem(i));
    open.push(i);
    depths.push(depth);
  }
  if (open.length > 0) fail(preorderProblem(open[open.length - 1]));

  function preorderProblem(i: number): string {
    return `children of node ${i} must stand in preorder within their tree, are ${left[i]} and ${right[i]}`;
  }
}
