import { Code, ConnectError } from '@connectrpc/connect';

/** How long a server may take over a question that costs it nothing. */
export const PROBE_TIMEOUT = 20_000;

const SILENCE = new Error('silence');

function silence(milliseconds: number): ConnectError {
  return new ConnectError(`the server was silent for ${milliseconds / 1000} s`, Code.Unavailable, undefined, undefined, SILENCE);
}

/** Whether a call failed because nothing came, for as long as it was given. */
export function isSilence(error: unknown): boolean {
  return error instanceof ConnectError && error.cause === SILENCE;
}

/**
 * The messages of a stream, which counts as broken when none comes for so many milliseconds: a proxy may keep a connection alive behind which nobody
 * is left. Only waiting counts, not what the reader does in between.
 */
export async function* unlessSilent<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  milliseconds: number,
  stop: AbortSignal,
): AsyncGenerator<T, void> {
  const attempt = new AbortController();
  const end = () => attempt.abort();
  stop.addEventListener('abort', end);
  if (stop.aborted) end();
  let silent = false;
  try {
    const messages = open(attempt.signal)[Symbol.asyncIterator]();
    for (;;) {
      const timer = setTimeout(() => {
        silent = true;
        end();
      }, milliseconds);
      const next = await messages.next().finally(() => clearTimeout(timer));
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throw silent ? silence(milliseconds) : error;
  } finally {
    stop.removeEventListener('abort', end);
    end();
  }
}

/**
 * The answer of a call, which is given up when after so many milliseconds, and each time as many have passed again, `isAlive` says that nobody is
 * left.
 */
export async function unlessDead<T>(
  send: (signal: AbortSignal) => Promise<T>,
  milliseconds: number,
  isAlive: () => Promise<boolean>,
  stop: AbortSignal | undefined,
): Promise<T> {
  const attempt = new AbortController();
  const end = () => attempt.abort();
  stop?.addEventListener('abort', end);
  if (stop?.aborted) end();
  let dead = false;
  const timer = setInterval(async () => {
    if (await isAlive()) return;
    dead = true;
    end();
  }, milliseconds);
  try {
    return await send(attempt.signal);
  } catch (error) {
    throw dead ? silence(milliseconds) : error;
  } finally {
    clearInterval(timer);
    stop?.removeEventListener('abort', end);
  }
}
