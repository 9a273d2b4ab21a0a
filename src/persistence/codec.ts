import type { Json } from './metadata.ts';
/** Column names and types of a `data/` table, in Spark's order. */
export type ColumnTypes = Readonly<Record<string, string>> | ReadonlyMap<string, string>;
export type Rows = readonly (readonly unknown[])[];

/** A table of a model beside `data/`. */
export interface SideTable<State> {
  readonly columns: ColumnTypes;
  /** The columns, in the same order, as other versions of Spark name them. */
  readonly otherColumns?: ColumnTypes;
  /** Rows to write; `model` is what holds the state, `timestamp` that of the save. */
  encode(state: State, model: SavedModel, timestamp: number): Rows;
}

/** What a side table may write of its model. */
export interface SavedModel {
  readonly uid: string;
  setParams(): ReadonlyMap<string, unknown>;
  defaultParams(): ReadonlyMap<string, unknown>;
}

/**
 * How a model's state lies in Spark's `data/` table. `columns` gives name and type in Spark's order: the names of `frame/types.ts`,
 * `!` after one that is not null (`int!`, `array<double!>`), `oldVector`/`oldMatrix` for the mllib types. Values of `vector` and
 * `matrix` columns are `Vector` and `Matrix` objects, arrays are arrays, longs are bigints, maps are Maps. Where the columns
 * depend on the stage (ImputerModel: one an input column), `columns` is a function of its params in force; data names go in a Map.
 */
export interface Codec<State> {
  readonly columns: ColumnTypes | ((params: Readonly<Record<string, unknown>>) => ColumnTypes);
  /** Rows to write, each with the columns' values in order. */
  encode(state: State): Rows;
  /**
   * The state, from rows of values in the columns' order; `metadata` holds the class's extra keys, `tables` the rows of {@link Codec.tables}.
   * Throws MlError MODEL_FORMAT for nonsense.
   */
  decode(rows: Rows, metadata: ReadonlyMap<string, Json>, tables: ReadonlyMap<string, Rows>): State;
  /** Tables beside `data/`, by folder. */
  readonly tables?: ReadonlyMap<string, SideTable<State>>;
  /** Extra top-level keys of `metadata/`: whole numbers are written as integers, a Float64Array as a list of doubles. */
  metadata?(state: State): Readonly<Record<string, unknown>>;
}

/** A codec of states of many rows, which are handed over one at a time, so that no more of them are there at once. */
export interface StreamedCodec<State> extends Omit<Codec<State>, 'encode' | 'decode'> {
  /** Rows to write, made as they are asked for. */
  encode(state: State): Iterable<readonly unknown[]>;
  /** As {@link Codec.decode}, of rows to come. */
  collect(metadata: ReadonlyMap<string, Json>, tables: ReadonlyMap<string, Rows>): RowCollector<State>;
}

export interface RowCollector<State> {
  add(row: readonly unknown[]): void;
  /** The state, once all rows are added. */
  finish(): State;
}
