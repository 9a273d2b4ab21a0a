import type { Session } from '#dist/engine/session.js';
import type { Frame } from '#dist/frame/frame.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { Random } from '#dist/random.js';

/** Rows of d features and a label; further columns go along. */
export interface Example {
  readonly x: readonly number[];
  readonly label: number;
  readonly [column: string]: unknown;
}

export const names = (d: number) => Array.from({ length: d }, (_, j) => `f${j}`);

/** `categories[j]` > 0 makes feature j nominal. `more` are the types of further columns. */
export function frameOf(
  session: Session,
  rows: readonly Example[],
  { categories = [], more = {}, partitions }: { categories?: readonly number[]; more?: Record<string, string>; partitions?: number } = {},
): Frame {
  const d = rows[0].x.length;
  const numeric = names(d).flatMap((name, idx) => (categories[idx] ? [] : [{ idx, name }]));
  const nominal = names(d).flatMap((name, idx) => (categories[idx] ? [{ idx, name, num_vals: categories[idx] }] : []));
  const attrs = { ...(numeric.length > 0 && { numeric }), ...(nominal.length > 0 && { nominal }) };
  const schema = { features: { type: 'vector', attributes: { num_attrs: d, attrs } }, label: 'double', ...more };
  const values = rows.map(({ x, ...rest }) => ({ features: Vectors.dense([...x]), ...rest }));
  return session.createFrame(values, schema as never, { partitions });
}

/** n rows of d uniform features and a label made of them (with some noise). */
export function examples(n: number, d: number, seed: number, label: (x: readonly number[], noise: number) => number): Example[] {
  const random = new Random(seed);
  return Array.from({ length: n }, () => {
    const x = Array.from({ length: d }, () => Math.round(100 * random.next()) / 100);
    return { x, label: label(x, random.nextGaussian()) };
  });
}
