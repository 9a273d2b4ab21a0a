import { MlError, show } from '../error.ts';

/** `value`, which must be a whole number of at least `least`. */
export function wholeNumber(owner: string, param: string, value: number, least = 0): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new MlError('PARAM_INVALID', `${owner}: ${param} must be a whole number >= ${least}, got ${show(value)}`, { param, value });
}

/** `value`, which must be an object, such as options or something by name. */
export function object<T extends object>(owner: string, param: string, value: T): T {
  if (typeof value === 'object' && value !== null) return value;
  throw new MlError('PARAM_INVALID', `${owner}: ${param} must be an object, got ${show(value)}`, { param, value });
}

/** `value`, which must be a list. */
export function list<T extends readonly unknown[]>(owner: string, param: string, value: T): T {
  if (Array.isArray(value)) return value;
  throw new MlError('PARAM_INVALID', `${owner}: ${param} must be an array, got ${show(value)}`, { param, value });
}

/** `value`, which must be a function. */
export function callable<T>(owner: string, param: string, value: T): T {
  if (typeof value === 'function') return value;
  throw new MlError('PARAM_INVALID', `${owner}: ${param} must be a function, got ${show(value)}`, { param, value });
}

/** Where a module of the user's lies: a URL, or a path. */
export function moduleName(owner: string, url: string | URL): string {
  if ((typeof url === 'string' && url !== '') || url instanceof URL) return String(url);
  throw new MlError('PARAM_INVALID', `${owner}: a module must be named by its URL or path, got ${show(url)}`, { param: 'url', value: url });
}

/** The pairs of a list of pairs, of a Map, or of an object by name. */
export function pairs<V>(
  owner: string,
  param: string,
  value: ReadonlyMap<unknown, V> | Readonly<Record<string, V>> | readonly (readonly [string, V])[],
): (readonly [string, V])[] {
  const entries = value instanceof Map || Array.isArray(value) ? [...value] : Object.entries(object(owner, param, value));
  for (const entry of entries) {
    if (!Array.isArray(entry) || entry.length !== 2) {
      throw new MlError('PARAM_INVALID', `${owner}: ${param} must be pairs of a name and a value, got ${show(entry)}`, { param, value: entry });
    }
  }
  return entries as (readonly [string, V])[];
}

/** `value`, which must lie in [0, 1]. */
export function fraction(owner: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new MlError('PARAM_INVALID', `${owner}: a fraction must lie in [0, 1], got ${show(value)}`, { value });
}

export function seedOf(owner: string, seed: number | bigint): bigint {
  if (typeof seed === 'bigint' && BigInt.asIntN(64, seed) === seed) return seed;
  if (Number.isSafeInteger(seed)) return BigInt(seed);
  throw new MlError('PARAM_INVALID', `${owner}: seed must be a whole number of 64 bits, got ${show(seed)}`, { param: 'seed', value: seed });
}

export function checkNames(owner: string, names: readonly string[]): string[] {
  for (const name of list(owner, 'names', names)) {
    if (typeof name !== 'string') throw new MlError('PARAM_INVALID', `${owner}: names must be strings, got ${show(name)}`, { value: name });
  }
  return [...names];
}

/** Adjoining ranges [lower, upper) that fill [0, 1), as long as the weights say. */
export function splitBounds(weights: readonly number[]): [number, number][] {
  if (list('randomSplit', 'weights', weights).length === 0)
    throw new MlError('PARAM_INVALID', 'randomSplit: needs at least one weight', { param: 'weights' });
  const bad = weights.find((w) => !(typeof w === 'number' && w >= 0 && w < Number.POSITIVE_INFINITY));
  const total = weights.reduce((sum, w) => sum + w, 0);
  if (bad !== undefined || !(total > 0 && total < Number.POSITIVE_INFINITY)) {
    throw new MlError('PARAM_INVALID', `randomSplit: weights must be >= 0 with a sum > 0, got ${show(weights)}`, {
      param: 'weights',
      value: weights,
    });
  }
  let sum = 0;
  const ends = weights.map((w) => (sum += w) / total);
  ends[ends.length - 1] = 1;
  return ends.map((end, i) => [i === 0 ? 0 : ends[i - 1], end]);
}

export type SampleArguments =
  | [fraction: number, seed?: number | bigint]
  | [withReplacement: boolean, fraction: number, seed?: number | bigint]
  | [options: { withReplacement?: boolean; fraction: number; seed?: number | bigint }];

/** More draws a row than this are no sample. */
const MOST_DRAWS = 100;

/** The step that `sample` asks for, but for its input. */
export function sampleStep(
  args: SampleArguments,
): { op: 'sample'; lower: number; upper: number; seed: bigint } | { op: 'resample'; fraction: number; seed: bigint } {
  const { withReplacement = false, fraction: share, seed = 0 } = named(args);
  if (typeof withReplacement !== 'boolean') {
    throw new MlError('PARAM_INVALID', `sample: withReplacement must be true or false, got ${show(withReplacement)}`, { param: 'withReplacement' });
  }
  const from = seedOf('sample', seed);
  if (!withReplacement) return { op: 'sample', lower: 0, upper: fraction('sample', share), seed: from };
  if (!(typeof share === 'number' && share >= 0 && share <= MOST_DRAWS)) {
    throw new MlError('PARAM_INVALID', `sample: a fraction with replacement must lie in [0, ${MOST_DRAWS}], got ${show(share)}`, {
      param: 'fraction',
      value: share,
    });
  }
  return { op: 'resample', fraction: share, seed: from };
}

function named(args: SampleArguments): { withReplacement?: boolean; fraction: number; seed?: number | bigint } {
  const [first, second, third] = args;
  if (typeof first === 'object' && first !== null) return first;
  if (typeof first === 'boolean') return { withReplacement: first, fraction: second, seed: third };
  return { fraction: first, seed: second };
}
