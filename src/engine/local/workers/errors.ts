import { MlError, type MlErrorCode, type MlErrorDetails, show } from '../../../error.ts';

/** An error as plain data that crosses threads; `code` only of an {@link MlError}. */
interface PlainError {
  name: string;
  message: string;
  stack?: string;
  code?: MlErrorCode;
  details?: MlErrorDetails;
  cause?: PlainError;
}

/** What came of a task: errors travel as values, so that a rejected promise always means a lost worker. */
export type Outcome<R> = { ok: true; value: R } | { ok: false; error: PlainError };

export function packError(error: unknown, depth = 0): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: show(error) };
  const { name, message, stack } = error;
  const cause = error.cause === undefined || depth > 4 ? {} : { cause: packError(error.cause, depth + 1) };
  if (!(error instanceof MlError)) return { name, message, stack, ...cause };
  return { name, message, stack, code: error.code, details: cloneable(error.details), ...cause };
}

/** The error again: an MlError as itself, anything else as TASK_FAILED of `owner` with the error as its cause. */
export function unpackError(plain: PlainError, owner: string): MlError {
  if (plain.code !== undefined) return toMlError(plain as PlainError & { code: MlErrorCode });
  return new MlError('TASK_FAILED', `${owner}: a task on a worker failed: ${plain.message}`, {}, { cause: toError(plain) });
}

function toMlError(plain: PlainError & { code: MlErrorCode }): MlError {
  const error = new MlError(plain.code, plain.message, plain.details ?? {}, plain.cause && { cause: toError(plain.cause) });
  error.stack = plain.stack;
  return error;
}

function toError(plain: PlainError): Error {
  if (plain.code !== undefined) return toMlError(plain as PlainError & { code: MlErrorCode });
  const error = new Error(plain.message, plain.cause && { cause: toError(plain.cause) });
  error.name = plain.name;
  error.stack = plain.stack;
  return error;
}

/** Details that structured cloning refuses (functions, symbols) become text. */
function cloneable(details: MlErrorDetails): MlErrorDetails {
  const entries = Object.entries(details).map(([key, value]) => {
    try {
      return [key, structuredClone(value)];
    } catch {
      return [key, show(value)];
    }
  });
  return Object.fromEntries(entries);
}
