import { sideBounds } from './split.ts';
import type { GrownNode } from './tree-list.ts';

/**
 * Draws leaf values that were set after the splits were chosen into bounds under which the tree keeps its monotone constraints (-1, 0 or 1 a
 * feature). As while it grows, no side of a split on a constrained feature may cross the middle of both, which is here that of their leaves' means,
 * weighted by cover.
 */
export function boundLeaves(root: GrownNode, monotone: readonly number[]): void {
  const means = new Map<GrownNode, number>();
  const meanOf = (node: GrownNode): number => {
    let mean = node.value;
    if (node.split) {
      const { left, right } = node.split;
      const [a, b] = [meanOf(left), meanOf(right)];
      mean = node.cover > 0 ? (left.cover * a + right.cover * b) / (left.cover + right.cover) : (a + b) / 2;
    }
    means.set(node, mean);
    return mean;
  };
  meanOf(root);
  const draw = (node: GrownNode, low: number, high: number): void => {
    const within = (value: number) => Math.min(Math.max(value, low), high);
    if (!node.split) {
      node.value = within(node.value);
      return;
    }
    const { feature, left, right } = node.split;
    const sideOf = (side: GrownNode) => ({ value: within(means.get(side) as number) });
    const bounds = sideBounds({ left: sideOf(left), right: sideOf(right) }, monotone[feature], { low, high });
    draw(left, ...bounds.left);
    draw(right, ...bounds.right);
  };
  draw(root, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
}
