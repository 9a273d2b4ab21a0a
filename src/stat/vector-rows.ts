import type { VectorColumn } from '../block/column.ts';
import type { Engine, RemoteStatistic } from '../engine/engine.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import { Frame } from '../frame/frame.ts';
import type { Field } from '../frame/schema.ts';
import { Schema } from '../frame/schema.ts';
import { badValue, numbersOf } from './number-column.ts';

/** A block of vectors of one size, with a number a row where a column of numbers was asked for. */
export interface VectorRows {
  readonly rows: number;
  readonly firstRow: number;
  readonly vectors: VectorColumn;
  readonly numbers: Float64Array;
}

/** Fails for what is no frame, or lacks a column of vectors and, where asked for, one of numbers. */
export async function requireVectors(
  owner: string,
  frame: Frame,
  { features, numbers }: { features: string; numbers?: string | undefined },
  options: ActionOptions,
): Promise<void> {
  if (!(frame instanceof Frame)) throw new MlError('VALUE_INVALID', `${owner}: must be given a Frame, got ${show(frame)}`);
  const schema = await frame.schema(options);
  schema.require(owner, features, 'vector');
  if (numbers !== undefined) schema.require(owner, numbers, 'numeric');
}

/**
 * Visits the rows of a vector column, and a numeric one beside it, in row order. A null, or a vector of another size, is an error that names its row.
 */
export async function visitVectors(
  owner: string,
  frame: Frame,
  { features, numbers }: { features: string; numbers?: string },
  onBlock: (block: VectorRows) => void,
  options: ActionOptions,
): Promise<void> {
  await requireVectors(owner, frame, { features, numbers }, options);
  let size = -1;
  const stage = { owner, uid: owner };
  await (frame.executor as Engine).train(frame.plan, stage, options, (context) =>
    context.scan(numbers === undefined ? [features] : [features, numbers], (block) => {
      const { rows, firstRow, columns } = block;
      const [vectors, beside] = columns;
      const column = vectors as VectorColumn;
      const missing = column.valid ? column.valid.subarray(0, rows).indexOf(0) : -1;
      if (missing >= 0) throw badValue(owner, features, 'not be null', firstRow + missing, null);
      if (size < 0) size = column.size;
      if (column.size !== size) throw badValue(owner, features, `have ${size} slots in all rows`, firstRow, column.size);
      onBlock({
        rows,
        firstRow,
        vectors: column,
        numbers: beside ? numbersOf(stage, beside, numbers as string, block) : new Float64Array(0),
      });
    }),
  );
  if (size < 0) throw new MlError('EMPTY_DATASET', `${owner}: the frame must have at least one row, has none`, { stage: owner });
}

/** What a cluster's own function finds of a frame there, as a frame; null where rows are computed with in this process. */
export async function foundThere(frame: Frame, what: RemoteStatistic, options: ActionOptions): Promise<Frame | null> {
  const { stages } = frame.executor as Engine;
  if (!stages) return null;
  const { schema, rows } = await stages.statistic(frame.plan, what, options);
  const columns = schema.names.map((name) => rows.map((row) => row[name]));
  return new Frame(frame.executor, { op: 'local', table: { schema, rows: rows.length, partitions: null, columns } });
}

/** A frame of these rows, of the session of `frame`. */
export function frameLike(frame: Frame, fields: readonly (Omit<Field, 'nullable'> & { readonly values: readonly unknown[] })[]): Frame {
  const schema = new Schema(fields.map(({ name, type }) => ({ name, type, nullable: false })));
  const table = { schema, rows: fields[0].values.length, partitions: null, columns: fields.map((f) => f.values) };
  return new Frame(frame.executor, { op: 'local', table });
}
