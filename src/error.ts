/** Where an error happened and on what; each field only where it applies. */
export interface MlErrorDetails {
  /** uid or class of the stage it is about. */
  stage?: string;
  /** The param or option. */
  param?: string;
  /** The column. */
  column?: string;
  /** Position of the row in the data read, from 0. */
  row?: number;
  /** What was found there. */
  value?: unknown;
  /** The file or folder. */
  path?: string;
  [key: string]: unknown;
}

/** Stable codes, for programs; the message is for people. */
export type MlErrorCode =
  | 'PARAM_INVALID'
  | 'PARAM_UNKNOWN'
  | 'COLUMN_NOT_FOUND'
  | 'COLUMN_TYPE'
  | 'COLUMN_EXISTS'
  | 'COLUMN_AMBIGUOUS'
  | 'VALUE_INVALID'
  | 'SCHEMA_INVALID'
  | 'EMPTY_DATASET'
  | 'EXPRESSION_INVALID'
  | 'SQL_FAILED'
  | 'MODEL_FORMAT'
  | 'UNSUPPORTED_VERSION'
  | 'ALREADY_EXISTS'
  | 'NOT_FOUND'
  | 'IO_FAILED'
  | 'MEMORY_LIMIT'
  | 'WORKER_LOST'
  | 'TASK_FAILED'
  | 'NOT_SUPPORTED'
  | 'SESSION_CLOSED'
  | 'CONNECTION_LOST'
  | 'ACCESS_DENIED'
  | 'SPARK_FAILED'
  | 'ABORTED';

/** Every error that Millstream raises: a stable `code`, one sentence, and what it is about in `details`. */
export class MlError extends Error {
  /** Stable, for programs; docs/errors.md lists what each means and what to do. */
  readonly code: MlErrorCode;
  /** Where it happened and on what. */
  readonly details: MlErrorDetails;

  constructor(code: MlErrorCode, message: string, details: MlErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = code === 'ABORTED' ? 'AbortError' : 'MlError';
    this.code = code;
    this.details = details;
  }
}

/** The error of an aborted call: `name` is `AbortError`, as the platform's own, and `cause` the signal's reason. */
export function aborted(signal: AbortSignal, owner: string): MlError {
  return new MlError('ABORTED', `${owner}: aborted by its signal`, {}, { cause: signal.reason });
}

/** Throws when `signal` is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined, owner: string): void {
  if (signal?.aborted) throw aborted(signal, owner);
  if (signal && typeof signal.addEventListener !== 'function') {
    throw new MlError('PARAM_INVALID', `${owner}: signal must be an AbortSignal, got ${show(signal)}`, { param: 'signal', value: signal });
  }
}

/** Refuses `new` of what is made by the library alone, where the parts are not those that it passes. */
export function requireMade(owner: string, there: boolean, remedy: string): void {
  if (!there) throw new MlError('PARAM_INVALID', `${owner}: must be made from its own parts, got others; ${remedy}`);
}

/** What the system says of a failure, without the call that failed and its path, which may be long and a temporary one. */
export function systemReason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+ '.*$/s, '') : show(error);
}

/** Whether the value's class says how it prints: stages, points of grids, vectors … */
function printsItself(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || 'toJSON' in value || Object.hasOwn(value, 'toString')) return false;
  const { toString: print } = value;
  return typeof print === 'function' && print !== Object.prototype.toString && print !== Array.prototype.toString;
}

/**
 * A value as it may stand in a message: quoted when text, items of lists each as it is, other things (stages, vectors) as they print, cut to 200
 * characters.
 */
export function show(value: unknown): string {
  let text: string;
  if (typeof value === 'string') text = JSON.stringify(value);
  else if (typeof value === 'number') text = Object.is(value, -0) ? '-0' : String(value);
  else if (value === null || ['bigint', 'undefined', 'boolean', 'symbol'].includes(typeof value)) text = String(value);
  else if (typeof value === 'function') text = `function ${value.name}`.trim();
  else {
    try {
      if (typeof (value as { then?: unknown }).then === 'function') return 'a promise (await it first)';
      text = isList(value) ? `[${Array.from(value.slice(0, 200), show).join(',')}]` : printsItself(value) ? String(value) : json(value);
    } catch {
      text = Object.prototype.toString.call(value);
    }
  }
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function json(value: unknown): string {
  return JSON.stringify(value, (_, v) => (typeof v === 'bigint' || printsItself(v) ? String(v) : v));
}
