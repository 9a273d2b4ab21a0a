import { MlError, type MlErrorDetails } from '#dist/error.js';
import { Schema, type SchemaLiteral } from '#dist/frame/schema.js';
import type { BindableStage } from '#dist/scoring/bind.js';
import { type Table, transformTable } from './mini-engine.ts';

/** A table of rows in the literal's order. */
export function table(schema: SchemaLiteral, ...rows: unknown[][]): Table {
  return { schema: Schema.from(schema), rows };
}

/** One column of the table after the stages; vectors as arrays. */
export function columnAfter(stages: readonly BindableStage[], input: Table, name: string, blockRows?: number): unknown[] {
  const { schema, rows } = transformTable(stages, input, blockRows);
  const at = schema.names.indexOf(name);
  return rows.map((row) => (row[at] instanceof Float64Array ? [...(row[at] as Float64Array)] : row[at]));
}

/** Code, details and message of what `action` throws. */
export function thrown(action: () => unknown): { code: string; message: string; details: MlErrorDetails } {
  try {
    action();
  } catch (error) {
    if (error instanceof MlError) return { code: error.code, message: error.message, details: error.details };
    throw error;
  }
  throw new Error('nothing was thrown');
}
