import { MlError, show } from '../error.ts';
import { Column } from './column.ts';
import type { Expression } from './expression.ts';
import type { JoinType } from './plan.ts';

/** Spark's spellings; at run time their case does not matter. */
const KINDS = {
  inner: 'inner',
  cross: 'cross',
  outer: 'full',
  full: 'full',
  fullouter: 'full',
  full_outer: 'full',
  left: 'left',
  leftouter: 'left',
  left_outer: 'left',
  right: 'right',
  rightouter: 'right',
  right_outer: 'right',
  semi: 'semi',
  leftsemi: 'semi',
  left_semi: 'semi',
  anti: 'anti',
  leftanti: 'anti',
  left_anti: 'anti',
} as const satisfies Record<string, JoinType>;

/** How to join: inner, left, right, full (outer), semi, anti or cross, in Spark's spellings. */
export type JoinHow = keyof typeof KINDS;

const isKind = (how: string): how is JoinHow => Object.hasOwn(KINDS, how);

/** The columns or condition, and the type, of a join as users write it. */
export function joinKind(
  on: string | readonly string[] | Column | readonly Column[] | null,
  how: JoinHow,
): { on: readonly string[] | Expression | null; type: JoinType } {
  const known = String(how).toLowerCase();
  if (!isKind(known)) {
    throw new MlError('PARAM_INVALID', `join: how must be inner, left, right, full, semi, anti or cross, got ${show(how)}`, {
      param: 'how',
      value: how,
    });
  }
  const type = KINDS[known];
  const list = on === null || on === undefined ? [] : [on].flat();
  if (list.length === 0) return { on: null, type };
  // A cross join with a condition is an inner join, as in Spark.
  const kind = type === 'cross' ? 'inner' : type;
  if (list.every((c): c is string => typeof c === 'string')) return { on: list, type: kind };
  if (!list.every((c): c is Column => c instanceof Column)) {
    throw new MlError('PARAM_INVALID', `join: on must be names or Columns, got ${show(list)}`, { param: 'on' });
  }
  return { on: list.reduce((a, b) => a.and(b)).expression, type: kind };
}
