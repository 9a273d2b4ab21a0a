import type { DataType } from '../../../../frame/types.ts';
import { castSql } from '../cast.ts';
import { commonType, unify } from '../coerce.ts';
import { duckType } from '../duck-type.ts';
import { checkOrdered, isNested, sortedList } from '../order.ts';
import { arrayOf, BOOLEAN, failure, INT, LONG, TEXT, type Typed, typeError, VOID } from '../typed.ts';
import { asInt, asText, constant, joined, notNegative, type Rules, rule } from './rule.ts';
import { struct } from './struct.ts';

/** The element type of an array argument. */
export function element(name: string, x: Typed): DataType {
  if (x.type.kind === 'array') return x.type.element;
  throw typeError(name, 'an array', x.type);
}

/** An array and a value as lists and items of their common type. */
function compared(name: string, list: Typed, value: Typed): { list: string; value: string; type: DataType } {
  const common = commonType(element(name, list), value.type);
  if (!common) throw typeError(name, 'an array and one of its elements', list.type, value.type);
  const type = arrayOf(common);
  return { list: castSql(list, type).sql, value: castSql(value, common).sql, type };
}

/** Position of a value in a list, 0 when it is not there; null elements never match. */
const position = (list: string, value: string) => `coalesce(list_position(${list}, ${value}), 0)`;

const pick = (lenient: boolean) =>
  rule(2, 2, ([x, key], { name }) => {
    if (x.type.kind === 'map') return { sql: `map_extract_value(${x.sql}, ${castSql(key, x.type.key).sql})`, type: x.type.value, nullable: true };
    const type = element(name, x);
    const i = asInt(name, key);
    const outside = lenient ? 'NULL' : failure(`${name}: position must lie within the array, got `, i);
    const zero = failure(`${name}: position must not be 0`);
    return {
      sql: `CASE WHEN ${x.sql} IS NULL OR ${i} IS NULL THEN NULL WHEN ${i} = 0 THEN ${zero} WHEN abs(${i}) > len(${x.sql}) THEN ${outside} ELSE list_extract(${x.sql}, ${i}) END`,
      type,
      nullable: true,
    };
  });

/** The element type of an array whose items have an order. */
function ordered(name: string, x: Typed): DataType {
  const type = element(name, x);
  checkOrdered(name, type);
  return type;
}

/** The least or greatest item, nulls skipped. */
const extremeOf = (duck: 'min' | 'max') =>
  rule(1, 1, ([x], { name }) => {
    const type = ordered(name, x);
    const first = `${sortedList(x.sql, type, duck === 'max', 'LAST')}[1]`;
    return { sql: isNested(type) ? first : `list_${duck}(${x.sql})`, type, nullable: true };
  });

/** Item by a position from 0. */
const item0 = (lenient: boolean) =>
  rule(2, 2, ([x, key], { name }) => {
    if (x.type.kind === 'void') return { sql: 'NULL', type: VOID, nullable: true };
    if (x.type.kind === 'map') return { sql: `map_extract_value(${x.sql}, ${castSql(key, x.type.key).sql})`, type: x.type.value, nullable: true };
    const type = element(name, x);
    const i = asInt(name, key);
    const outside = lenient ? 'NULL' : failure('getItem: position must lie within the array, got ', i);
    return {
      sql: `CASE WHEN ${x.sql} IS NULL OR ${i} IS NULL THEN NULL WHEN ${i} < 0 OR ${i} >= len(${x.sql}) THEN ${outside} ELSE list_extract(${x.sql}, ${i} + 1) END`,
      type,
      nullable: true,
    };
  });

/** Set operations keep the first of equal elements, in order. */
const setOf = (test: ((a: string, b: string) => string) | null) =>
  rule(2, 2, (args, { name }) => {
    const { values, type } = unify(name, args);
    element(name, { ...values[0], type });
    const [a, b] = values.map((v) => v.sql);
    const kept = test ? `list_filter(${a}, lambda v_: ${test('v_', b)})` : `list_concat(${a}, ${b})`;
    return { sql: `CASE WHEN ${a} IS NOT NULL AND ${b} IS NOT NULL THEN ${firsts(kept)} END`, type };
  });

/** The list without repeats, nulls included, in order of first standing. */
function firsts(list: string): string {
  return `list_reduce(list_prepend([], list_transform(${list}, lambda u_: [u_])), lambda s_, u_: CASE WHEN u_[1] IS NULL THEN CASE WHEN len(s_) > list_count(s_) THEN s_ ELSE list_concat(s_, u_) END WHEN list_contains(s_, u_[1]) THEN s_ ELSE list_concat(s_, u_) END)`;
}

const contains = (list: string, v: string) =>
  `(CASE WHEN ${v} IS NULL THEN len(${list}) > list_count(${list}) ELSE list_contains(${list}, ${v}) END)`;

export const COLLECTION_RULES: Rules = [
  [
    'array',
    rule(0, Number.POSITIVE_INFINITY, (args) => {
      if (args.length === 0) return { sql: 'CAST([] AS INTEGER[])', type: arrayOf(VOID), nullable: false };
      const { values, type } = unify('array', args);
      return { sql: `CAST([${values.map((v) => v.sql).join(', ')}] AS ${duckType(arrayOf(type))})`, type: arrayOf(type), nullable: false };
    }),
  ],
  [
    'size cardinality',
    rule(1, 1, ([x]) => {
      if (x.type.kind === 'void') return { sql: 'CAST(NULL AS INTEGER)', type: INT };
      if (x.type.kind !== 'map') element('size', x);
      return { sql: `CAST(${x.type.kind === 'map' ? 'cardinality' : 'len'}(${x.sql}) AS INTEGER)`, type: INT };
    }),
  ],
  ['array_size', rule(1, 1, ([x]) => ({ sql: `CAST(len(${x.sql}) AS INTEGER)`, type: INT }))],
  [
    'array_contains',
    rule(2, 2, ([x, v]) => {
      const { list, value } = compared('array_contains', x, v);
      return {
        sql: `CASE WHEN ${list} IS NULL OR ${value} IS NULL THEN NULL WHEN list_contains(${list}, ${value}) THEN TRUE WHEN len(${list}) > list_count(${list}) THEN NULL ELSE FALSE END`,
        type: BOOLEAN,
        nullable: true,
      };
    }),
  ],
  [
    'array_position',
    rule(2, 2, ([x, v]) => {
      const { list, value } = compared('array_position', x, v);
      return {
        sql: `CASE WHEN ${list} IS NOT NULL AND ${value} IS NOT NULL THEN CAST(${position(list, value)} AS BIGINT) END`,
        type: LONG,
        nullable: true,
      };
    }),
  ],
  [
    'array_remove',
    rule(2, 2, ([x, v]) => {
      const { list, value, type } = compared('array_remove', x, v);
      return { sql: `CASE WHEN ${value} IS NOT NULL THEN list_filter(${list}, lambda v_: v_ IS NULL OR v_ <> ${value}) END`, type };
    }),
  ],
  [
    'array_append',
    rule(2, 2, ([x, v]) => {
      const { list, value, type } = compared('array_append', x, v);
      return { sql: `CASE WHEN ${x.sql} IS NOT NULL THEN list_append(${list}, ${value}) END`, type };
    }),
  ],
  [
    'array_prepend',
    rule(2, 2, ([x, v]) => {
      const { list, value, type } = compared('array_prepend', x, v);
      return { sql: `CASE WHEN ${x.sql} IS NOT NULL THEN list_prepend(${value}, ${list}) END`, type };
    }),
  ],
  ['array_compact', rule(1, 1, ([x]) => ({ sql: `list_filter(${x.sql}, lambda v_: v_ IS NOT NULL)`, type: x.type }))],
  ['array_distinct', rule(1, 1, ([x]) => ({ sql: `CASE WHEN ${x.sql} IS NOT NULL THEN ${firsts(x.sql)} END`, type: x.type }))],
  ['array_union', setOf(null)],
  ['array_intersect', setOf((v, other) => contains(other, v))],
  ['array_except', setOf((v, other) => `NOT ${contains(other, v)}`)],
  [
    'arrays_overlap',
    rule(2, 2, (args) => {
      const { values } = unify('arrays_overlap', args);
      const [a, b] = values.map((v) => v.sql);
      const nulls = `len(${a}) > list_count(${a}) OR len(${b}) > list_count(${b})`;
      return {
        sql: `CASE WHEN list_has_any(${a}, ${b}) THEN TRUE WHEN len(${a}) > 0 AND len(${b}) > 0 AND (${nulls}) THEN NULL WHEN ${a} IS NULL OR ${b} IS NULL THEN NULL ELSE FALSE END`,
        type: BOOLEAN,
        nullable: true,
      };
    }),
  ],
  [
    'array_join',
    rule(2, 3, ([x, separator, missing]) => {
      const texts = castSql(x, arrayOf(TEXT)).sql;
      const shown = missing
        ? `list_transform(${texts}, lambda v_: coalesce(v_, ${asText(missing)}))`
        : `list_filter(${texts}, lambda v_: v_ IS NOT NULL)`;
      return { sql: joined(shown, separator), type: TEXT };
    }),
  ],
  ['array_max', extremeOf('max')],
  ['array_min', extremeOf('min')],
  // array_sort puts nulls last; sort_array first when it ascends.
  ['array_sort', rule(1, 1, ([x]) => ({ sql: sortedList(x.sql, ordered('array_sort', x), false, 'LAST'), type: x.type }))],
  [
    'sort_array',
    rule(1, 2, ([x, ascending]) => {
      const up = ascending ? Boolean(constant('sort_array', 'direction', ascending)) : true;
      return { sql: sortedList(x.sql, ordered('sort_array', x), !up, up ? 'FIRST' : 'LAST'), type: x.type };
    }),
  ],
  [
    'slice',
    rule(3, 3, ([x, start, length]) => {
      const [s, n] = [asInt('slice', start), asInt('slice', length)];
      const from = `(CASE WHEN ${s} < 0 THEN len(${x.sql}) + ${s} + 1 ELSE ${s} END)`;
      const bad = failure('slice: start must not be 0 and length not negative');
      return {
        sql: `CASE WHEN ${x.sql} IS NULL OR ${s} IS NULL OR ${n} IS NULL THEN NULL WHEN ${s} = 0 OR ${n} < 0 THEN ${bad} WHEN ${from} < 1 THEN [] ELSE list_slice(${x.sql}, ${from}, ${from} + ${n} - 1) END`,
        type: x.type,
      };
    }),
  ],
  [
    'flatten',
    rule(1, 1, ([x]) => {
      const inner = element('flatten', x);
      if (inner.kind !== 'array') throw typeError('flatten', 'an array of arrays', x.type);
      return { sql: `CASE WHEN list_count(${x.sql}) = len(${x.sql}) THEN flatten(${x.sql}) END`, type: inner, nullable: true };
    }),
  ],
  [
    'array_repeat',
    rule(2, 2, ([v, n]) => ({ sql: `list_transform(range(${notNegative(asInt('array_repeat', n))}), lambda v_: ${v.sql})`, type: arrayOf(v.type) })),
  ],
  [
    'sequence',
    rule(2, 3, ([start, stop, step]) => {
      if (start.type.kind === 'date' && stop.type.kind === 'date' && !step) {
        const days = `generate_series(${start.sql}, ${stop.sql}, to_days(CASE WHEN ${start.sql} <= ${stop.sql} THEN 1 ELSE -1 END))`;
        return { sql: `CAST(${days} AS DATE[])`, type: arrayOf(start.type) };
      }
      const { values, type } = unify('sequence', step ? [start, stop, step] : [start, stop]);
      const [a, b, by] = values.map((v) => v.sql);
      const series = `CAST(generate_series(${a}, ${b}, ${by ?? `CASE WHEN ${a} <= ${b} THEN 1 ELSE -1 END`}) AS ${duckType(arrayOf(type))})`;
      const leads = `${a} = ${b} OR (${by} <> 0 AND (${by} > 0) = (${b} > ${a}))`;
      const away = failure('sequence: step must lead from start to stop, got ', by);
      return {
        sql: by ? `CASE WHEN ${leads} THEN ${series} WHEN ${a} IS NOT NULL AND ${b} IS NOT NULL AND ${by} IS NOT NULL THEN ${away} END` : series,
        type: arrayOf(type),
      };
    }),
  ],
  [
    'array_insert',
    rule(3, 3, ([given, position, value]) => {
      const { list, value: v, type } = compared('array_insert', given, value);
      const x = { ...given, sql: list, type };
      const p = asInt('array_insert', position);
      const at = `(CASE WHEN ${p} > 0 THEN ${p} ELSE len(${x.sql}) + ${p} + 2 END)`;
      const nulls = (count: string) =>
        `list_transform(range(greatest(${count}, 0)), lambda n_: CAST(NULL AS ${duckType(element('array_insert', x))}))`;
      const before = `list_concat(list_slice(${x.sql}, 1, greatest(${at} - 1, 0)), ${nulls(`${at} - len(${x.sql}) - 1`)})`;
      const after = `list_concat(${nulls(`1 - ${at}`)}, list_slice(${x.sql}, greatest(${at}, 1), len(${x.sql})))`;
      const zero = failure('array_insert: position must not be 0');
      return {
        sql: `CASE WHEN ${x.sql} IS NULL OR ${p} IS NULL THEN NULL WHEN ${p} = 0 THEN ${zero} ELSE list_concat(list_append(${before}, ${v}), ${after}) END`,
        type: x.type,
        nullable: true,
      };
    }),
  ],
  [
    'arrays_zip',
    rule(1, Number.POSITIVE_INFINITY, (args) => {
      const names = args.map((a, i) => (/^[\w ]+$/.test(a.name) ? a.name : String(i)));
      const items = args.map((a): Typed => ({ ...a, sql: `list_extract(${a.sql}, i_ + 1)`, type: element('arrays_zip', a) }));
      const zipped = struct(names, items);
      const none = args.map((a) => `${a.sql} IS NULL`).join(' OR ');
      return {
        sql: `CASE WHEN ${none} THEN NULL ELSE list_transform(range(greatest(${args.map((a) => `len(${a.sql})`).join(', ')})), lambda i_: ${zipped.sql}) END`,
        type: arrayOf(zipped.type),
      };
    }),
  ],
  ['element_at', pick(false)],
  ['try_element_at', pick(true)],
  ['getitem', item0(false)],
  ['get', item0(true)],
  ['explode', rule(1, 1, ([x]) => ({ sql: `unnest(${x.sql})`, type: element('explode', x), nullable: true }))],
  [
    'explode_outer',
    rule(1, 1, ([x]) => ({
      sql: `unnest(CASE WHEN len(${x.sql}) > 0 THEN ${x.sql} ELSE [NULL] END)`,
      type: element('explode_outer', x),
      nullable: true,
    })),
  ],
];
