import { MlError, show } from '../error.ts';
import { Column } from './column.ts';
import type { Expression } from './expression.ts';
import type { JoinType } from './plan.ts';

/** Spark's spellings, without their underscores. */
const KINDS: ReadonlyMap<string, JoinType> = new Map([
  ['inner', 'inner'],
  ['cross', 'cross'],
  ['outer', 'full'],
  ['full', 'full'],
  ['fullouter', 'full'],
  ['left', 'left'],
  ['leftouter', 'left'],
  ['right', 'right'],
  ['rightouter', 'right'],
  ['semi', 'semi'],
  ['leftsemi', 'semi'],
  ['anti', 'anti'],
  ['leftanti', 'anti'],
]);

/** The columns or condition, and the type, of a join as users write it. */
export function joinKind(
  on: string | readonly string[] | Column | readonly Column[] | null,
  how: string,
): { on: readonly string[] | Expression | null; type: JoinType } {
  const type = KINDS.get(String(how).toLowerCase().replaceAll('_', ''));
  if (!type) {
    throw new MlError('PARAM_INVALID', `join: how must be inner, left, right, full, semi, anti or cross, got ${show(how)}`, {
      param: 'how',
      value: how,
    });
  }
  const list = on === null || on === undefined ? [] : ([on].flat() as (string | Column)[]);
  if (list.length === 0) return { on: null, type };
  // A cross join with a condition is an inner join, as in Spark.
  const kind = type === 'cross' ? 'inner' : type;
  if (list.every((c): c is string => typeof c === 'string')) return { on: list, type: kind };
  if (!list.every((c): c is Column => c instanceof Column)) {
    throw new MlError('PARAM_INVALID', `join: on must be names or Columns, got ${show(list)}`, { param: 'on' });
  }
  return { on: list.reduce((a, b) => a.and(b)).expression, type: kind };
}
