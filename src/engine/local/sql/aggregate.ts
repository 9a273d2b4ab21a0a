import { MlError, show } from '../../../error.ts';
import { type Expression, parts } from '../../../frame/expression.ts';
import type { GroupingSets } from '../../../frame/plan.ts';
import { Schema } from '../../../frame/schema.ts';
import { isNumeric } from '../../../frame/types.ts';
import { columnName, expressionSql } from './expression.ts';
import { isAggregate, isRanking } from './functions/index.ts';
import type { PlanContext, Relation } from './relation.ts';
import { fieldOf } from './scope.ts';
import { type SessionKey, sessionKey, withSessions } from './session-window.ts';
import { compileTexts } from './sql-text.ts';
import { matchingNames } from './star.ts';
import { type Scope, type Typed, typeError } from './typed.ts';
import { containsAggregate, containsWindow } from './walk.ts';

/** Makes all rows one group, whether or not an aggregate is selected. */
const ONE_GROUP = ' HAVING count(*) >= 0';

/** GROUP BY: the keys, then the aggregates. Without keys one row. `sets`: also by fewer of the keys. */
export async function aggregateSql(
  from: Relation,
  keys: readonly Expression[],
  aggregates: readonly Expression[],
  context: PlanContext,
  sets?: GroupingSets,
): Promise<Relation> {
  let numbered = false;
  const rowMakers: string[] = [];
  const sessions: SessionKey[] = [];
  const scope: Scope = {
    ...(await compileTexts('agg', [...keys, ...aggregates], from, context)),
    rowNumber: () => {
      numbered = true;
      return 't.rn_';
    },
  };
  const keyed = keys
    .flatMap((key) => (key.kind === 'star' ? columnsOf(key, from) : [key]))
    .map((key) => {
      if (containsWindow(key)) throw new MlError('EXPRESSION_INVALID', 'groupBy: a window must not stand in a key; select it as a column first');
      const session = sessionKey(key, scope);
      if (session) {
        sessions.push(session);
        return session.typed;
      }
      const typed = expressionSql(key, scope);
      return { ...typed, name: columnName(key, typed, scope) };
    })
    .map((typed, i) => {
      if (!typed.sql.includes('unnest(')) return typed;
      // Keys that make rows stand below the grouping.
      rowMakers.push(`${typed.sql} AS w${i}_`);
      return { ...typed, sql: `t.w${i}_` };
    });
  const within: Scope = sets ? { ...scope, groupedBy: keyed.map((k) => k.sql) } : scope;
  for (const key of keyed) if (key.type.kind === 'map') throw typeError('groupBy', 'a type that can be compared', key.type);
  const expanded = aggregates.flatMap((a) => everyNumber(a, from));
  const grouped = new Set(keyed.map((k) => k.sql));
  for (const a of expanded) {
    const loose = ungrouped(a, (e) => grouped.has(expressionSql(e, within).sql));
    if (loose) {
      throw new MlError('EXPRESSION_INVALID', `agg: column ${show(loose)} must stand inside an aggregate function or be a key`, { column: loose });
    }
  }
  const given = sets ? keyed.map((k) => ({ ...k, nullable: true })) : keyed;
  const made = [...given, ...expanded.map((a) => expressionSql(a, within))];
  const below = rowMakers.length > 0 ? `SELECT *, ${rowMakers.join(', ')} FROM (${from.sql}) AS t` : from.sql;
  if (sessions.length > 1 || (sets && sessions.length > 0)) {
    throw new MlError('EXPRESSION_INVALID', 'session_window: may stand once, and not in rollup or cube');
  }
  const others = keyed.map((k) => k.sql).filter((sql) => sql !== sessions[0]?.typed.sql);
  const rows = sessions.length > 0 ? withSessions(below, sessions[0], others) : below;
  const source = numbered ? `SELECT *, row_number() OVER (${sessions.length > 0 ? 'ORDER BY at_' : ''}) AS rn_ FROM (${rows}) AS t` : rows;
  const list = keyed.map((_, i) => i + 1).join(', ');
  const group = list ? (sets ? groupBySets(sets, keyed, scope) : ` GROUP BY ${list}`) : ONE_GROUP;
  return {
    sql: `SELECT ${made.map((m, i) => `${m.sql} AS c${i}`).join(', ')} FROM (${source}) AS t${group}`,
    schema: new Schema(made.map(fieldOf)),
    columns: made.map((_, i) => `c${i}`),
    stable: keyed.length === 0,
  };
}

/** GROUP BY with fewer keys too. Of no rows there are no groups, not even that of all rows. */
function groupBySets(sets: GroupingSets, keyed: readonly Typed[], scope: Scope): string {
  const among = (keys: readonly string[]) => `(${keys.join(', ')})`;
  const all = keyed.map((k) => k.sql);
  if (typeof sets === 'string') return ` GROUP BY ${sets.toUpperCase()} ${among(all)} HAVING count(*) > 0`;
  const chosen = sets.map((set) => {
    const keys = set.map((key) => expressionSql(key, scope));
    const loose = keys.find((key) => !all.includes(key.sql));
    if (loose) throw new MlError('EXPRESSION_INVALID', `groupingSets: ${show(loose.name)} must be one of the columns too`, { column: loose.name });
    return keys.map((k) => k.sql);
  });
  // A key in no set must be in one all the same, whose groups go again.
  const whole = all.every((key) => chosen.some((keys) => keys.includes(key)));
  const kept = whole ? '' : ` AND grouping${among(all)} <> 0`;
  return ` GROUP BY GROUPING SETS ${among([...chosen, ...(whole ? [] : [all])].map(among))} HAVING count(*) > 0${kept}`;
}

/** The columns that a star as a key stands for. */
function columnsOf({ matching }: Extract<Expression, { kind: 'star' }>, { schema }: Relation): Expression[] {
  const wanted = matching === undefined ? schema.names : matchingNames(matching, schema);
  return [...wanted].map((name) => ({ kind: 'column', name }));
}

/** `sum(*)` and the like stand for all numeric columns, keys among them, as in Spark. */
export function everyNumber(aggregate: Expression, from: Relation): Expression[] {
  if (aggregate.kind !== 'call' || aggregate.args.length !== 1 || aggregate.args[0].kind !== 'star' || aggregate.name === 'count') return [aggregate];
  return from.schema.fields.filter((f) => isNumeric(f.type)).map((f) => ({ ...aggregate, args: [{ kind: 'column', name: f.name }] }));
}

/** The first column outside of aggregates that is no key. */
function ungrouped(expression: Expression, isKey: (part: Expression) => boolean): string | null {
  if (expression.kind === 'call' && isAggregate(expression.name)) return null;
  if (expression.kind === 'column') return isKey(expression) ? null : expression.name;
  if (expression.kind === 'star') return '*';
  if (expression.kind === 'call' && !isRanking(expression.name) && !containsAggregate(expression) && isKey(expression)) return null;
  for (const part of parts(expression)) {
    const found = ungrouped(part, isKey);
    if (found !== null) return found;
  }
  return null;
}
