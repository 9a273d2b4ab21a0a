import { MlError, show } from '../../../error.ts';
import type { Expression } from '../../../frame/expression.ts';
import { Schema } from '../../../frame/schema.ts';
import { aggregateSql } from './aggregate.ts';
import { expressionSql } from './expression.ts';
import type { PlanContext, Relation } from './relation.ts';
import { fieldOf, select } from './scope.ts';
import { compileTexts } from './sql-text.ts';
import { INT, type Scope, type Typed } from './typed.ts';
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
  if (expression.kind === 'star') return starred(from, expression.of ?? null, scope);
  if (expression.kind === 'call' && expression.name.startsWith('posexplode')) return positions(expression, scope);
  const typed = expressionSql(expression, scope);
  return [
    { typed: { ...typed, name: columnName(expression, typed, scope) }, at: expression.kind === 'column' ? scope.columns.indexOf(typed.sql) : -1 },
  ];
}

/** A column that is selected as another type keeps its name. */
function columnName(expression: Expression, typed: Typed, scope: Scope): string {
  let inner = expression;
  while (inner.kind === 'cast') inner = inner.child;
  return inner !== expression && inner.kind === 'column' ? expressionSql(inner, scope).name : typed.name;
}

/** All columns, or those with an alias. */
function starred(from: Relation, of: string | null, scope: Scope): Output[] {
  const found = from.schema.fields.flatMap((field, at) =>
    of === null || from.qualifiers?.[at] === of ? [{ typed: { ...field, sql: scope.columns[at] }, at }] : [],
  );
  if (of !== null && found.length === 0) {
    throw new MlError('COLUMN_NOT_FOUND', `select: no frame here has the alias ${show(of)}`, { column: `${of}.*` });
  }
  return found;
}

/** One row an item, with its position from 0. */
function positions({ name, args }: Extract<Expression, { kind: 'call' }>, scope: Scope): Output[] {
  const item = expressionSql({ kind: 'call', name: name.replace('pos', ''), args }, scope);
  const list = expressionSql(args[0], scope).sql;
  const outer = name.endsWith('_outer');
  const index = `range(len(${list}))`;
  const sql = `CAST(unnest(${outer ? `CASE WHEN len(${list}) > 0 THEN ${index} ELSE [NULL] END` : index}) AS INTEGER)`;
  return [
    { typed: { sql, type: INT, nullable: outer, name: 'pos' }, at: -1 },
    { typed: item, at: -1 },
  ];
}
