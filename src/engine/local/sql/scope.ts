import { type Field, Schema } from '../../../frame/schema.ts';
import type { Relation } from './relation.ts';
import type { Scope, Typed } from './typed.ts';

/** What names mean inside `SELECT … FROM (…) AS t`. */
export function scopeOver(from: Relation, table = 't'): Scope {
  return { schema: from.schema, columns: from.columns.map((c) => `${table}.${c}`), qualifiers: from.qualifiers, origins: from.origins };
}

/** The columns at these positions, in this order. */
export function select(from: Relation, positions: readonly number[]): Relation {
  return {
    sql: `SELECT ${positions.map((p, i) => `t.${from.columns[p]} AS c${i}`).join(', ') || 'NULL AS c0'} FROM (${from.sql}) AS t`,
    schema: new Schema(positions.map((p) => from.schema.fields[p])),
    columns: positions.map((_, i) => `c${i}`),
    stable: from.stable,
    qualifiers: from.qualifiers && positions.map((p) => from.qualifiers![p]),
    origins: from.origins && positions.map((p) => from.origins![p]),
  };
}

export function fieldOf({ name, type, nullable, metadata }: Typed): Field {
  return { name, type, nullable, ...(metadata && { metadata }) };
}
