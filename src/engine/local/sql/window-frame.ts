import { MlError } from '../../../error.ts';
import type { Expression } from '../../../frame/expression.ts';
import { type DataType, isNumeric, typeName } from '../../../frame/types.ts';

/** Which rows around the current one a function of a window sees. */
export type WindowFrame = NonNullable<Extract<Expression, { kind: 'window' }>['frame']>;

export function frameSql({ unit, start, end }: WindowFrame): string {
  return `${unit.toUpperCase()} BETWEEN ${bound(start)} AND ${bound(end)}`;
}

function bound(offset: number): string {
  if (offset === 0) return 'CURRENT ROW';
  if (Math.abs(offset) === Number.POSITIVE_INFINITY) return `UNBOUNDED ${offset < 0 ? 'PRECEDING' : 'FOLLOWING'}`;
  return `${Math.abs(offset)} ${offset < 0 ? 'PRECEDING' : 'FOLLOWING'}`;
}

/** Ranks need an order, and all but `nth_value` have a frame of their own: as in Spark another is refused. */
export function checkRanking(name: string, ordered: boolean, frame: WindowFrame | undefined): void {
  if (!ordered) throw new MlError('EXPRESSION_INVALID', `${name}: its window must be ordered, is not; add orderBy(…)`);
  if (!frame || name === 'nth_value') return;
  const own = name === 'lag' || name === 'lead' ? null : name === 'cume_dist' ? 'range' : 'rows';
  if (frame.unit === own && frame.start === Number.NEGATIVE_INFINITY && frame.end === 0) return;
  const must = `its window must have no frame but the function's own, got ${frameSql(frame)}; leave out ${frame.unit}Between`;
  throw new MlError('EXPRESSION_INVALID', `${name}: ${must}`);
}

/** A range is of the values by which rows are ordered; bounds that are numbers need one column to add them to. */
export function checkFrame({ unit, start, end }: WindowFrame, order: readonly DataType[]): void {
  if (unit === 'rows') return;
  const refuse = (must: string, got: string): never => {
    throw new MlError(
      'EXPRESSION_INVALID',
      `over: a window with rangeBetween must be ordered by ${must}, got ${got}; change orderBy, or use rowsBetween`,
    );
  };
  if (order.length === 0) refuse('a column', 'none');
  if ([start, end].every((x) => x === 0 || !Number.isFinite(x))) return;
  if (order.length > 1) refuse('one column', `${order.length}`);
  if (!isNumeric(order[0]) && order[0].kind !== 'date') refuse('numbers or dates', typeName(order[0]));
}
