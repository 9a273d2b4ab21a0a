import type { Expression } from '../../../frame/expression.ts';
import { Schema } from '../../../frame/schema.ts';
import { aggregateSql } from './aggregate.ts';
import { columnName, expressionSql } from './expression.ts';
import { generated } from './generate.ts';
import type { PlanContext, Relation } from './relation.ts';
import { fieldOf, select } from './scope.ts';
import { compileTexts } from './sql-text.ts';
import { type Output, starred } from './star.ts';
import type { Scope } from './typed.ts';
import { containsAggregate } from './walk.ts';

/** SELECT of expressions. Aggregates among them make one row, as in Spark. */
export async function projectSql(from: Relation, columns: readonly Expression[], context: PlanContext): Promise<Relation> {
  if (columns.some(containsAggregate)) return aggregateSql(from, [], columns, context);
  const scope = await compileTexts('select', columns, from, context);
  const made = columns.flatMap((c) => outputs(c, scope));
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

function outputs(expression: Expression, scope: Scope): Output[] {
  if (expression.kind === 'star') return starred(expression, scope, expressionSql);
  const several = generated(expression, scope);
  if (several) return several.map((typed) => ({ typed, at: -1 }));
  const typed = expressionSql(expression, scope);
  return [
    { typed: { ...typed, name: columnName(expression, typed, scope) }, at: expression.kind === 'column' ? scope.columns.indexOf(typed.sql) : -1 },
  ];
}
