import type { Column, NumberColumn, VectorColumn } from '#dist/block/column.js';
import type { Engine, TrainingContext } from '#dist/engine/engine.js';
import type { StageName } from '#dist/engine/stage-name.js';
import { throwIfAborted } from '#dist/error.js';
import type { FitOptions, Row } from '#dist/frame/executor.js';
import type { Expression } from '#dist/frame/expression.js';
import { Frame } from '#dist/frame/frame.js';
import type { Plan } from '#dist/frame/plan.js';
import { Schema, type SchemaLiteral } from '#dist/frame/schema.js';
import { bindProgram } from '#dist/scoring/bind.js';
import { startProgram } from '#dist/scoring/program.js';

/** An engine over plain rows, for laws that need no real one: numbers, texts and dense vectors, in blocks of four rows. */
export class MemoryEngine implements Engine {
  readonly kind = 'local';
  readonly logger = { debug() {}, info() {}, warn() {}, error() {} };
  readonly workers: number;
  /** Caches that hold rows now, by id, and how often any was filled. */
  readonly cached = new Map<number, Promise<Row[]>>();
  filled = 0;
  /** Reads of a plan's data. */
  reads = 0;

  constructor(workers = 1) {
    this.workers = workers;
  }

  frame(literal: SchemaLiteral, rows: readonly Row[]): Frame {
    const schema = Schema.from(literal);
    const columns = schema.names.map((name) => rows.map((row) => row[name] ?? null));
    return new Frame(this, { op: 'local', table: { schema, rows: rows.length, partitions: null, columns } });
  }

  async schema(plan: Plan): Promise<Schema> {
    if (plan.op === 'local') return plan.table.schema;
    if (plan.op === 'union') return this.schema(plan.left);
    const input = await this.schema((plan as { input: Plan }).input);
    return plan.op === 'transform' ? plan.stage.transformSchema(input) : input;
  }

  async collect(plan: Plan): Promise<Row[]> {
    this.reads++;
    return this.#rows(plan);
  }

  async count(plan: Plan): Promise<number> {
    return (await this.#rows(plan)).length;
  }

  async unpersist(plan: Plan): Promise<void> {
    if (plan.op === 'cache') this.cached.delete(plan.id);
  }

  async train<T>(plan: Plan, { owner, uid }: StageName, options: FitOptions, train: (context: TrainingContext) => Promise<T>): Promise<T> {
    throwIfAborted(options.signal, owner);
    const schema = await this.schema(plan);
    const read = async () => {
      this.reads++;
      return this.#rows(plan);
    };
    const context = {
      owner,
      uid,
      schema,
      signal: options.signal,
      logger: this.logger,
      report: (event: object) => options.onProgress?.({ stage: uid, ...event }),
      async scan(names: readonly string[], onBlock: Parameters<TrainingContext['scan']>[1]) {
        const rows = await read();
        for (let i = 0; i < rows.length; i += 4) {
          const slice = rows.slice(i, i + 4);
          onBlock({ rows: slice.length, firstRow: i, columns: names.map((name) => column(schema, name, slice)) });
        }
      },
    };
    return train(context as unknown as TrainingContext);
  }

  batches = unused;
  toArrow = unused;
  write = unused;
  explain = unused;
  quantiles = unused;

  async #rows(plan: Plan): Promise<Row[]> {
    switch (plan.op) {
      case 'local': {
        const { schema, columns, rows } = plan.table;
        return Array.from({ length: rows }, (_, i) => Object.fromEntries(schema.names.map((name, c) => [name, columns[c][i]])));
      }
      case 'cache': {
        let rows = this.cached.get(plan.id);
        if (!rows) {
          this.filled++;
          rows = this.#rows(plan.input);
          this.cached.set(plan.id, rows);
        }
        return rows;
      }
      case 'sample':
        return (await this.#rows(plan.input)).filter((_, i) => inRange(unit(Number(plan.seed), i), plan.lower, plan.upper));
      case 'union':
        return [...(await this.#rows(plan.left)), ...(await this.#rows(plan.right))];
      case 'limit':
        return (await this.#rows(plan.input)).slice(plan.offset, plan.offset + plan.count);
      case 'filter':
        return (await this.#rows(plan.input)).filter((row) => holds(plan.condition, row));
      case 'transform':
        return transformed(await this.schema(plan.input), plan.stage, await this.#rows(plan.input));
      default:
        throw new Error(`no ${plan.op} here`);
    }
  }
}

function transformed(schema: Schema, stage: Parameters<typeof bindProgram>[0][number], rows: Row[]): Row[] {
  const { program } = bindProgram([stage], schema);
  const block = { rows: rows.length, firstRow: 0, columns: new Array<Column>(program.slots), keep: null as Uint8Array | null };
  for (const input of program.inputs) block.columns[input.slot] = column(schema, input.column, rows);
  startProgram(program).run(block);
  const made = [...program.outputs].map(([name, slot]) => [name, block.columns[slot]] as const);
  return rows
    .map((row, i) => ({ ...row, ...Object.fromEntries(made.map(([name, c]) => [name, valueAt(c, i)])) }))
    .filter((_, i) => block.keep?.[i] !== 0);
}

function column(schema: Schema, name: string, rows: readonly Row[]): Column {
  const values = rows.map((row) => row[name]);
  const kind = schema.require('MemoryEngine', name).type.kind;
  if (kind === 'string') return { kind: 'strings', values: values as (string | null)[] };
  const valid = values.some((v) => v === null) ? Uint8Array.from(values, (v) => (v === null ? 0 : 1)) : null;
  if (kind === 'vector') {
    const size = (values.find((v) => v !== null) as number[] | undefined)?.length ?? 0;
    const dense = Float64Array.from(values.flatMap((v) => (v as number[] | null) ?? new Array<number>(size).fill(0)));
    return { kind: 'vectors', size, parts: [{ kind: 'dense', size, values: dense }], valid } satisfies VectorColumn;
  }
  return { kind: 'numbers', values: Float64Array.from(values, (v) => Number(v ?? 0)), valid } satisfies NumberColumn;
}

function valueAt(made: Column, i: number): unknown {
  if (made.kind === 'numbers') return made.valid?.[i] === 0 ? null : made.values[i];
  if (made.kind === 'strings') return made.values[i];
  throw new Error(`no ${made.kind} here`);
}

function holds(condition: Expression, row: Row): boolean {
  if (condition.kind !== 'call' || condition.args[0].kind !== 'column' || condition.args[1].kind !== 'literal')
    throw new Error('no such filter here');
  const equal = row[condition.args[0].name] === condition.args[1].value;
  return condition.name === '=' ? equal : !equal;
}

/** A number in [0, 1) for a row. */
function unit(seed: number, row: number): number {
  let h = Math.imul(seed + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(row + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 4294967296;
}

const inRange = (x: number, lower: number, upper: number) => x >= lower && x < upper;

function unused(): never {
  throw new Error('not here');
}
