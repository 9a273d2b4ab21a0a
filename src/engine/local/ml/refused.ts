import type { Column } from '../../../block/column.ts';
import { MlError, show } from '../../../error.ts';

/** What stands in a message for a text of which only the code came to the program. */
const UNSEEN = 'an unseen one';

/** The column of an error about a row whose value is not known; null for any other error. */
export function lacksValue(error: unknown): string | null {
  if (!(error instanceof MlError) || 'value' in error.details) return null;
  const { column, row } = error.details;
  return typeof column === 'string' && typeof row === 'number' ? column : null;
}

/** The error with the value of its row in `column`, whose first row is `firstRow`. */
export function withValue(error: unknown, column: string, values: Column, firstRow: number): unknown {
  if (lacksValue(error) !== column || values.kind !== 'values') return error;
  const { code, message, details, stack } = error as MlError;
  const value = values.values[(details.row as number) - firstRow] ?? null;
  const found = new MlError(
    code,
    message.replace(UNSEEN, () => show(value)),
    { ...details, value },
  );
  found.stack = stack;
  return found;
}
