import { show } from '../error.ts';

/** Labels and weights beyond this have squares that can no longer be summed. */
export const MOST = 1e100;

/** What a column of weights of which `heaviest` is the largest must have but lacks; null when it may be trained with: squares of sums of weights must be numbers, and not 0. */
export function weightFault(heaviest: number): string | null {
  if (heaviest >= 1 / MOST && heaviest <= MOST) return null;
  return `largest weight in [${1 / MOST}, ${MOST}], it is ${show(heaviest)}; divide all weights by it`;
}
