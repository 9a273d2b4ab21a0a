import { type Column, numberAt } from '../block/column.ts';
import type { ScannedBlock } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';

/** What every number of a column must be; null is never accepted. */
export interface NumberRule {
  readonly accepts?: (value: number) => boolean;
  /** In words, after "must". */
  readonly rule: string;
}

export const anyNumber: NumberRule = { rule: 'not be null' };
export const finiteNumber: NumberRule = { accepts: Number.isFinite, rule: 'be a finite number' };
export const weightNumber: NumberRule = { accepts: (w) => w >= 0 && w < Infinity, rule: 'be a finite number >= 0' };

/** The numbers of a block's column called `name`, written to `out`; one that the rule does not accept is an error that names its row. */
export function numbersOf(
  { owner, uid }: StageName,
  column: Column,
  name: string,
  { rows, firstRow }: Pick<ScannedBlock, 'rows' | 'firstRow'>,
  { accepts, rule }: NumberRule = anyNumber,
  out: Float64Array = new Float64Array(rows),
): Float64Array {
  for (let i = 0; i < rows; i++) {
    const value = numberAt(column, i);
    if (value === null || (accepts && !accepts(value))) throw badValue(owner, name, rule, firstRow + i, value, uid);
    out[i] = value;
  }
  return out;
}

export function badValue(owner: string, column: string, rule: string, row: number, value: unknown, stage = owner): MlError {
  return new MlError('VALUE_INVALID', `${owner}: column ${show(column)} must ${rule}, row ${row} has ${show(value)}`, { stage, column, row, value });
}
