import { MlError, show } from '../../../error.ts';
import { type Expression, parts } from '../../../frame/expression.ts';
import { Schema } from '../../../frame/schema.ts';
import { isNumeric } from '../../../frame/types.ts';
import { expressionSql } from './expression.ts';
import { isAggregate } from './functions/index.ts';
import type { PlanContext, Relation } from './relation.ts';
import { fieldOf } from './scope.ts';
import { compileTexts } from './sql-text.ts';
import { type Typed, typeError } from './typed.ts';
import { containsAggregate } from './walk.ts';

/** GROUP BY: the keys, then the aggregates. Without keys one row. */
export async function aggregateSql(
  from: Relation,
  keys: readonly Expression[],
  aggregates: readonly Expression[],
  context: PlanContext,
): Promise<Relation> {
  let numbered = false;
  const scope = {
    ...(await compileTexts('agg', [...keys, ...aggregates], from, context)),
    rowNumber: () => {
      numbered = true;
      return 't.rn_';
    },
  };
  const keyed = keys
    .flatMap((key) => (key.kind === 'star' ? from.schema.names.map((name): Expression => ({ kind: 'column', name })) : [key]))
    .map((key) => expressionSql(key, scope));
  for (const key of keyed) if (key.type.kind === 'map') throw typeError('groupBy', 'a type that can be compared', key.type);
  const expanded = aggregates.flatMap((a) => everyNumber(a, from, keyed));
  const grouped = new Set(keyed.map((k) => k.sql));
  for (const a of expanded) {
    const loose = ungrouped(a, (e) => grouped.has(expressionSql(e, scope).sql));
    if (loose) {
      throw new MlError('EXPRESSION_INVALID', `agg: column ${show(loose)} must stand inside an aggregate function or be a key`, { column: loose });
    }
  }
  const made = [...keyed, ...expanded.map((a) => expressionSql(a, scope))];
  const source = numbered ? `SELECT *, row_number() OVER () AS rn_ FROM (${from.sql}) AS t` : from.sql;
  const group = keyed.length > 0 ? ` GROUP BY ${keyed.map((_, i) => i + 1).join(', ')}` : '';
  return {
    sql: `SELECT ${made.map((m, i) => `${m.sql} AS c${i}`).join(', ')} FROM (${source}) AS t${group}`,
    schema: new Schema(made.map(fieldOf)),
    columns: made.map((_, i) => `c${i}`),
    stable: keyed.length === 0,
  };
}

/** `sum(*)` and the like stand for all numeric columns that are no keys. */
function everyNumber(aggregate: Expression, from: Relation, keys: readonly Typed[]): Expression[] {
  if (aggregate.kind !== 'call' || aggregate.args.length !== 1 || aggregate.args[0].kind !== 'star' || aggregate.name === 'count') return [aggregate];
  const names = new Set(keys.map((k) => k.name));
  return from.schema.fields
    .filter((f) => isNumeric(f.type) && !names.has(f.name))
    .map((f) => ({ ...aggregate, args: [{ kind: 'column', name: f.name }] }));
}

/** The first column outside of aggregates that is no key. */
function ungrouped(expression: Expression, isKey: (part: Expression) => boolean): string | null {
  if (expression.kind === 'call' && isAggregate(expression.name)) return null;
  if (expression.kind === 'column') return isKey(expression) ? null : expression.name;
  if (expression.kind === 'call' && !containsAggregate(expression) && isKey(expression)) return null;
  for (const part of parts(expression)) {
    const found = ungrouped(part, isKey);
    if (found !== null) return found;
  }
  return null;
}
