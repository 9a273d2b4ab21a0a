import type { Expression } from '../../../frame/expression.ts';
import { expressionSql } from './expression.ts';
import { duration, moment, WINDOW } from './functions/moment.ts';

import { type Scope, type Typed, typeError } from './typed.ts';

/** A key that puts moments into sessions, which end when nothing has come for a while. */
export interface SessionKey {
  readonly typed: Typed;
  /** SQL of the moment. */
  readonly at: string;
  /** Microseconds without a moment, after which a session is over. */
  readonly gap: number;
}

/** The session that a key of groupBy asks for; null for any other key. */
export function sessionKey(key: Expression, scope: Scope): SessionKey | null {
  const call = key.kind === 'alias' ? key.child : key;
  if (call.kind !== 'call' || call.name !== 'session_window') return null;
  const [x, gap] = call.args.map((arg) => expressionSql(arg, scope));
  if (!['timestamp', 'date', 'string'].includes(x.type.kind)) throw typeError('session_window', 'of a timestamp', x.type);
  const name = key.kind === 'alias' ? key.name : 'session_window';
  return {
    typed: { sql: 't.session_', type: WINDOW, nullable: false, name, isNamed: true },
    at: moment(x),
    gap: duration('session_window', 'gap', gap),
  };
}

/** The rows that have a moment, each with its session: those of equal other keys of which none is more than the gap behind the one before. */
export function withSessions(below: string, { at, gap }: SessionKey, keys: readonly string[]): string {
  const columns = keys.map((_, i) => `s${i}_`);
  const keyed = `SELECT *, ${[...keys.map((key, i) => `${key} AS s${i}_`), `${at} AS at_`].join(', ')} FROM (${below}) AS t WHERE ${gap} > 0`;
  const span = `to_microseconds(${gap})`;
  const within = (more: string, ...partition: string[]) => `OVER (${partition.length > 0 ? `PARTITION BY ${partition.join(', ')}` : ''}${more})`;
  const begins = `CAST(coalesce(at_ > lag(at_) ${within(' ORDER BY at_', ...columns)} + ${span}, TRUE) AS INTEGER) AS begins_`;
  const numbered = `sum(begins_) ${within(' ORDER BY at_ ROWS UNBOUNDED PRECEDING', ...columns)} AS number_`;
  const all = within('', ...columns, 'number_');
  return (
    `SELECT *, {'start': min(at_) ${all}, 'end': max(at_) ${all} + ${span}} AS session_ FROM ` +
    `(SELECT *, ${numbered} FROM (SELECT *, ${begins} FROM (${keyed}) AS t WHERE at_ IS NOT NULL) AS t) AS t`
  );
}
