import { typeOfConstant } from '../../../frame/constant.ts';
import { Schema } from '../../../frame/schema.ts';
import { type DataType, isNumeric } from '../../../frame/types.ts';
import { castSql } from './cast.ts';
import { literalSql } from './literal.ts';
import { comparison } from './operators.ts';
import type { Relation } from './relation.ts';
import { isFraction } from './typed.ts';

/** Numbers go with numbers, texts with texts, booleans with booleans. */
function together(value: unknown, type: DataType): boolean {
  const kind = typeOfConstant(value).kind;
  if (kind === 'void') return true;
  if (kind === 'string' || kind === 'boolean') return type.kind === kind;
  return isNumeric(type);
}

/** The relation with some columns computed anew, under the same names. */
function recomputed(from: Relation, compute: (i: number) => string | null, nullable: (i: number) => boolean): Relation {
  const sql = from.columns.map((c, i) => compute(i) ?? `t.${c}`);
  return {
    ...from,
    sql: `SELECT ${sql.map((s, i) => `${s} AS c${i}`).join(', ')} FROM (${from.sql}) AS t`,
    columns: sql.map((_, i) => `c${i}`),
    schema: new Schema(from.schema.fields.map((f, i) => (compute(i) === null ? f : { ...f, nullable: nullable(i) }))),
  };
}

/** Nulls, and NaN in columns of doubles, replaced; the value becomes the column's type. */
export function fillSql(from: Relation, values: readonly { readonly column: string | null; readonly value: unknown }[]): Relation {
  for (const { column } of values) if (column !== null) from.schema.require('fillna', column);
  return recomputed(
    from,
    (i) => {
      const field = from.schema.fields[i];
      const found = values.find(({ column, value }) => (column === null || column === field.name) && together(value, field.type));
      if (!found) return null;
      const x = `t.${from.columns[i]}`;
      const value = castSql(literalSql(found.value), field.type).sql;
      return isFraction(field.type) ? `CASE WHEN ${x} IS NULL OR isnan(${x}) THEN ${value} ELSE ${x} END` : `coalesce(${x}, ${value})`;
    },
    () => false,
  );
}

/** Rows with enough values that are neither null nor NaN. */
export function dropNullsSql(from: Relation, columns: readonly string[] | null, least: number | 'any' | 'all'): Relation {
  const wanted = columns === null ? null : new Set(columns.map((name) => from.schema.require('dropna', name).name));
  const tests = from.schema.fields.flatMap((field, i) => {
    if (wanted && !wanted.has(field.name)) return [];
    const x = `t.${from.columns[i]}`;
    return [isFraction(field.type) ? `(${x} IS NOT NULL AND NOT isnan(${x}))` : `(${x} IS NOT NULL)`];
  });
  if (tests.length === 0) return from;
  const condition =
    least === 'any'
      ? tests.join(' AND ')
      : least === 'all'
        ? tests.join(' OR ')
        : `${tests.map((t) => `CAST(${t} AS INTEGER)`).join(' + ')} >= ${least}`;
  return { ...from, sql: `SELECT * FROM (${from.sql}) AS t WHERE ${condition}` };
}

/** Values replaced by others in columns of their type. */
export function replaceSql(
  from: Relation,
  columns: readonly string[] | null,
  pairs: readonly { readonly from: unknown; readonly to: unknown }[],
): Relation {
  const wanted = columns === null ? null : new Set(columns.map((name) => from.schema.require('replace', name).name));
  return recomputed(
    from,
    (i) => {
      const field = from.schema.fields[i];
      const fitting = pairs.filter((p) => p.from !== null && together(p.from, field.type) && together(p.to, field.type));
      if (fitting.length === 0 || (wanted && !wanted.has(field.name))) return null;
      const x = { ...field, sql: `t.${from.columns[i]}` };
      const branches = fitting.map((p) => `WHEN ${comparison('=', x, literalSql(p.from)).sql} THEN ${castSql(literalSql(p.to), field.type).sql}`);
      return `CASE ${branches.join(' ')} ELSE ${x.sql} END`;
    },
    (i) => from.schema.fields[i].nullable || pairs.some((p) => p.to === null),
  );
}
