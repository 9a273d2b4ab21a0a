import type { Json } from './metadata.ts';
/** Column names and types of a `data/` table, in Spark's order. */
export type ColumnTypes = Readonly<Record<string, string>> | ReadonlyMap<string, string>;
/**
 * How a model's state lies in Spark's `data/` table. `columns` gives name and type in Spark's order: the names of `frame/types.ts`,
 * `!` after one that is not null (`int!`, `array<double!>`), `oldVector`/`oldMatrix` for the mllib types. Values of `vector` and
 * `matrix` columns are `Vector` and `Matrix` objects, arrays are arrays, longs are bigints, maps are Maps. Where the columns
 * depend on the stage (ImputerModel: one an input column), `columns` is a function of its params in force; data names go in a Map.
 */
export interface Codec<State> {
  readonly columns: ColumnTypes | ((params: Readonly<Record<string, unknown>>) => ColumnTypes);
  /** Rows to write, each with the columns' values in order. */
  encode(state: State): readonly (readonly unknown[])[];
  /** The state, from rows of values in the columns' order; `metadata` holds the class's extra keys. Throws MlError MODEL_FORMAT for nonsense. */
  decode(rows: readonly (readonly unknown[])[], metadata: ReadonlyMap<string, Json>): State;
  /** Extra top-level keys of `metadata/`: whole numbers are written as integers, a Float64Array as a list of doubles. */
  metadata?(state: State): Readonly<Record<string, unknown>>;
}
