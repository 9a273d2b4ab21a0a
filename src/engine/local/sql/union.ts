import { MlError, show } from '../../../error.ts';
import { type Field, Schema } from '../../../frame/schema.ts';
import { sameType } from '../../../frame/types.ts';
import { castSql } from './cast.ts';
import { commonType } from './coerce.ts';
import { columnIndex } from './expression.ts';
import { literalSql } from './literal.ts';
import type { Relation } from './relation.ts';

/** The rows of both, duplicates kept. */
export function unionSql(left: Relation, right: Relation, { byName, allowMissing }: { byName: boolean; allowMissing: boolean }): Relation {
  return { ...joined(left, right, 'UNION ALL', byName, allowMissing), stable: left.stable && right.stable };
}

/** Rows of both, or of the left only. */
export function combineSql(left: Relation, right: Relation, { kind, all }: { kind: 'intersect' | 'except'; all: boolean }): Relation {
  return { ...joined(left, right, `${kind.toUpperCase()}${all ? ' ALL' : ''}`, false, false), stable: false };
}

function joined(left: Relation, right: Relation, operator: string, byName: boolean, allowMissing: boolean): Relation {
  const pairs = byName ? pairsByName(left, right, allowMissing) : left.schema.fields.map((_, i) => [i, i] as const);
  if (!byName && left.schema.fields.length !== right.schema.fields.length) {
    throw new MlError(
      'SCHEMA_INVALID',
      `union: both frames must have as many columns, got ${left.schema.fields.length} and ${right.schema.fields.length}`,
    );
  }
  const sides: [string[], string[]] = [[], []];
  const fields = pairs.map(([l, r]): Field => {
    const a = l === null ? null : left.schema.fields[l];
    const b = r === null ? null : right.schema.fields[r];
    const type = a && b ? (sameType(a.type, b.type) ? a.type : commonType(a.type, b.type)) : (a ?? (b as Field)).type;
    if (!type)
      throw new MlError('COLUMN_TYPE', `union: column ${show(a?.name)} must have types that go together in both frames`, { column: a?.name });
    const side = (relation: Relation, field: Field | null, i: number | null) =>
      castSql(field && i !== null ? { ...field, sql: relation.columns[i] } : literalSql(null), type).sql;
    sides[0].push(side(left, a, l));
    sides[1].push(side(right, b, r));
    return { name: (a ?? (b as Field)).name, type, nullable: !a || !b || a.nullable || b.nullable, metadata: a?.metadata };
  });
  const sql = sides.map((columns, s) => `SELECT ${columns.map((c, i) => `${c} AS c${i}`).join(', ')} FROM (${s === 0 ? left.sql : right.sql}) AS t`);
  return {
    sql: `${sql[0]} ${operator} ${sql[1]}`,
    schema: new Schema(fields),
    columns: fields.map((_, i) => `c${i}`),
    stable: left.stable && right.stable,
  };
}

function pairsByName(left: Relation, right: Relation, allowMissing: boolean): (readonly [number | null, number | null])[] {
  const where = (relation: Relation, name: string) => columnIndex(name, { schema: relation.schema, columns: relation.columns });
  const missing = (name: string) =>
    new MlError('COLUMN_NOT_FOUND', `unionByName: column ${show(name)} must be in both frames, or set allowMissingColumns`, { column: name });
  const pairs = left.schema.names.map((name, i) => {
    where(left, name);
    const at = where(right, name);
    if (at < 0 && !allowMissing) throw missing(name);
    return [i, at < 0 ? null : at] as const;
  });
  const extra = right.schema.names.flatMap((name, i) => {
    if (where(left, name) >= 0) return [];
    if (!allowMissing) throw missing(name);
    return [[null, i] as const];
  });
  return [...pairs, ...extra];
}
