import type { Block, Column } from './column.ts';
/** Number of a column within a program. */
export type Slot = number;
/**
 * What runs on each block: reads `inputs` (in the order they were bound), and returns as many columns as were bound for output. It may drop
 * rows of `block` (see `dropRow`) and throws an `MlError` for a value that it must refuse. It owns what it returns and may write it anew at
 * the next call.
 */
export type Step = (inputs: readonly Column[], block: Block) => readonly Column[];

/** Makes a {@link Step}; called once. */
export type Op<A = unknown> = (args: A) => Step;
/** In which form a step wants a column that comes from outside the program. */
export type InputForm = 'numbers' | 'codes' | 'strings' | 'vectors' | 'values';
/**
 * Collects the steps of a program while stages bind one after another. A name means the column as it stands at that point:
 * made by an earlier step, or else read from outside.
 */
export interface Binder {
  /** The column as numbers (any numeric type or boolean) when it comes from outside; as its maker left it otherwise. */
  numbers(column: string): Slot;
  /**
   * The column as codes of `labels` (texts as Spark prints them): how it is looked up is the reader's business (in the query, or
   * in a Map), so that texts never reach the steps. null is `nullCode`, a text without a label `unseenCode`.
   */
  codes(column: string, labels: readonly string[]): Slot;
  /** The column as texts when it comes from outside. */
  strings(column: string): Slot;
  /** The column as vectors. */
  vectors(column: string): Slot;
  /** Whatever form the column has; from outside `values`. */
  any(column: string): Slot;
  /** True when a row scorer may leave the column out (an absent label); see {@link Binder.has}. */
  has(column: string): boolean;
  /** True when an earlier step makes the column: then it comes as that step left it, whatever form is asked for. */
  made(column: string): boolean;
  /**
   * Appends a step: `op` must be an exported function of `module` (pass `import.meta.url`), `args` plain data, so that the step can
   * cross threads. `outputs` are the names of the columns it makes. `dense`: vectors among them are dense, one part of the size that the schema says, and never null.
   */
  step<A>(module: string, op: Op<A>, args: A, inputs: readonly Slot[], outputs: readonly string[], dense?: boolean): void;
}
