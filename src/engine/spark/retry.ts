import { randomInt } from 'node:crypto';
import { ConnectError } from '@connectrpc/connect';
import { isBroken } from './errors.ts';
import { RetryInfoSchema } from './proto/error-details_pb.ts';

/**
 * Waits before further tries: 50 ms, four times as long each time, at most a minute; from 2 s on with up to 500 ms on top, so that clients spread.
 */
const FIRST_WAIT = 50;
const FACTOR = 4;
const LONGEST_WAIT = 60_000;
const JITTER_FROM = 2000;
const JITTER = 500;
/** How often the very first call is tried: a server that is not there should be reported within a second. */
const FIRST_CALL_TRIES = 3;
const TRIES = 15;

/** Decides how long a call that failed waits before it is sent again. */
export class RetryBudget {
  readonly #tries: number;
  readonly #longest: number;
  readonly #started = performance.now();
  #failures = 0;

  constructor({ first, retryFor }: { first: boolean; retryFor: number }) {
    this.#tries = first ? FIRST_CALL_TRIES : TRIES;
    this.#longest = retryFor;
  }

  /** Milliseconds to wait before the next try, or null when the call has failed for good. */
  next(error: unknown): number | null {
    if (!isTransient(error) || ++this.#failures >= this.#tries) return null;
    const grown = Math.min(FIRST_WAIT * FACTOR ** (this.#failures - 1), LONGEST_WAIT);
    const wait = Math.max(grown + (grown >= JITTER_FROM ? randomInt(JITTER) : 0), askedDelay(error));
    const left = this.#longest - (performance.now() - this.#started);
    return left <= 0 ? null : Math.min(wait, left);
  }

  /** An answer came: what fails from now on is a new trouble. */
  succeeded(): RetryBudget {
    return this.#failures === 0 ? this : new RetryBudget({ first: false, retryFor: this.#longest });
  }
}

/** Whether sending again may help: the server could not be reached, cut the stream, or asks for it. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  if (isBroken(error) || /INVALID_CURSOR\.DISCONNECTED/.test(error.rawMessage)) return true;
  return error.findDetails(RetryInfoSchema).length > 0;
}

/** The wait that the server asks for, in milliseconds. */
function askedDelay(error: unknown): number {
  if (!(error instanceof ConnectError)) return 0;
  const [info] = error.findDetails(RetryInfoSchema);
  return Math.min(info?.retryDelay ? Number(info.retryDelay.seconds) * 1000 + info.retryDelay.nanos / 1e6 : 0, LONGEST_WAIT);
}

/** Resolves after so many milliseconds, or at once when one of the signals is raised. */
export function pause(milliseconds: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    if (signals.some((signal) => signal?.aborted)) return resolve();
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    for (const signal of signals) signal?.addEventListener('abort', done, { once: true });
  });
}
