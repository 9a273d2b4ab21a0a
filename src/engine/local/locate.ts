import { MlError, show } from '../../error.ts';
import { type Expression, parts } from '../../frame/expression.ts';
import { inputsOf, type Plan } from '../../frame/plan.ts';
import type { DataType } from '../../frame/types.ts';
import type { Compiler } from './compiler.ts';
import type { Database, QueryOptions } from './duck/database.ts';
import type { Relation } from './sql/relation.ts';
import type { Typed } from './sql/typed.ts';
import { containsAggregate } from './sql/walk.ts';
import { locate } from './training/scan.ts';

interface Parts {
  readonly compiler: Compiler;
  readonly database: Database;
}

interface Place {
  readonly column: string;
  readonly row?: number;
  readonly value?: unknown;
}

const LONG: DataType = { kind: 'long' };

/** So many rows are looked at first, then twice as many. */
const FIRST_ROWS = 2048;

/**
 * `work`, an action over `plan`; its error tells of the column and the first row that it is about. A query meets rows in any order and names
 * neither: the steps of the plan are run again, the lowest first.
 */
export async function located<T>(parts: Parts, plan: Plan, options: QueryOptions, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (parts.database.isFromFunction(error)) throw await locate(parts, plan, error, { ...options, owner: 'transform' });
    if (!(error instanceof MlError) || error.code !== 'VALUE_INVALID' || Object.keys(error.details).length > 0) throw error;
    const place = await placeOf(parts, plan, options).catch(() => null);
    throw place && !options.signal?.aborted ? at(error, place) : error;
  }
}

function at(error: MlError, { column, row, value }: Place): MlError {
  const where = row === undefined ? `column ${show(column)}` : `column ${show(column)} at row ${row}`;
  const details = { column, ...(row !== undefined && { row }), ...(value !== undefined && { value }) };
  const found = new MlError(error.code, `${error.message}, in ${where}`, details, { cause: error.cause });
  found.stack = error.stack;
  return found;
}

/** Where the plan's lowest failing step fails; null when no step fails alone. */
async function placeOf(parts: Parts, plan: Plan, options: QueryOptions): Promise<Place | null> {
  for (const input of inputsOf(plan)) {
    const place = await placeOf(parts, input, options);
    if (place) return place;
  }
  const expressions = expressionsOf(plan);
  if (expressions.length === 0) return null;
  const from = await parts.compiler.compile((plan as Extract<Plan, { input: Plan }>).input, options);
  for (const expression of expressions) {
    const place = await placeIn(parts, plan, from, expression, options).catch(() => null);
    if (place) return place;
  }
  return null;
}

function expressionsOf(plan: Plan): readonly Expression[] {
  switch (plan.op) {
    case 'project':
      return plan.columns;
    case 'withColumns':
      return plan.columns.map(({ name, value }) => ({ kind: 'alias', child: value, name }));
    case 'filter':
      return [plan.condition];
    case 'sort':
      return plan.keys;
    case 'aggregate':
      return [...plan.keys, ...plan.aggregates];
    default:
      return [];
  }
}

async function placeIn(given: Parts, plan: Plan, from: Relation, expression: Expression, options: QueryOptions): Promise<Place | null> {
  if (!containsAggregate(expression)) return firstRow(given, from, expression, options);
  for (const part of parts(expression)) {
    const place = await placeIn(given, plan, from, part, options);
    if (place) return place;
  }
  const keys = plan.op === 'aggregate' ? plan.keys : [];
  const [made, ...grouped] = await given.compiler.typed([expression, ...keys], from, options);
  const groups = grouped.length > 0 ? ` GROUP BY ${grouped.map(({ sql }) => sql).join(', ')}` : '';
  const query = given.database.rows(`SELECT ${made.sql} FROM (${from.sql}) AS t${groups}`, [made.type], options);
  return query.then(
    () => null,
    () => ({ column: columnOf(expression, made) }),
  );
}

/** The first row for which the expression fails, with the value of the column that it is made of. */
async function firstRow({ compiler, database }: Parts, from: Relation, expression: Expression, options: QueryOptions): Promise<Place | null> {
  const [made] = await compiler.typed([expression], from, options);
  const leading = (rows: number, offset = 0) => `(SELECT * FROM (${from.sql}) AS t LIMIT ${rows} OFFSET ${offset}) AS t`;
  const fails = (rows: number) =>
    database.rows(`SELECT last(${made.sql}) FROM ${leading(rows)}`, [made.type], options).then(
      () => false,
      () => true,
    );
  const [[count]] = await database.rows(`SELECT count(*) FROM (${from.sql}) AS t`, [LONG], options);
  let good = 0;
  let bad = Math.min(FIRST_ROWS, Number(count));
  while (!(await fails(bad))) {
    if (bad === Number(count)) return null;
    good = bad;
    bad = Math.min(2 * bad, Number(count));
  }
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (await fails(middle)) bad = middle;
    else good = middle;
  }
  const column = columnOf(expression, made);
  if (!from.schema.find(column)) return { column, row: good };
  const [read] = await compiler.typed([{ kind: 'column', name: column }], from, options);
  const [[value]] = await database.rows(`SELECT ${read.sql} FROM ${leading(1, good)}`, [read.type], options);
  return { column, row: good, value };
}

/** The only column that the expression reads, or else what it makes. */
function columnOf(expression: Expression, { name }: Typed): string {
  const names = new Set(columnsIn(expression));
  return names.size === 1 ? [...names][0] : name;
}

function columnsIn(expression: Expression): string[] {
  return expression.kind === 'column' ? [expression.name] : parts(expression).flatMap(columnsIn);
}
