import { MlError, show } from '../../../error.ts';
import type { Expression } from '../../../frame/expression.ts';
import { sameType } from '../../../frame/types.ts';
import { castSql } from './cast.ts';
import { duckType } from './duck-type.ts';
import { arrayOf, BOOLEAN, failure, INT, type Scope, type Typed, typeError } from './typed.ts';

type Compile = (expression: Expression, scope: Scope) => Typed;
type Lambda = Extract<Expression, { kind: 'lambda' }>;

/**
 * Functions that take a function: transform, filter, exists, forall, aggregate; array_sort, zip_with and map_zip_with of two; transform_keys,
 * transform_values and map_filter of a map.
 */
export function higherOrder(expression: Extract<Expression, { kind: 'call' }>, scope: Scope, compile: Compile): Typed {
  const { name, args } = expression;
  const list = compile(args[0], scope);
  if (name === 'map_zip_with') return zippedMaps(list, compile(args[1], scope), args[2], scope, compile);
  if (name === 'array_sort') return sorted(list, args[1], scope, compile);
  if (name === 'zip_with') return zipped(list, compile(args[1], scope), args[2], scope, compile);
  if (MAPS.has(name)) return mapped(name, list, args[1], scope, compile);
  if (list.type.kind !== 'array') throw typeError(name, 'an array', list.type);
  const item = list.type.element;
  const label = `${name}(${list.name}, lambdafunction)`;
  if (name === 'aggregate' || name === 'reduce') return reduced(list, args.slice(1), scope, compile, label);
  const { body, parameters } = lambda(name, args[1], scope, compile, [
    [item, ''],
    [INT, ' - 1'],
  ]);
  const head = `${parameters.join(', ')}: `;
  const test = () => {
    if (body.type.kind !== 'boolean' && body.type.kind !== 'void') throw typeError(name, 'given a function that answers true or false', body.type);
    return castSql(body, BOOLEAN).sql;
  };
  const { sql } = list;
  switch (name) {
    case 'transform':
      return { sql: `list_transform(${sql}, lambda ${head}${body.sql})`, type: arrayOf(body.type), nullable: list.nullable, name: label };
    case 'filter':
      return { sql: `list_filter(${sql}, lambda ${head}coalesce(${test()}, FALSE))`, type: list.type, nullable: list.nullable, name: label };
    case 'exists':
      return { sql: answered(`list_transform(${sql}, lambda ${head}${test()})`, 'TRUE'), type: BOOLEAN, nullable: true, name: label };
    case 'forall':
      return { sql: answered(`list_transform(${sql}, lambda ${head}${test()})`, 'FALSE'), type: BOOLEAN, nullable: true, name: label };
    default:
      throw new MlError('EXPRESSION_INVALID', `function ${show(name)} takes no function`, { value: name });
  }
}

const MAPS: ReadonlySet<string> = new Set(['transform_keys', 'transform_values', 'map_filter']);

/** Items of two arrays in pairs; the shorter one goes on with nulls. */
function zipped(a: Typed, b: Typed, step: Expression | undefined, scope: Scope, compile: Compile): Typed {
  const [x, y] = [a, b].map(({ type }) => {
    if (type.kind !== 'array') throw typeError('zip_with', 'two arrays', a.type, b.type);
    return type.element;
  });
  const index = `i${scope.variables?.size ?? 0}_`;
  const body = applied('zip_with', step, scope, compile, [
    { sql: `list_extract(${a.sql}, ${index} + 1)`, type: x },
    { sql: `list_extract(${b.sql}, ${index} + 1)`, type: y },
  ]);
  const pairs = `list_transform(range(greatest(len(${a.sql}), len(${b.sql}))), lambda ${index}: ${body.sql})`;
  const sql = `CASE WHEN ${a.sql} IS NOT NULL AND ${b.sql} IS NOT NULL THEN ${pairs} END`;
  return { sql, type: arrayOf(body.type), nullable: a.nullable || b.nullable, name: `zip_with(${a.name}, ${b.name}, lambdafunction)` };
}

/** Each key of either map with what a function of the key and both values gives; a value that is not there is null. */
function zippedMaps(a: Typed, b: Typed, step: Expression | undefined, scope: Scope, compile: Compile): Typed {
  if (a.type.kind !== 'map' || b.type.kind !== 'map' || !sameType(a.type.key, b.type.key)) {
    throw typeError('map_zip_with', 'two maps with keys of one type', a.type, b.type);
  }
  const one = `z${scope.variables?.size ?? 0}_`;
  const body = applied('map_zip_with', step, scope, compile, [
    { sql: one, type: a.type.key },
    { sql: `map_extract_value(${a.sql}, ${one})`, type: a.type.value },
    { sql: `map_extract_value(${b.sql}, ${one})`, type: b.type.value },
  ]);
  const keys = `list_concat(map_keys(${a.sql}), list_filter(map_keys(${b.sql}), lambda ${one}: NOT list_contains(map_keys(${a.sql}), ${one})))`;
  const sql = `CASE WHEN ${a.sql} IS NOT NULL AND ${b.sql} IS NOT NULL THEN map(${keys}, list_transform(${keys}, lambda ${one}: ${body.sql})) END`;
  const name = `map_zip_with(${a.name}, ${b.name}, lambdafunction)`;
  return { sql, type: { kind: 'map', key: a.type.key, value: body.type }, nullable: a.nullable || b.nullable, name };
}

/** Items in the order of a function that is below, at or above 0; an item's place is how many come before it. */
function sorted(list: Typed, step: Expression | undefined, scope: Scope, compile: Compile): Typed {
  if (list.type.kind !== 'array') throw typeError('array_sort', 'an array', list.type);
  const type = list.type.element;
  const depth = scope.variables?.size ?? 0;
  const [one, other] = [`a${depth}_`, `b${depth}_`];
  const body = applied('array_sort', step, scope, compile, [
    { sql: other, type },
    { sql: one, type },
  ]);
  const unknown = failure('array_sort: the function must give a number for each pair of items, got null');
  const before = `len(list_filter(${list.sql}, lambda ${other}: coalesce(${castSql(body, INT).sql}, ${unknown}) < 0))`;
  const placed = `list_transform(${list.sql}, lambda ${one}, i${depth}_: {'n': ${before}, 'i': i${depth}_, 'v': ${one}})`;
  const sql = `list_transform(list_sort(${placed}), lambda ${one}: ${one}.v)`;
  return { sql, type: list.type, nullable: list.nullable, name: `array_sort(${list.name}, lambdafunction)` };
}

/** The entries of a map, changed or chosen. */
function mapped(name: string, map: Typed, step: Expression | undefined, scope: Scope, compile: Compile): Typed {
  if (map.type.kind !== 'map') throw typeError(name, 'a map', map.type);
  const { key, value } = map.type;
  const one = `e${scope.variables?.size ?? 0}_`;
  const body = applied(name, step, scope, compile, [
    { sql: `${one}.key`, type: key },
    { sql: `${one}.value`, type: value },
  ]);
  const entries = `map_entries(${map.sql})`;
  const made = `list_transform(${entries}, lambda ${one}: ${body.sql})`;
  const shared = { nullable: map.nullable, name: `${name}(${map.name}, lambdafunction)` };
  if (name === 'transform_keys') return { ...shared, sql: `map(${made}, map_values(${map.sql}))`, type: { kind: 'map', key: body.type, value } };
  if (name === 'transform_values') return { ...shared, sql: `map(map_keys(${map.sql}), ${made})`, type: { kind: 'map', key, value: body.type } };
  const test = castSql(body, BOOLEAN).sql;
  return { ...shared, sql: `map_from_entries(list_filter(${entries}, lambda ${one}: coalesce(${test}, FALSE)))`, type: map.type };
}

/** The body of a function of columns that stand for these values. */
function applied(
  owner: string,
  given: Expression | undefined,
  scope: Scope,
  compile: Compile,
  values: readonly Pick<Typed, 'sql' | 'type'>[],
): Typed {
  if (given?.kind !== 'lambda' || given.parameters.length !== values.length) {
    throw new MlError('EXPRESSION_INVALID', `${owner}: needs a function of ${values.length} columns`);
  }
  const variables = new Map(scope.variables ?? []);
  given.parameters.forEach((name, i) => {
    variables.set(name, { ...values[i], nullable: true, name });
  });
  return compile(given.body, { ...scope, variables });
}

/** `decisive` when it is among the answers; else null when one is, else the opposite. */
function answered(answers: string, decisive: 'TRUE' | 'FALSE'): string {
  const other = decisive === 'TRUE' ? 'FALSE' : 'TRUE';
  return `list_transform([${answers}], lambda l_: CASE WHEN l_ IS NULL THEN NULL WHEN list_contains(l_, ${decisive}) THEN ${decisive} WHEN len(l_) > list_count(l_) THEN NULL ELSE ${other} END)[1]`;
}

/** Folds a list from the left, beginning with a start value. */
function reduced(list: Typed, rest: readonly Expression[], scope: Scope, compile: Compile, label: string): Typed {
  const item = list.type.kind === 'array' ? list.type.element : list.type;
  const start = compile(rest[0], scope);
  // DuckDB folds items into an item: the sum and the item go as one struct.
  const depth = scope.variables?.size ?? 0;
  const [sum, next] = [`s${depth}_`, `n${depth}_`];
  const body = applied('aggregate', rest[1], scope, compile, [
    { sql: `${sum}.s`, type: start.type },
    { sql: `${next}.x`, type: item },
  ]);
  const pair = (s: string, x: string) => `{'s': CAST(${s} AS ${duckType(start.type)}), 'x': CAST(${x} AS ${duckType(item)})}`;
  const items = `list_prepend(${pair(start.sql, 'NULL')}, list_transform(${list.sql}, lambda ${next}: ${pair('NULL', next)}))`;
  const folded = `list_reduce(${items}, lambda ${sum}, ${next}: ${pair(castSql(body, start.type).sql, 'NULL')})`;
  const value: Typed = {
    sql: `CASE WHEN ${list.sql} IS NOT NULL THEN struct_extract(${folded}, 's') END`,
    type: start.type,
    nullable: true,
    name: label,
  };
  const finish = rest[2] as Lambda | undefined;
  if (!finish) return value;
  return { ...compile(finish.body, { ...scope, variables: new Map([...(scope.variables ?? []), [finish.parameters[0], value]]) }), name: label };
}

/** The body of a lambda with its parameters bound to fresh names; an index counts from 0, DuckDB's from 1. */
function lambda(owner: string, given: Expression | undefined, scope: Scope, compile: Compile, kinds: readonly (readonly [Typed['type'], string])[]) {
  if (given?.kind !== 'lambda' || given.parameters.length < 1 || given.parameters.length > kinds.length) {
    throw new MlError('EXPRESSION_INVALID', `${owner}: needs a function of 1 to ${kinds.length} columns`);
  }
  const depth = scope.variables?.size ?? 0;
  const parameters = given.parameters.map((_, i) => `x${depth + i}_`);
  const variables = new Map(scope.variables ?? []);
  given.parameters.forEach((name, i) => {
    const [type, shift] = kinds[i];
    variables.set(name, { sql: shift ? `CAST(${parameters[i]}${shift} AS INTEGER)` : parameters[i], type, nullable: true, name });
  });
  return { body: compile(given.body, { ...scope, variables }), parameters };
}
