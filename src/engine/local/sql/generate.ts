import { MlError } from '../../../error.ts';
import type { Expression } from '../../../frame/expression.ts';
import { type DataType, sameType } from '../../../frame/types.ts';
import { duckType, text } from './duck-type.ts';
import { expressionSql } from './expression.ts';
import { constant } from './functions/rule.ts';
import { arrayOf, INT, type Scope, type Typed, typeError } from './typed.ts';

/** A column of a function that makes rows: the list of its values. */
interface Made {
  readonly name: string;
  readonly list: string;
  readonly type: DataType;
}

/** The columns of a function that makes rows of several columns, under the names of an alias where there is one; null for any other expression. */
export function generated(expression: Expression, scope: Scope): Typed[] | null {
  const call = expression.kind === 'alias' ? expression.child : expression;
  if (call.kind !== 'call' || call.args.length === 0) return null;
  const made = columnsOf(call.name.replace(/_outer$/, ''), call.args, scope);
  if (!made) return null;
  const names = expression.kind === 'alias' ? [expression.name, ...(expression.more ?? [])] : made.map((m) => m.name);
  if (names.length !== made.length) {
    const must = `be given ${made.length} names, one a column, as in alias(['a', 'b'])`;
    throw new MlError('EXPRESSION_INVALID', `${call.name}: must ${must}, got ${names.join(', ')}`, { value: names });
  }
  const outer = call.name.endsWith('_outer');
  return made.map(({ list, type }, i) => {
    const values = outer ? `CASE WHEN len(${list}) > 0 THEN ${list} ELSE [CAST(NULL AS ${duckType(type)})] END` : list;
    return { sql: `unnest(${values})`, type, nullable: true, name: names[i] };
  });
}

function columnsOf(name: string, args: readonly Expression[], scope: Scope): Made[] | null {
  if (name === 'stack') return stacked(args.map((a) => expressionSql(a, scope)));
  if (name !== 'explode' && name !== 'posexplode' && name !== 'inline') return null;
  const x = expressionSql(args[0], scope);
  const items = name === 'inline' ? fields(x) : x.type.kind === 'map' ? entries(x.sql, x.type) : null;
  if (name === 'explode' || name === 'inline') return items;
  if (x.type.kind !== 'array' && x.type.kind !== 'map') throw typeError(name, 'an array or a map', x.type);
  const list = x.type.kind === 'array' ? [{ name: 'col', list: x.sql, type: x.type.element }] : (items ?? []);
  return [{ name: 'pos', list: `CAST(range(len(${list[0].list})) AS INTEGER[])`, type: INT }, ...list];
}

const entries = (map: string, { key, value }: Extract<DataType, { kind: 'map' }>): Made[] => [
  { name: 'key', list: `map_keys(${map})`, type: key },
  { name: 'value', list: `map_values(${map})`, type: value },
];

function fields({ sql, type }: Typed): Made[] {
  if (type.kind !== 'array' || type.element.kind !== 'struct') throw typeError('inline', 'an array of structs', type);
  return type.element.fields.map((field) => ({
    name: field.name,
    list: `list_transform(${sql}, lambda r_: struct_extract(r_, ${text(field.name)}))`,
    type: field.type,
  }));
}

function stacked([count, ...values]: readonly Typed[]): Made[] {
  const rows = constant('stack', 'the number of rows', count);
  if (typeof rows !== 'number' || !Number.isInteger(rows) || rows < 1 || values.length === 0) {
    throw new MlError('EXPRESSION_INVALID', 'stack: needs a whole number of rows, 1 at least, and values', { value: rows });
  }
  const width = Math.ceil(values.length / rows);
  return Array.from({ length: width }, (_, j) => {
    const column = values.filter((_, i) => i % width === j);
    const { type } = column.find((value) => value.type.kind !== 'void') ?? column[0];
    const other = column.find((value) => value.type.kind !== 'void' && !sameType(value.type, type));
    if (other) throw typeError('stack', 'given values of one type in each column', type, other.type);
    const missing = Array.from({ length: rows - column.length }, () => 'NULL');
    const items = [...column.map((v) => v.sql), ...missing];
    return { name: `col${j}`, list: `CAST([${items.join(', ')}] AS ${duckType(arrayOf(type))})`, type };
  });
}
