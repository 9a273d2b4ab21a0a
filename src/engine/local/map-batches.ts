import { pathToFileURL } from 'node:url';
import { MlError, show } from '../../error.ts';
import type { LocalTable, Plan } from '../../frame/plan.ts';
import type { Schema } from '../../frame/schema.ts';
import type { DataType } from '../../frame/types.ts';
import { DenseVector, SparseVector } from '../../linalg/vectors.ts';
import type { Database } from './duck/database.ts';
import { readValues } from './duck/read-vector.ts';
import { duckType } from './sql/duck-type.ts';
import type { Relation } from './sql/relation.ts';
import type { WorkerPool } from './workers/pool.ts';

/** Key of a packed vector. */
const VECTOR = 'millstream.vector';

type MapPlan = Extract<Plan, { op: 'mapBatches' }>;

/** Rows of a batch: cut by the rows' order alone, so that results do not depend on the number of workers. */
const BATCH_ROWS = 65536;

/** What a batch function gets and gives: whole columns, numbers as typed arrays where none is null. */
export interface Batch {
  rows: number;
  columns: Record<string, ArrayLike<unknown>>;
}

/** The schema that comes out. */
export function batchSchema(plan: MapPlan, input: Schema): Schema {
  for (const name of plan.columns ?? []) input.require('mapBatches', name);
  if (!plan.add) return plan.schema;
  return plan.schema.fields.reduce((schema, field) => schema.with(field), input);
}

export function emptyRelation(schema: Schema): Relation {
  const list = schema.fields.map((f, j) => `CAST(NULL AS ${duckType(f.type)}) AS c${j}`).join(', ') || 'NULL AS none';
  return { sql: `SELECT ${list} WHERE false`, schema, columns: schema.fields.map((_, j) => `c${j}`), stable: true };
}

/** Runs the function on the workers, batch by batch, some batches ahead; the results in the batches' order. */
export async function mapBatches(
  plan: MapPlan,
  input: Relation,
  schema: Schema,
  database: Database,
  pool: WorkerPool,
  signal: AbortSignal | undefined,
): Promise<LocalTable> {
  const names = plan.columns ?? input.schema.names;
  const results: unknown[][] = schema.fields.map(() => []);
  const pending: Promise<void>[] = [];
  let failure: unknown = null;
  let rows = 0;
  let number = 0;
  const flush = async (columns: unknown[][], count: number) => {
    const batch: Batch = { rows: count, columns: Object.create(null) as Batch['columns'] };
    for (const name of names) {
      const at = input.schema.names.indexOf(name);
      batch.columns[name] = packed(columns[at], input.schema.fields[at]?.type);
    }
    const index = number++;
    const before = pending[index - 1] ?? Promise.resolve();
    const args = { module: moduleUrl(plan.module), name: plan.name, args: plan.args, batch, outputs: plan.schema.names, add: plan.add };
    const run = pool.run<{ rows: number; columns: ArrayLike<unknown>[] }>(
      { module: import.meta.url, name: 'runBatch', local: runBatch as never, args, owner: 'mapBatches' },
      { signal },
    );
    pending.push(
      Promise.all([run, before])
        .then(([made]) => {
          if (plan.add && made.rows !== count) throw wrongRows(plan.name, plan.schema.names[0], made.rows, count);
          schema.fields.forEach((field, j) => {
            const out = plan.schema.names.indexOf(field.name);
            const source = out >= 0 ? made.columns[out] : columns[input.schema.names.indexOf(field.name)];
            const result = results[j];
            for (let i = 0; i < made.rows; i++) result.push(unpackVector(source[i]) ?? null);
          });
          rows += made.rows;
        })
        .catch((error: unknown) => {
          failure ??= error;
        }),
    );
    if (pending.length >= 2 * pool.workers) await pending[pending.length - pool.workers];
  };
  let columns: unknown[][] = input.columns.map(() => []);
  let count = 0;
  const sql = `SELECT ${input.columns.join(', ') || 'NULL AS none'} FROM (${input.sql}) AS t`;
  for await (const chunk of database.stream(sql, Math.max(input.columns.length, 1), { owner: 'mapBatches', signal })) {
    input.schema.fields.forEach(({ type }, j) => {
      const values = readValues(chunk.column(j), type, chunk.rows);
      for (let i = 0; i < values.length; i++) columns[j].push(values[i]);
    });
    chunk.release();
    count += chunk.rows;
    if (count >= BATCH_ROWS) {
      await flush(columns, count);
      columns = input.columns.map(() => []);
      count = 0;
    }
    if (failure) break;
  }
  if (count > 0 && !failure) await flush(columns, count);
  await Promise.all(pending);
  if (failure) throw failure;
  return { schema, rows, partitions: null, columns: results };
}

function moduleUrl(module: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(module) ? module : pathToFileURL(module).href;
}

/** A vector as plain data, which crosses threads; anything else as it is. */
function packVector(value: unknown): unknown {
  if (value instanceof SparseVector) return { [VECTOR]: [value.size, value.indices, value.values] };
  return value instanceof DenseVector ? { [VECTOR]: value.values } : value;
}

function unpackVector(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, VECTOR)) return value;
  const packed = (value as { [VECTOR]: Float64Array | [number, Int32Array, Float64Array] })[VECTOR];
  return Array.isArray(packed) ? new SparseVector(...packed) : new DenseVector(packed);
}

/** Numbers as a Float64Array, longs as a BigInt64Array, where none is null. */
function packed(values: unknown[], type: DataType): ArrayLike<unknown> {
  if (type.kind === 'vector') return values.map(packVector);
  const numeric = ['byte', 'short', 'int', 'float', 'double'].includes(type.kind);
  if ((!numeric && type.kind !== 'long') || values.includes(null)) return values;
  return numeric ? Float64Array.from(values as number[]) : BigInt64Array.from(values as bigint[]);
}

interface BatchTask {
  module: string;
  name: string;
  args: unknown;
  batch: Batch;
  outputs: readonly string[];
  add: boolean;
}

/** Runs in a worker: calls the user's function and checks what it gives. */
export async function runBatch({ module, name, args, batch, outputs, add }: BatchTask): Promise<{ rows: number; columns: ArrayLike<unknown>[] }> {
  const exports = (await import(module)) as Record<string, unknown>;
  const call = Object.hasOwn(exports, name) ? exports[name] : undefined;
  if (typeof call !== 'function')
    throw new MlError('PARAM_INVALID', `mapBatches: ${show(module)} must export a function ${show(name)}`, { param: 'name' });
  for (const [column, values] of Object.entries(batch.columns)) {
    if (Array.isArray(values)) batch.columns[column] = values.map(unpackVector);
  }
  const made: unknown = await call(batch, args);
  const columns = add && outputs.length === 1 && isColumn(made) ? [made] : outputs.map((output) => columnOf(made, output, name));
  for (const [k, column] of columns.entries()) if (Array.isArray(column)) columns[k] = column.map(packVector);
  const rows = rowsOf(made) ?? columns[0]?.length ?? 0;
  const odd = columns.findIndex((column) => column.length !== rows);
  if (odd >= 0) throw wrongRows(name, outputs[odd], columns[odd]?.length, rows);
  return { rows, columns };
}

/** The number of rows that the function says it gives. */
function rowsOf(made: unknown): number | null {
  const rows: unknown = typeof made === 'object' && made !== null && 'columns' in made && 'rows' in made ? made.rows : null;
  return typeof rows === 'number' ? rows : null;
}

function wrongRows(name: string, column: string | undefined, got: number | undefined, expected: number): MlError {
  return new MlError('VALUE_INVALID', `mapBatches: ${name} must give ${expected} rows in column ${show(column)}, got ${got}`, {
    function: name,
    column,
    expected,
    value: got,
  });
}

function isColumn(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function columnOf(made: unknown, output: string, name: string): ArrayLike<unknown> {
  const holder = typeof made === 'object' && made !== null && 'columns' in made ? (made.columns as object) : made;
  const column: unknown =
    typeof holder === 'object' && holder !== null && Object.hasOwn(holder, output) ? (holder as Record<string, unknown>)[output] : undefined;
  if (isColumn(column)) return column;
  throw new MlError('VALUE_INVALID', `mapBatches: ${name} must give { columns: { ${outputName(output)}: … } }, got ${show(column)}`, {
    column: output,
  });
}

function outputName(output: string): string {
  return /^\w+$/.test(output) ? output : JSON.stringify(output);
}
