import { MlError, show } from '../error.ts';
import { checkOptionNames } from '../param/options.ts';
import { isRecord } from '../param/record.ts';
import { toExpression, type Value } from './column.ts';
import { checkNames } from './plan-arguments.ts';

export type FillValue = number | bigint | string | boolean;

/** The columns meant: by name, by names, or as an option. */
export type Subset = string | readonly string[] | { readonly subset?: string | readonly string[] | undefined };

/** The names of a subset; null when there is none, and all columns are meant. */
export function subsetOf(owner: string, subset: Subset | undefined): string[] | null {
  if (typeof subset === 'string' || Array.isArray(subset)) return checkNames(owner, [subset].flat() as string[]);
  if (subset === undefined) return null;
  checkOptionNames(owner, subset, ['subset']);
  return subsetOf(owner, (subset as { subset?: string | readonly string[] }).subset);
}

/** What `fillna` was given, as (column or all, value) pairs. */
export function fillPlan(
  value: FillValue | Readonly<Record<string, FillValue>>,
  subset: readonly string[] | null,
): { column: string | null; value: unknown }[] {
  const check = (v: unknown) => {
    if (['number', 'bigint', 'string', 'boolean'].includes(typeof v)) return v;
    throw new MlError('VALUE_INVALID', `fillna: value must be a number, bigint, string or boolean, got ${show(v)}`, { value: v });
  };
  if (isRecord(value)) {
    return Object.entries(value).map(([column, v]) => ({ column, value: check(v) }));
  }
  if (subset === null) return [{ column: null, value: check(value) }];
  return subset.map((column) => ({ column, value: check(value) }));
}

/** What `replace` was given, as pairs. */
export function replacePairs(
  from: Value | readonly Value[] | ReadonlyMap<Value, Value>,
  to: Value | readonly Value[] | undefined,
): { from: unknown; to: unknown }[] {
  if (from instanceof Map) return [...(from as ReadonlyMap<Value, Value>)].map(([a, b]) => valuePair(a, b));
  if (to === undefined) throw new MlError('VALUE_INVALID', 'replace: needs a value to put in place, or a Map of pairs');
  const sources = (Array.isArray(from) ? from : [from]) as Value[];
  if (!Array.isArray(to)) return sources.map((a) => valuePair(a, to));
  if (to.length !== sources.length) {
    throw new MlError('VALUE_INVALID', `replace: both lists must have the same length, got ${sources.length} and ${to.length}`);
  }
  return sources.map((a, i) => valuePair(a, to[i]));
}

function valuePair(from: Value, to: Value): { from: unknown; to: unknown } {
  for (const value of [from, to]) toExpression(value);
  return { from, to };
}
