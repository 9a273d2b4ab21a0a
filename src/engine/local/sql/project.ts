import { MlError, show } from '../../../error.ts';
import type { Expression } from '../../../frame/expression.ts';
import { Schema } from '../../../frame/schema.ts';
import { aggregateSql } from './aggregate.ts';
import { columnIndex, columnName, expressionSql } from './expression.ts';
import { generated } from './generate.ts';
import type { PlanContext, Relation } from './relation.ts';
import { fieldOf, select } from './scope.ts';
import { compileTexts } from './sql-text.ts';
import { matchingNames } from './star.ts';
import type { Scope, Typed } from './typed.ts';
import { containsAggregate } from './walk.ts';

/** SELECT of expressions. Aggregates among them make one row, as in Spark. */
export async function projectSql(from: Relation, columns: readonly Expression[], context: PlanContext): Promise<Relation> {
  if (columns.some(containsAggregate)) return aggregateSql(from, [], columns, context);
  const scope = await compileTexts('select', columns, from, context);
  const made = columns.flatMap((c) => outputs(c, from, scope));
  if (made.length === 0) return select(from, []);
  const carried = <T>(of: readonly (T | null)[] | undefined) => of && made.map(({ at }) => (at < 0 ? null : of[at]));
  return {
    sql: `SELECT ${made.map(({ typed }, i) => `${typed.sql} AS c${i}`).join(', ')} FROM (${from.sql}) AS t`,
    schema: new Schema(made.map(({ typed }) => fieldOf(typed))),
    columns: made.map((_, i) => `c${i}`),
    stable: from.stable,
    qualifiers: carried(from.qualifiers),
    origins: carried(from.origins),
  };
}

interface Output {
  readonly typed: Typed;
  /** Which column of the input it is, or -1. */
  readonly at: number;
}

function outputs(expression: Expression, from: Relation, scope: Scope): Output[] {
  if (expression.kind === 'star') return starred(from, expression, scope);
  const several = generated(expression, scope);
  if (several) return several.map((typed) => ({ typed, at: -1 }));
  const typed = expressionSql(expression, scope);
  return [
    { typed: { ...typed, name: columnName(expression, typed, scope) }, at: expression.kind === 'column' ? scope.columns.indexOf(typed.sql) : -1 },
  ];
}

/** The fields of a struct as columns; null where `name` is none. */
function fieldsOf(name: string, scope: Scope): Typed[] | null {
  if (columnIndex(name, scope) < 0) return null;
  const owner = expressionSql({ kind: 'column', name }, scope);
  if (owner.type.kind !== 'struct') return null;
  return owner.type.fields.map((field) => {
    const { sql, type, nullable, metadata } = expressionSql({ kind: 'field', child: { kind: 'column', name }, name: field.name }, scope);
    return { sql, type, nullable, metadata, name: field.name };
  });
}

/** All columns, or those with an alias, or those with a name that matches. */
function starred(from: Relation, { of = null, matching }: { of?: string | null; matching?: string }, scope: Scope): Output[] {
  const names = matching === undefined ? null : matchingNames(matching, from.schema);
  const found = from.schema.fields.flatMap((field, at) =>
    (names ? names.has(field.name) : of === null || from.qualifiers?.[at] === of) ? [{ typed: { ...field, sql: scope.columns[at] }, at }] : [],
  );
  if (of !== null && found.length === 0) {
    const fields = fieldsOf(of, scope);
    if (fields) return fields.map((typed) => ({ typed, at: -1 }));
    throw new MlError('COLUMN_NOT_FOUND', `select: no frame here has the alias ${show(of)}`, { column: `${of}.*` });
  }
  return found;
}
