import { MlError, show } from '../../../error.ts';
import type { Expression } from '../../../frame/expression.ts';
import type { Plan } from '../../../frame/plan.ts';
import { type Field, Schema } from '../../../frame/schema.ts';
import { type DataType, isNumeric, typeName } from '../../../frame/types.ts';
import { javaDouble } from '../../../linalg/format.ts';
import { aggregateSql, everyNumber } from './aggregate.ts';
import { castSql, textSql } from './cast.ts';
import { text } from './duck-type.ts';
import { expressionSql } from './expression.ts';
import { literalSql } from './literal.ts';
import type { PlanContext, Relation } from './relation.ts';
import { compileTexts } from './sql-text.ts';
import { isFraction, type Typed } from './typed.ts';
import { containsSummary } from './walk.ts';

type PivotPlan = Extract<Plan, { op: 'pivot' }>;

/** Of so many distinct values Spark makes columns by itself. */
const MOST = 10_000;
const PLAIN: readonly string[] = ['boolean', 'string', 'date', 'timestamp'];

/** A value that becomes columns: its name, and the SQL of whether a column has it. */
interface PivotValue {
  readonly name: string;
  readonly test: (column: string) => string;
}

/**
 * GROUP BY the keys and the pivoted column; then by the keys, with a column for each value and aggregate: null where a group has no row with
 * the value. Named by the value and, when there are several aggregates, by the aggregate.
 */
export async function pivotSql(from: Relation, plan: PivotPlan, context: PlanContext): Promise<Relation> {
  if (plan.aggregates.some(containsSummary)) throw new MlError('NOT_SUPPORTED', 'pivot: a summary of vectors cannot be pivoted; use groupBy');
  const { type } = await pivoted(from, plan.column, context);
  const values = plan.values ? plan.values.map((value) => givenValue(value, type)) : (await context.pivotTexts(plan)).map(foundValue(type));
  const wanted = plan.aggregates.flatMap((a) => everyNumber(a, from));
  const grouped = await aggregateSql(from, [...plan.keys, plan.column], wanted, context);
  const at = grouped.columns.length - wanted.length - 1;
  const made = grouped.schema.fields.slice(at + 1);
  const numbersOnly = made.every((f) => isNumeric(f.type) || f.type.kind === 'boolean');
  // Where an aggregate gives more than numbers, Spark aggregates no rows for a value that is not there: counts are 0 then, and lists empty.
  const none = numbersOnly ? null : await ofNoRows(from, wanted, context);
  const fields: Field[] = grouped.schema.fields.slice(0, at);
  const list = fields.map((_, i) => `t.${grouped.columns[i]} AS c${i}`);
  for (const { name, test } of values) {
    for (const [k, field] of made.entries()) {
      const filter = `FILTER (WHERE ${test(`t.${grouped.columns[at]}`)})`;
      const found = `first(t.${grouped.columns[at + 1 + k]}) ${filter}`;
      list.push(`${none ? `CASE WHEN count(*) ${filter} > 0 THEN ${found} ELSE ${none(k)} END` : found} AS c${list.length}`);
      fields.push({ name: made.length > 1 ? `${name}_${field.name}` : name, type: field.type, nullable: true });
    }
  }
  const group = Array.from({ length: at }, (_, i) => i + 1).join(', ');
  return {
    sql: `SELECT ${list.join(', ') || 'NULL AS none'} FROM (${grouped.sql}) AS t${group && ` GROUP BY ${group}`}`,
    schema: new Schema(fields),
    columns: fields.map((_, i) => `c${i}`),
    stable: at === 0,
  };
}

/** The query of the texts of the pivoted column's values, in the order of the values. */
export async function pivotTextsSql(from: Relation, plan: PivotPlan, context: PlanContext): Promise<string> {
  const { sql, type } = await pivoted(from, plan.column, context);
  const distinct = `SELECT DISTINCT ${oneZero(sql, type)} AS v FROM (${from.sql}) AS t`;
  return `SELECT ${textSql('t.v', type)} FROM (${distinct}) AS t ORDER BY t.v NULLS FIRST LIMIT ${MOST + 1}`;
}

async function pivoted(from: Relation, column: Expression, context: PlanContext): Promise<Typed> {
  const typed = expressionSql(column, await compileTexts('pivot', [column], from, context));
  const { name, type } = typed;
  if (isNumeric(type) || PLAIN.includes(type.kind)) return typed;
  throw new MlError('COLUMN_TYPE', `pivot: column ${show(name)} must be a number, text, boolean, date or timestamp, is ${typeName(type)}`, {
    column: name,
    value: typeName(type),
  });
}

/** Values are told apart by their texts, which are as different as the values; -0.0 and 0.0 are one. */
function foundValue(type: DataType): (value: string | null, at: number) => PivotValue {
  return (value, at) => {
    if (at === MOST) {
      throw new MlError('VALUE_INVALID', `pivot: the column must have at most ${MOST} distinct values, has more; give the list of values wanted`, {
        limit: MOST,
      });
    }
    if (value === null) return { name: 'null', test: (column) => `${column} IS NULL` };
    return { name: value, test: (column) => `(${textSql(oneZero(column, type), type)}) = ${text(value)}` };
  };
}

function oneZero(sql: string, type: DataType): string {
  return isFraction(type) ? `(${sql} + 0)` : sql;
}

function givenValue(value: unknown, type: DataType): PivotValue {
  const { sql } = castSql(literalSql(value), type);
  return { name: nameOf(value, type), test: (column) => `${column} IS NOT DISTINCT FROM ${sql}` };
}

function nameOf(value: unknown, type: DataType): string {
  if (typeof value === 'number' && isFraction(type)) return javaDouble(value);
  return value instanceof Date
    ? value
        .toISOString()
        .replace('T', ' ')
        .replace(/\.?0*Z$/, '')
    : String(value);
}

/** SQL of what the aggregates are of no rows, by their position. */
async function ofNoRows(from: Relation, aggregates: readonly Expression[], context: PlanContext): Promise<(at: number) => string> {
  const empty = { ...from, sql: `SELECT * FROM (${from.sql}) AS t WHERE false` };
  // Aggregates that name keys too have no value without a group.
  const none = await aggregateSql(empty, [], aggregates, context).catch(() => null);
  return (at) => (none === null ? 'NULL' : `(SELECT t.${none.columns[at]} FROM (${none.sql}) AS t)`);
}
