import { MlError, show } from '../../error.ts';
import { type Column, type ColumnOrName, type ColumnOrValue, nameToExpression, toExpression } from '../column.ts';
import { lambda, numberOf, of, unary } from './of.ts';

/** An array of these columns’ values. */
export function array(...columns: ColumnOrName[]): Column {
  return of('array', ...columns.map(nameToExpression));
}

/** Number of items of an array or a map. */
export const size = unary('size');

/** Number of items; null for null. */
export const arraySize = unary('array_size');

/** Whether the array holds the value; null where that is not known. */
export function arrayContains(x: ColumnOrName, value: ColumnOrValue): Column {
  return of('array_contains', nameToExpression(x), toExpression(value));
}

/** Position from 1; 0 when it is not there. */
export function arrayPosition(x: ColumnOrName, value: ColumnOrValue): Column {
  return of('array_position', nameToExpression(x), toExpression(value));
}

/** Without the items equal to the value. */
export function arrayRemove(x: ColumnOrName, value: ColumnOrValue): Column {
  return of('array_remove', nameToExpression(x), toExpression(value));
}

/** With the value at the end. */
export function arrayAppend(x: ColumnOrName, value: ColumnOrValue): Column {
  return of('array_append', nameToExpression(x), toExpression(value));
}

/** With the value at the front. */
export function arrayPrepend(x: ColumnOrName, value: ColumnOrValue): Column {
  return of('array_prepend', nameToExpression(x), toExpression(value));
}

/** Without nulls. */
export const arrayCompact = unary('array_compact');

/** Each different item once. */
export const arrayDistinct = unary('array_distinct');

/** The different items of both. */
export function arrayUnion(x: ColumnOrName, y: ColumnOrName): Column {
  return of('array_union', nameToExpression(x), nameToExpression(y));
}

/** The different items that both have. */
export function arrayIntersect(x: ColumnOrName, y: ColumnOrName): Column {
  return of('array_intersect', nameToExpression(x), nameToExpression(y));
}

/** The different items that the second lacks. */
export function arrayExcept(x: ColumnOrName, y: ColumnOrName): Column {
  return of('array_except', nameToExpression(x), nameToExpression(y));
}

/** Whether both have an item in common. */
export function arraysOverlap(x: ColumnOrName, y: ColumnOrName): Column {
  return of('arrays_overlap', nameToExpression(x), nameToExpression(y));
}

/** Items as one text; nulls are left out, or print as `missing`. */
export function arrayJoin(x: ColumnOrName, separator: ColumnOrValue, missing?: ColumnOrValue): Column {
  return of('array_join', nameToExpression(x), toExpression(separator), ...(missing === undefined ? [] : [toExpression(missing)]));
}

/** The greatest item, nulls skipped. */
export const arrayMax = unary('array_max');

/** The least item, nulls skipped. */
export const arrayMin = unary('array_min');

/** Ascending with nulls last, or in the order of `compare`: below 0 where its first item comes first, above 0 where its second does. */
export function arraySort(x: ColumnOrName, compare?: (x: Column, y: Column) => ColumnOrValue): Column {
  return of('array_sort', nameToExpression(x), ...(compare === undefined ? [] : [lambda(compare, ['x', 'y'])]));
}

/** Sorted; nulls are the least. */
export function sortArray(x: ColumnOrName, ascending?: boolean): Column {
  return of('sort_array', nameToExpression(x), ...(ascending === undefined ? [] : [toExpression(ascending)]));
}

/** The value so many times. */
export function arrayRepeat(x: ColumnOrValue, count: ColumnOrValue): Column {
  return of('array_repeat', toExpression(x), numberOf(count));
}

export function slice(x: ColumnOrName, start: ColumnOrValue, length: ColumnOrValue): Column {
  return of('slice', nameToExpression(x), numberOf(start), numberOf(length));
}

/** The items of all arrays in the array. */
export const flatten = unary('flatten');

export function sequence(start: ColumnOrValue, stop: ColumnOrValue, step?: ColumnOrValue): Column {
  return of('sequence', numberOf(start), numberOf(stop), ...(step === undefined ? [] : [numberOf(step)]));
}

/** An array’s item from 1 (from the end when negative), or the value of a map’s key. */
export function elementAt(x: ColumnOrName, key: ColumnOrValue): Column {
  return of('element_at', nameToExpression(x), toExpression(key));
}

/** As `elementAt`, but null out of range. */
export function tryElementAt(x: ColumnOrName, key: ColumnOrValue): Column {
  return of('try_element_at', nameToExpression(x), toExpression(key));
}

/** An array’s item from 0; null out of range. */
export function get(x: ColumnOrName, index: ColumnOrValue): Column {
  return of('get', nameToExpression(x), numberOf(index));
}

/** One row an item, or an entry of a map as columns `key` and `value`; none for what is empty or null. `alias` takes a list of names. */
export const explode = unary('explode');

/** As {@link explode}; a row of nulls for what is empty or null. */
export const explodeOuter = unary('explode_outer');

/** One row an item, as columns `pos` (from 0) and `col`; of a map `pos`, `key` and `value`. */
export const posexplode = unary('posexplode');

/** As {@link posexplode}; a row of nulls for an empty array or null. */
export const posexplodeOuter = unary('posexplode_outer');

/** One row for each struct of an array, its fields as columns. */
export const inline = unary('inline');

/** As {@link inline}; a row of nulls for an empty array or null. */
export const inlineOuter = unary('inline_outer');

/** `rows` rows of these values in turn, as columns `col0`, `col1` …: `stack(2, lit(1), lit('a'), lit(2), lit('b'))`. */
export function stack(rows: ColumnOrValue, ...values: ColumnOrName[]): Column {
  return of('stack', toExpression(rows), ...values.map(nameToExpression));
}

/** A map of keys and values in turn. */
export function createMap(...keysAndValues: ColumnOrName[]): Column {
  return of('map', ...keysAndValues.map(nameToExpression));
}

/** A map of an array of keys and one of values. */
export function mapFromArrays(keys: ColumnOrName, values: ColumnOrName): Column {
  return of('map_from_arrays', nameToExpression(keys), nameToExpression(values));
}

/** The keys as an array. */
export const mapKeys = unary('map_keys');

/** The values as an array. */
export const mapValues = unary('map_values');

/** Whether the map has the key. */
export function mapContainsKey(x: ColumnOrName, key: ColumnOrValue): Column {
  return of('map_contains_key', nameToExpression(x), toExpression(key));
}

/** The columns as fields of one struct. */
export function struct(...columns: ColumnOrName[]): Column {
  return of('struct', ...columns.map(nameToExpression));
}

/** A vector column as `array<double>`, or as `array<float>` with `float32`. */
export function vectorToArray(x: ColumnOrName, dtype: 'float64' | 'float32' = 'float64'): Column {
  if (dtype !== 'float64' && dtype !== 'float32') {
    throw new MlError('EXPRESSION_INVALID', `vectorToArray: dtype must be float64 or float32, got ${show(dtype)}`, { value: dtype });
  }
  const doubles = of('vector_to_array', nameToExpression(x));
  return dtype === 'float32' ? doubles.cast('array<float>') : doubles;
}

/** An array of numbers as a dense vector. */
export const arrayToVector = unary('array_to_vector');

type OfItem = (item: Column) => ColumnOrValue;

/** `step` applied to each item (and its index, from 0). */
export function transform(x: ColumnOrName, step: (item: Column, index: Column) => ColumnOrValue): Column {
  return of('transform', nameToExpression(x), lambda(step, step?.length > 1 ? ['x', 'i'] : ['x']));
}

/** The items for which `test` holds. */
export function filter(x: ColumnOrName, test: (item: Column, index: Column) => ColumnOrValue): Column {
  return of('filter', nameToExpression(x), lambda(test, test?.length > 1 ? ['x', 'i'] : ['x']));
}

/** Whether the condition holds for an item. */
export function exists(x: ColumnOrName, test: OfItem): Column {
  return of('exists', nameToExpression(x), lambda(test, ['x']));
}

/** Whether the condition holds for all items. */
export function forall(x: ColumnOrName, test: OfItem): Column {
  return of('forall', nameToExpression(x), lambda(test, ['x']));
}

/** Folds an array from the left: `aggregate('xs', lit(0), (sum, x) => sum.plus(x))`. */
export function aggregate(
  x: ColumnOrName,
  initial: ColumnOrValue,
  merge: (sum: Column, item: Column) => ColumnOrValue,
  finish?: (sum: Column) => ColumnOrValue,
): Column {
  return of('aggregate', nameToExpression(x), toExpression(initial), lambda(merge, ['acc', 'x']), ...(finish ? [lambda(finish, ['acc'])] : []));
}

/** As {@link aggregate}. */
export const reduce: typeof aggregate = aggregate;

/** `step` applied to the items of both arrays in pairs; the shorter one goes on with nulls. */
export function zipWith(x: ColumnOrName, y: ColumnOrName, step: (x: Column, y: Column) => ColumnOrValue): Column {
  return of('zip_with', nameToExpression(x), nameToExpression(y), lambda(step, ['x', 'y']));
}

/** Each key of either map with what `step` gives of it and both values; a value that is not there is null. */
export function mapZipWith(x: ColumnOrName, y: ColumnOrName, step: (key: Column, x: Column, y: Column) => ColumnOrValue): Column {
  return of('map_zip_with', nameToExpression(x), nameToExpression(y), lambda(step, ['k', 'x', 'y']));
}

type OfEntry = (key: Column, value: Column) => ColumnOrValue;

/** The map with other keys. */
export function transformKeys(x: ColumnOrName, step: OfEntry): Column {
  return of('transform_keys', nameToExpression(x), lambda(step, ['k', 'v']));
}

/** The map with other values. */
export function transformValues(x: ColumnOrName, step: OfEntry): Column {
  return of('transform_values', nameToExpression(x), lambda(step, ['k', 'v']));
}

/** The entries for which `test` holds. */
export function mapFilter(x: ColumnOrName, test: OfEntry): Column {
  return of('map_filter', nameToExpression(x), lambda(test, ['k', 'v']));
}

/** As {@link size}. */
export const cardinality = unary('cardinality');

/** The array with an item at a position, from 1; negative ones count from the end. Nulls fill what lies between. */
export function arrayInsert(x: ColumnOrName, at: ColumnOrValue, value: ColumnOrValue): Column {
  return of('array_insert', nameToExpression(x), toExpression(at), toExpression(value));
}

/** The items of several arrays as structs, in the order of the arrays; shorter ones go on with nulls. */
export function arraysZip(...columns: ColumnOrName[]): Column {
  return of('arrays_zip', ...columns.map(nameToExpression));
}

/** Names and values in turn as a struct. */
export function namedStruct(...namesAndValues: ColumnOrName[]): Column {
  return of('named_struct', ...namesAndValues.map(nameToExpression));
}

/** Keys and values of a map as structs. */
export const mapEntries = unary('map_entries');

/** A map of an array of structs of a key and a value. */
export const mapFromEntries = unary('map_from_entries');

/** Several maps as one; a key that stands twice is an error. */
export function mapConcat(...columns: ColumnOrName[]): Column {
  return of('map_concat', ...columns.map(nameToExpression));
}

/** A map of a text: entries end at `between` (a pattern, a comma if not given), keys at `within` (a colon). */
export function strToMap(x: ColumnOrName, between?: ColumnOrValue, within?: ColumnOrValue): Column {
  return of('str_to_map', nameToExpression(x), ...[between, within].flatMap((part) => (part === undefined ? [] : [toExpression(part)])));
}
