import type { Block, VectorColumn } from '../block/column.ts';
import { writeDenseRow } from '../block/column.ts';
import { MlError, show } from '../error.ts';
import { attributeOf } from '../frame/attributes.ts';
import { emptyRow } from '../frame/empty-row.ts';
import { type BindableStage, bindProgram } from './bind.ts';
import { startProgram } from './program.ts';
import { type RowInput, rowInput } from './row-inputs.ts';
import { type RowOutput, rowOutput } from './row-outputs.ts';
import { keyOf, RowSchema, typeOf } from './row-schema.ts';

/**
 * Scores one row: the columns that the stages add, and with a probability column also `probabilities`, a Map from label to probability.
 * A row that `handleInvalid: 'skip'` drops gives null, which the type leaves out, as it does for an array's missing item: compare with
 * null where a stage skips. The vectors may be shared between results: do not write to them.
 */
export type RowScorer = (row: ScorableRow) => RowScore;

/** The columns that the stages add, by name. */
export interface RowScore {
  /** The number that is predicted: the class's, or the value. */
  readonly prediction?: number;
  /** By the label's text where the label column knows its labels, else by `0`, `1` …; there when a probability column is. */
  readonly probabilities?: ReadonlyMap<string, number>;
  readonly [column: string]: unknown;
}

/** Column name to value: numbers, bigints, booleans, strings, null, vectors, arrays. */
export type ScorableRow = Readonly<Record<string, unknown>>;

/** How many programs for rows of other keys or types are kept. */
const MAX_PROGRAMS = 16;
const PROBABILITIES = 'probabilities';

/**
 * A function that scores single rows by `stage` with the same steps, and so the same bits, as its `transform` of a frame. The first row
 * tells the columns and their types; a row with others is bound anew. A key that a stage needs and the row lacks is an error;
 * numeric text is not parsed.
 */
export function makeRowScorer(stage: BindableStage): RowScorer {
  refuseSql(stage);
  const programs = new Map<string, BoundRow>();
  let current: BoundRow | null = null;
  const score = (row: ScorableRow): RowScore | null => {
    if (current?.read(row)) return current.score(row);
    if (typeof row !== 'object' || row === null) {
      throw new MlError('VALUE_INVALID', `rowScorer: a row must be an object of values by column name, got ${show(row)}`, { value: row });
    }
    for (const [key, known] of programs) {
      if (!known.read(row)) continue;
      // Last used, last dropped.
      programs.delete(key);
      programs.set(key, known);
      current = known;
      return known.score(row);
    }
    const { key, bound } = bindRow(stage, row);
    if (!bound.read(row)) throw bound.refuse(row);
    programs.set(key, bound);
    if (programs.size > MAX_PROGRAMS) programs.delete(programs.keys().next().value as string);
    current = bound;
    return bound.score(row);
  };
  return score as RowScorer;
}

/** SQL is the engine's to run, and here is none. */
function refuseSql(stage: BindableStage): void {
  for (const leaf of leaves(stage)) {
    if ((leaf.constructor as { type?: string }).type !== 'org.apache.spark.ml.feature.SQLTransformer') continue;
    throw new MlError('NOT_SUPPORTED', `rowScorer: SQLTransformer ${String(leaf)} needs a session; leave it out of the pipeline that scores rows`, {
      stage: String(leaf),
    });
  }
}

function bindRow(stage: BindableStage, row: ScorableRow): { key: string; bound: BoundRow } {
  const schema = new RowSchema(row);
  const absent = schema.absent;
  const { program, schema: out } = bindProgram([stage], schema, absent);
  const bound = new BoundRow(program, out as RowSchema, [...absent], labelsOf(stage, row, absent, out as RowSchema));
  const key = JSON.stringify([program.inputs.map(({ column }) => [column, typeOf(keyOf(row, column)).kind]), [...absent]]);
  return { key, bound };
}

interface Probabilities {
  readonly column: string;
  readonly labels: readonly string[];
}

/** The probability column of the last stage that has one, and the labels of its classes where the label column tells them. */
function labelsOf(stage: BindableStage, row: ScorableRow, absent: ReadonlySet<string>, out: RowSchema): Probabilities | null {
  const made = new Set(out.fields.map(({ name }) => name));
  const last = [...leaves(stage)].findLast(({ params }) => typeof params.probabilityCol === 'string' && made.has(params.probabilityCol));
  if (!last) return null;
  const labelCol = last.params.labelCol;
  // The label itself may be absent from the row; its labels are known all the same.
  const whole = stage.transformSchema(new RowSchema(row, absent));
  const field = whole.fields.find(({ name }) => name === labelCol);
  return { column: last.params.probabilityCol as string, labels: (field && attributeOf(field)?.values) ?? [] };
}

interface WithParams {
  readonly params: Readonly<Record<string, unknown>>;
}

/** The stages that do the work: those of a pipeline, the best model of a search. */
function* leaves(stage: unknown): Generator<WithParams> {
  const { state, params } = stage as { state?: { stages?: unknown; bestModel?: unknown }; params?: Readonly<Record<string, unknown>> };
  const held = Array.isArray(state?.stages) ? state.stages : state?.bestModel ? [state.bestModel] : null;
  if (held) for (const inner of held) yield* leaves(inner);
  else if (params) yield stage as WithParams;
}

/** A program with the columns of one row. */
class BoundRow {
  readonly #inputs: readonly RowInput[];
  readonly #absent: readonly string[];
  readonly #outputs: readonly { name: string; slot: number; read: RowOutput }[];
  /** All keys of a result, in order. */
  readonly #template: Record<string, unknown>;
  readonly #probabilities: { slot: number; labels: string[]; scratch: Float64Array } | null = null;
  readonly #block: Block = { rows: 1, firstRow: 0, columns: [], keep: null };
  readonly #run: (block: Block) => void;

  constructor(program: Parameters<typeof startProgram>[0], schema: RowSchema, absent: readonly string[], probabilities: Probabilities | null) {
    this.#inputs = program.inputs.map(rowInput);
    program.inputs.forEach(({ slot }, i) => {
      this.#block.columns[slot] = this.#inputs[i].column;
    });
    this.#absent = absent;
    const running = startProgram(program);
    this.#run = (block) => running.run(block);
    this.#outputs = schema.fields.flatMap((field) => {
      const slot = program.outputs.get(field.name);
      return slot === undefined ? [] : [{ name: field.name, slot, read: rowOutput(field) }];
    });
    const slot = probabilities && program.outputs.get(probabilities.column);
    const isFree = this.#outputs.every(({ name }) => name !== PROBABILITIES);
    if (probabilities && slot !== undefined && slot !== null && isFree) {
      this.#probabilities = { slot, labels: [...probabilities.labels], scratch: new Float64Array(0) };
    }
    const keys = [...this.#outputs.map(({ name }) => name), ...(this.#probabilities ? [PROBABILITIES] : [])];
    this.#template = emptyRow(keys);
  }

  /** Takes the row's values; false when the row has other keys or other types than this program is for. */
  read(row: ScorableRow): boolean {
    if (typeof row !== 'object' || row === null) return false;
    const inputs = this.#inputs;
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i];
      const value = input.lookedUp ? keyOf(row, input.name) : row[input.name];
      if (value === undefined || !input.set(value)) return false;
    }
    const absent = this.#absent;
    for (let i = 0; i < absent.length; i++) if (keyOf(row, absent[i]) !== undefined) return false;
    return true;
  }

  /** The error of a row that not even the program bound to it can take. */
  refuse(row: ScorableRow): MlError {
    const bad = this.#inputs.find(({ name, set }) => {
      const value = keyOf(row, name);
      return value === undefined || !set(value);
    });
    const name = bad?.name ?? '';
    const value = keyOf(row, name);
    const must = value === undefined ? 'be there' : `hold ${bad?.column.kind}`;
    return new MlError('COLUMN_TYPE', `rowScorer: the row's ${show(name)} must ${must}, got ${show(value)}`, { column: name, value });
  }

  /** Scores the values taken by {@link read}. */
  score(row: ScorableRow): Record<string, unknown> | null {
    const block = this.#block;
    block.keep = null;
    try {
      this.#run(block);
    } catch (error) {
      throw withValue(error, row);
    }
    const keep = block.keep;
    if (keep !== null && keep[0] === 0) return null;
    const scored = { ...this.#template };
    const outputs = this.#outputs;
    for (let o = 0; o < outputs.length; o++) {
      const { name, slot, read } = outputs[o];
      scored[name] = read(block.columns[slot]);
    }
    if (this.#probabilities) scored[PROBABILITIES] = this.#labelled(this.#probabilities, block);
    return scored;
  }

  #labelled(probabilities: { slot: number; labels: string[]; scratch: Float64Array }, block: Block): Map<string, number> {
    const column = block.columns[probabilities.slot] as VectorColumn;
    const { labels } = probabilities;
    if (probabilities.scratch.length < column.size) {
      probabilities.scratch = new Float64Array(column.size);
      for (let c = labels.length; c < column.size; c++) labels.push(String(c));
    }
    writeDenseRow(column, 0, probabilities.scratch);
    const named = new Map<string, number>();
    for (let c = 0; c < column.size; c++) named.set(labels[c], probabilities.scratch[c]);
    return named;
  }
}

/** A step knows a text only by its code; here the text is at hand. */
function withValue(error: unknown, row: ScorableRow): unknown {
  if (!(error instanceof MlError) || error.details.column === undefined || 'value' in error.details) return error;
  const value = keyOf(row, error.details.column);
  if (value === undefined) return error;
  return new MlError(error.code, error.message.replace('an unseen one', show(value)), { ...error.details, value }, { cause: error });
}
