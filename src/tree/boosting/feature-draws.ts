import { Random } from '../../random.ts';

/** A share of the features (one at least), in their order, drawn by `seed`. */
export function drawn(features: readonly number[], fraction: number, seed: number): readonly number[] {
  const random = new Random(seed);
  const all = [...features];
  const count = Math.min(all.length, Math.max(1, Math.round(fraction * all.length)));
  for (let i = 0; i < count; i++) {
    const other = i + random.nextInt(all.length - i);
    [all[i], all[other]] = [all[other], all[i]];
  }
  return all.slice(0, count).sort((a, b) => a - b);
}

export function everyFeature(features: number): number[] {
  return Array.from({ length: features }, (_, j) => j);
}
