import type { Column, VectorColumn } from '../../block/column.ts';
import { type SummaryMetric, VectorSummary } from '../../block/vector-summary.ts';
import { MlError, show } from '../../error.ts';
import { type Expression, parts } from '../../frame/expression.ts';
import type { LocalTable, Plan } from '../../frame/plan.ts';
import { type Field, Schema } from '../../frame/schema.ts';
import type { DataType } from '../../frame/types.ts';
import { aggregateSql } from './sql/aggregate.ts';
import { expressionSql } from './sql/expression.ts';
import type { PlanContext, Relation } from './sql/relation.ts';
import { fieldOf, scopeOver } from './sql/scope.ts';
import { containsAggregate, containsSummary } from './sql/walk.ts';
import type { Scanned } from './training/scan.ts';

type SummaryExpression = Extract<Expression, { kind: 'summary' }>;
type SummaryPlan = Extract<Plan, { op: 'project' | 'aggregate' }>;

/** What the summaries of a plan need of the engine. */
export interface SummaryContext {
  readonly plan: PlanContext;
  compile(plan: Plan): Promise<Relation>;
  /** Null where only the schema is wanted. */
  readonly scan: ((plan: Plan, names: readonly string[], onBlock: (block: Scanned) => void) => Promise<void>) | null;
  /** The relation of rows made here. */
  keep(table: LocalTable, owner: Plan): Promise<Relation>;
}

const OWNER = 'Summarizer';
const KEY = 'millstream.key';
const COUNT: Expression = { kind: 'call', name: 'count', args: [{ kind: 'star' }] };
const nameOf = (kind: string, k: number) => `millstream.${kind}${k}`;

/**
 * Aggregates among which there are summaries of vectors. The summaries are made here, of all rows in their order; the other aggregates by a query of
 * their own; then the rows of both are put side by side, by a text of the keys where there are any.
 */
export async function summaryRelation(plan: SummaryPlan, context: SummaryContext): Promise<Relation> {
  const keys = plan.op === 'aggregate' ? plan.keys : [];
  const items = plan.op === 'aggregate' ? plan.aggregates : plan.columns;
  if (plan.op === 'aggregate' && plan.sets) throw new MlError('NOT_SUPPORTED', `${OWNER}: a summary cannot stand in a ${plan.sets}; use groupBy`);
  const mixed = items.find((item) => containsSummary(item) && containsAggregate(item));
  if (mixed) throw new MlError('NOT_SUPPORTED', `${OWNER}: a summary and another aggregate must not stand in one expression; select them apart`);

  const summaries = [...new Set(items.flatMap(summariesIn))];
  const wanted = await inputsOf(plan.input, keys, summaries, context);
  const others = items.filter((item) => !containsSummary(item));
  const made = await context.keep(await tableOf(wanted, summaries, keys.length > 0, context), plan);
  if (keys.length > 0) {
    const grouped = await aggregateSql(await context.compile(wanted.plan), [...keys, { kind: 'column', name: KEY }], others, context.plan);
    return side(grouped, made, items, grouped.columns.length - others.length - 1);
  }
  // The count makes one row of constants, too.
  const grouped = others.length > 0 ? await aggregateSql(await context.compile(plan.input), [], [...others, COUNT], context.plan) : null;
  return side(grouped, made, items, 0);
}

/** The keys and aggregates of `grouped` and the summaries of `made`, in the order of `items`. */
function side(grouped: Relation | null, made: Relation, items: readonly Expression[], keys: number): Relation {
  const on = keys > 0 ? `g.${grouped?.columns[keys]} = m.${made.columns[0]}` : 'true';
  const from = grouped ? `(${grouped.sql}) AS g JOIN (${made.sql}) AS m ON ${on}` : `(${made.sql}) AS m`;
  const scope = scopeOver(made, 'm');
  let other = keys > 0 ? keys + 1 : 0;
  const own = (at: number) => ({ sql: `g.${grouped?.columns[at]}`, field: grouped?.schema.fields[at] as Field });
  const list = Array.from({ length: keys }, (_, at) => own(at));
  const found = summariesAt(items);
  for (const item of items) {
    if (!containsSummary(item)) list.push(own(other++));
    else {
      const typed = expressionSql(replaced(item, found), scope);
      list.push({ sql: typed.sql, field: fieldOf(typed) });
    }
  }
  return {
    sql: `SELECT ${list.map(({ sql }, i) => `${sql} AS c${i}`).join(', ')} FROM ${from}`,
    schema: new Schema(list.map(({ field }) => field)),
    columns: list.map((_, i) => `c${i}`),
    stable: keys === 0,
  };
}

function summariesIn(expression: Expression): SummaryExpression[] {
  return expression.kind === 'summary' ? [expression] : parts(expression).flatMap(summariesIn);
}

function summariesAt(items: readonly Expression[]): ReadonlyMap<Expression, number> {
  return new Map([...new Set(items.flatMap(summariesIn))].map((summary, k) => [summary, k]));
}

/** The expression with the columns of the finished summaries in place of them. */
function replaced(expression: Expression, at: ReadonlyMap<Expression, number>): Expression {
  const k = at.get(expression);
  if (k !== undefined && expression.kind === 'summary') {
    const name = `aggregate_metrics(${label(expression.child)}, ${expression.weight ? label(expression.weight) : '1.0'})`;
    return { kind: 'alias', child: { kind: 'column', name: nameOf('summary', k) }, name };
  }
  switch (expression.kind) {
    case 'alias':
    case 'field':
    case 'cast':
      return { ...expression, child: replaced(expression.child, at) };
    case 'call':
      return { ...expression, args: expression.args.map((arg) => replaced(arg, at)) };
    default:
      throw new MlError('NOT_SUPPORTED', `${OWNER}: a summary may stand in functions, casts and fields only`);
  }
}

function label(expression: Expression): string {
  if (expression.kind === 'column' || expression.kind === 'alias') return expression.name;
  return expression.kind === 'literal' ? String(expression.value) : expression.kind;
}

interface Inputs {
  readonly plan: Plan;
  /** Names of each summary's vectors and weights. */
  readonly columns: readonly { readonly vectors: string; readonly weights: string | null }[];
}

/** The plan with a column for each thing that the summaries read and the keys' text; columns that are there are read as they are. */
async function inputsOf(input: Plan, keys: readonly Expression[], summaries: readonly SummaryExpression[], context: SummaryContext): Promise<Inputs> {
  const added: { name: string; value: Expression }[] = [];
  const column = (value: Expression, name: string) => {
    if (value.kind === 'column' && value.of === undefined && keys.length === 0) return value.name;
    added.push({ name, value });
    return name;
  };
  const columns = summaries.map(({ child, weight }, k) => ({
    vectors: column(child, nameOf('vectors', k)),
    weights: weight && column(weight, nameOf('weights', k)),
  }));
  if (keys.length > 0) added.push({ name: KEY, value: { kind: 'call', name: 'group_text', args: keys } });
  const plan: Plan = added.length > 0 ? { op: 'withColumns', input, columns: added } : input;
  const { schema } = await context.compile(plan);
  for (const [k, { vectors, weights }] of columns.entries()) {
    const told = (name: string, what: Expression, ...types: string[]) => {
      const field = schema.find(name);
      if (field && field.name === nameOf('vectors', k) && field.type.kind !== 'vector') throw wrongType(label(what), 'a vector', field.type);
      schema.require(OWNER, name, ...(types as ['vector']));
    };
    told(vectors, summaries[k].child, 'vector');
    if (weights) told(weights, summaries[k].weight as Expression, 'numeric');
  }
  return { plan, columns };
}

function wrongType(name: string, rule: string, type: DataType): MlError {
  return new MlError('COLUMN_TYPE', `${OWNER}: column ${show(name)} must be ${rule}, is ${type.kind}`, { column: name, value: type.kind });
}

/** One row a group: the text of its keys, and each summary as a struct. */
async function tableOf(
  { plan, columns }: Inputs,
  summaries: readonly SummaryExpression[],
  keyed: boolean,
  context: SummaryContext,
): Promise<LocalTable> {
  const fields: Field[] = summaries.map(({ metrics }, k) => ({
    name: nameOf('summary', k),
    nullable: true,
    type: {
      kind: 'struct',
      fields: metrics.map((name) => ({ name, type: name === 'count' ? ({ kind: 'long' } as const) : ({ kind: 'vector' } as const) })),
    },
  }));
  if (keyed) fields.unshift({ name: KEY, type: { kind: 'string' }, nullable: false });
  const schema = new Schema(fields);
  const table = (values: unknown[][], rows: number): LocalTable => ({ schema, rows, partitions: null, columns: values });
  if (!context.scan)
    return table(
      fields.map(() => []),
      0,
    );

  const groups = new Map<string, VectorSummary[]>();
  const names = [...new Set([...columns.flatMap(({ vectors, weights }) => (weights ? [vectors, weights] : [vectors])), ...(keyed ? [KEY] : [])])];
  const at = (block: Scanned, name: string) => block.columns[names.indexOf(name)];
  await context.scan(plan, names, (block) => {
    const texts = keyed ? at(block, KEY) : null;
    for (const [k, { vectors, weights }] of columns.entries()) {
      const column = at(block, vectors) as VectorColumn;
      const weighted = weights ? at(block, weights) : null;
      for (let i = 0; i < block.rows; i++) {
        const row = block.firstRow + i;
        const weight = weighted ? weightAt(weighted, i, label(summaries[k].weight as Expression), row) : 1;
        if (column.valid?.[i] === 0) throw badRow(summaries[k].child, 'not be null', row, null);
        const key = texts?.kind === 'strings' ? (texts.values[i] as string) : '';
        let group = groups.get(key);
        if (!group) {
          group = [];
          groups.set(key, group);
        }
        group[k] ??= new VectorSummary(column.size);
        const summary = group[k];
        if (summary.size !== column.size) throw badRow(summaries[k].child, `have ${summary.size} slots in all rows`, row, column.size);
        summary.add(column.parts, i, weight);
      }
    }
  });
  if (!keyed && groups.size === 0) groups.set('', []);
  const rows = [...groups].map(([key, group]) => [...(keyed ? [key] : []), ...summaries.map((summary, k) => structOf(summary, group[k]))]);
  return table(
    fields.map((_, j) => rows.map((row) => row[j])),
    rows.length,
  );
}

function structOf({ metrics, weight }: SummaryExpression, summary: VectorSummary | undefined): Record<string, unknown> {
  if (!summary?.rows) {
    if (metrics.every((name) => name === 'count')) return Object.fromEntries(metrics.map((name) => [name, 0n]));
    if (!summary) throw new MlError('EMPTY_DATASET', `${OWNER}: the frame must have at least one row, has none`);
    const column = weight ? label(weight) : '';
    throw new MlError('EMPTY_DATASET', `${OWNER}: column ${show(column)} must have a weight above 0 in some row of each group, all are 0`, {
      column,
    });
  }
  return Object.fromEntries(metrics.map((name) => [name, summary.metric(name as SummaryMetric)]));
}

function weightAt(column: Column, i: number, name: string, row: number): number {
  let weight: number | null = null;
  if (column.kind === 'numbers' && column.valid?.[i] !== 0) weight = column.values[i];
  if (column.kind === 'codes' && column.codes[i] < column.size) weight = column.codes[i];
  if (weight !== null && weight >= 0 && weight < Number.POSITIVE_INFINITY) return weight;
  throw new MlError('VALUE_INVALID', `${OWNER}: column ${show(name)} must hold finite weights >= 0, row ${row} has ${show(weight)}`, {
    column: name,
    row,
    value: weight,
  });
}

function badRow(child: Expression, rule: string, row: number, value: unknown): MlError {
  return new MlError('VALUE_INVALID', `${OWNER}: column ${show(label(child))} must ${rule}, row ${row} has ${show(value)}`, {
    column: label(child),
    row,
    value,
  });
}
