/** Fits and transforms small tables without an engine: blocks are made from rows here, so that the stages' own arithmetic is all that runs. */
import type { Block, Column, VectorColumn } from '#dist/block/column.js';
import { codesFor, nullCode, unseenCode, writeDenseRow } from '#dist/block/column.js';
import type { AggregateRequest, Level, TrainingContext } from '#dist/engine/engine.js';
import { compareText, type NumberKind, numberText } from '#dist/feature/label-text.js';
import { type Field, Schema } from '#dist/frame/schema.js';
import { isVector, SparseVector, type Vector } from '#dist/linalg/vectors.js';
import type { ParamSchema } from '#dist/param/param.js';
import type { Estimator } from '#dist/pipeline/estimator.js';
import { Estimator as EstimatorClass } from '#dist/pipeline/estimator.js';
import type { PipelineStage } from '#dist/pipeline/stage.js';
import type { Transformer } from '#dist/pipeline/transformer.js';
import { type BindableStage, bindProgram } from '#dist/scoring/bind.js';
import { type ProgramInput, startProgram } from '#dist/scoring/program.js';

export interface Table {
  readonly schema: Schema;
  /** Values in the schema's order. */
  readonly rows: readonly (readonly unknown[])[];
}

export type AnyStage = PipelineStage<ParamSchema>;
export type AnyTransformer = Transformer<ParamSchema>;

/** Fits the stages one after another, each to the table as those before it leave it; returns the transformers. */
export async function fitStages(stages: readonly AnyStage[], train: Table, blockRows = 4): Promise<AnyTransformer[]> {
  const fitted: AnyTransformer[] = [];
  for (const stage of stages) {
    if (!(stage instanceof EstimatorClass)) {
      fitted.push(stage as AnyTransformer);
      continue;
    }
    stage.transformSchema(bindProgram(fitted, train.schema).schema);
    const { train: run } = stage as unknown as { train(context: TrainingContext): Promise<AnyTransformer> };
    fitted.push(await run.call(stage, contextOf(stage as Estimator<ParamSchema, AnyTransformer>, fitted, train, blockRows)));
  }
  return fitted;
}

/** The table after the transformers, `blockRows` rows a block. */
export function transformTable(stages: readonly BindableStage[], input: Table, blockRows = 4): Table {
  const { schema, columns } = runAll(stages, input, blockRows);
  const rows: unknown[][] = [];
  for (const [i, row] of columns.rows.entries()) rows.push(schema.fields.map((field) => columns.value(field, i, row)));
  return { schema, rows };
}

interface Ran {
  /** Kept input rows. */
  readonly rows: readonly (readonly unknown[])[];
  value(field: Field, i: number, row: readonly unknown[]): unknown;
}

/** As an engine does: the first vector tells the size of a vector column whose attributes do not. */
function sizedSchema({ schema, rows }: Table): Schema {
  const sized = schema.fields.map((field, j) => {
    const vector = rows.map((row) => row[j]).find((value) => isVector(value)) as Vector | undefined;
    return vector && field.metadata === undefined ? { ...field, metadata: { ml_attr: { num_attrs: vector.size } } } : field;
  });
  return new Schema(sized);
}

function runAll(stages: readonly BindableStage[], input: Table, blockRows: number): { schema: Schema; columns: Ran } {
  const { program, schema } = bindProgram(stages, sizedSchema(input));
  const running = startProgram(program);
  const kept: (readonly unknown[])[] = [];
  const made = new Map<string, unknown[]>([...program.outputs.keys()].map((name) => [name, []]));
  for (let from = 0; from < input.rows.length; from += blockRows) {
    const rows = input.rows.slice(from, from + blockRows);
    const block: Block = { rows: rows.length, firstRow: from, columns: [], keep: null };
    for (const source of program.inputs) block.columns[source.slot] = inputColumn(source, input.schema, rows);
    running.run(block);
    for (let i = 0; i < rows.length; i++) {
      if (block.keep && block.keep[i] === 0) continue;
      kept.push(rows[i]);
      for (const [name, slot] of program.outputs) made.get(name)!.push(cellOf(block.columns[slot], i, schema.find(name)!));
    }
  }
  const names = input.schema.names;
  return {
    schema,
    columns: { rows: kept, value: (field, i, row) => (made.has(field.name) ? made.get(field.name)![i] : row[names.indexOf(field.name)]) },
  };
}

function cellOf(column: Column, i: number, field: Field): unknown {
  switch (column.kind) {
    case 'numbers':
      return column.valid && column.valid[i] === 0 ? null : column.values[i];
    case 'codes':
      if (column.codes[i] >= column.size) return null;
      return field.type.kind === 'string' ? column.labels![column.codes[i]] : column.codes[i];
    case 'vectors':
      return column.valid && column.valid[i] === 0 ? null : denseRow(column, i);
    default:
      return column.values[i];
  }
}

export function denseRow(column: VectorColumn, i: number): Float64Array {
  const out = new Float64Array(column.size);
  writeDenseRow(column, i, out);
  return out;
}

export function inputColumn({ column, form, labels }: Pick<ProgramInput, 'column' | 'form' | 'labels'>, schema: Schema, rows: Table['rows']): Column {
  const at = schema.names.indexOf(column);
  const { type } = schema.find(column)!;
  const values = rows.map((row) => row[at]);
  if (form === 'codes') {
    const size = labels!.length;
    const codes = codesFor(size + 1, rows.length);
    values.forEach((value, i) => {
      const code = value === null ? -1 : labels!.indexOf(textOf(value, type.kind));
      codes[i] = value === null ? nullCode(size) : code < 0 ? unseenCode(size) : code;
    });
    return { kind: 'codes', codes, size, labels };
  }
  if (form === 'vectors') return vectorColumn(values as (Vector | null)[]);
  if (form === 'strings') return { kind: 'strings', values: values as string[] };
  if (form === 'values') return { kind: 'values', values };
  const valid = values.includes(null) ? Uint8Array.from(values, (v) => (v === null ? 0 : 1)) : null;
  return { kind: 'numbers', values: Float64Array.from(values, (v) => (v === null ? 0 : Number(v))), valid };
}

/** Dense rows as one dense part; any sparse row makes all of them one sparse part. */
function vectorColumn(values: readonly (Vector | null)[]): VectorColumn {
  const size = values.find((v) => v !== null)?.size ?? 0;
  const valid = values.includes(null) ? Uint8Array.from(values, (v) => (v === null ? 0 : 1)) : null;
  if (!values.some((v) => v instanceof SparseVector)) {
    const dense = new Float64Array(values.length * size);
    values.forEach((v, i) => void (v && dense.set(v.toArray(), i * size)));
    return { kind: 'vectors', size, parts: [{ kind: 'dense', size, values: dense }], valid };
  }
  const starts = new Uint32Array(values.length + 1);
  const indices: number[] = [];
  const numbers: number[] = [];
  values.forEach((v, i) => {
    v?.toArray().forEach((x, j) => {
      if (x !== 0) indices.push(j);
      if (x !== 0) numbers.push(x);
    });
    starts[i + 1] = indices.length;
  });
  return {
    kind: 'vectors',
    size,
    parts: [{ kind: 'sparse', size, starts, indices: Uint32Array.from(indices), values: Float64Array.from(numbers) }],
    valid,
  };
}

function textOf(value: unknown, kind: string): string {
  return typeof value === 'number' ? numberText(value, kind as NumberKind) : String(value);
}

function contextOf(
  stage: Estimator<ParamSchema, AnyTransformer>,
  before: readonly AnyTransformer[],
  train: Table,
  blockRows: number,
): TrainingContext {
  const whole = transformTable(before, train, blockRows);
  const column = (name: string) => whole.rows.map((row) => row[whole.schema.names.indexOf(name)]);
  const unsupported = () => Promise.reject(new Error('not part of the mini engine'));
  const silent = () => undefined;
  return {
    owner: stage.owner,
    uid: stage.uid,
    schema: whole.schema,
    signal: undefined,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    report: silent,
    async scan(columns, onBlock) {
      for (let from = 0; from < whole.rows.length; from += blockRows) {
        const rows = whole.rows.slice(from, from + blockRows).map((row) => row.map((v) => (v instanceof Float64Array ? new Dense(v).vector : v)));
        const forms = columns.map((name) => (whole.schema.find(name)!.type.kind === 'vector' ? 'vectors' : 'numbers') as ProgramInput['form']);
        onBlock({
          rows: rows.length,
          firstRow: from,
          columns: columns.map((name, c) => inputColumn({ column: name, form: forms[c], labels: null }, whole.schema, rows)),
        });
      }
    },
    levels: async (columns) => columns.map((name) => levelsOf(column(name), whole.schema.find(name)!.type.kind)),
    aggregate: async (requests) => requests.map((request) => aggregateOf(column(request.column) as number[], request)),
    trainingSet: unsupported,
    binnedSet: unsupported,
    solve: unsupported,
  };
}

class Dense {
  readonly vector: Vector;
  constructor(values: Float64Array) {
    this.vector = new SparseVector(
      values.length,
      [...values.keys()].filter((j) => values[j] !== 0),
      values.filter((x) => x !== 0),
    );
  }
}

function levelsOf(values: readonly unknown[], kind: string): Level[] {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(textOf(value, kind), (counts.get(textOf(value, kind)) ?? 0) + 1);
  return [...counts].map(([text, count]) => ({ text, count })).sort((a, b) => compareText(b.text, a.text));
}

function aggregateOf(values: readonly (number | null)[], { of, p, except }: AggregateRequest): number | null {
  const found = values.flatMap((v) => (v === null || Number.isNaN(Number(v)) || Number(v) === except ? [] : [Number(v)])).sort((a, b) => a - b);
  if (of === 'count') return found.length;
  if (found.length === 0) return null;
  if (of === 'min') return found[0];
  if (of === 'max') return found[found.length - 1];
  if (of === 'quantile') return found[Math.max(Math.ceil(p! * found.length), 1) - 1];
  const counts = new Map<number, number>();
  for (const x of found) counts.set(x, (counts.get(x) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0][0];
}

/** Rows with vectors as arrays of numbers, for comparing. */
export function plainRows({ rows }: Table): unknown[][] {
  return rows.map((row) =>
    row.map((value) =>
      value instanceof Float64Array ? [...value].map((x) => x + 0) : isVector(value) ? [...value.toArray()].map((x) => x + 0) : value,
    ),
  );
}
