import type { Block } from '../block/column.ts';
import { MlError, show } from '../error.ts';

/** Whose column a value stands in. */
export interface Site {
  readonly owner: string;
  readonly stage: string;
  readonly column: string;
}

/** The error of a value that a step must refuse, at row `i` of `block`. */
export function invalidValue({ owner, stage, column }: Site, block: Block, i: number, must: string, value: unknown, remedy: string): MlError {
  const row = block.firstRow + i;
  return new MlError('VALUE_INVALID', `${owner}: column ${show(column)} must ${must}, got ${show(value)} at row ${row}; ${remedy}`, {
    stage,
    column,
    row,
    value,
  });
}

/** Whether row `i` still counts: no earlier step has dropped it. */
export function isKept(block: Block, i: number): boolean {
  return block.keep === null || block.keep[i] !== 0;
}
