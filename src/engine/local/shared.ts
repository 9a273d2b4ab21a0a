import { aborted, MlError } from '../../error.ts';
import type { QueryOptions } from './duck/database.ts';

/** How often work is begun again that another caller's abort has ended. */
const TRIES = 10;

/**
 * Work that several callers wait for, begun by the first one: `join` begins it or gives what is under way. One who aborts leaves at once,
 * and when that ends the work for the others too, they begin again.
 */
export async function shared<T>(join: () => Promise<T>, options: QueryOptions): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await unlessAborted(join(), options);
    } catch (error) {
      const foreign = error instanceof MlError && error.code === 'ABORTED' && !options.signal?.aborted;
      if (!foreign || tries === TRIES) throw error;
    }
  }
}

/** `work`, or the abort that comes before its end. */
export function unlessAborted<T>(work: Promise<T>, { signal, owner }: QueryOptions): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const leave = () => reject(aborted(signal, owner));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
