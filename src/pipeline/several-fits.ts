import { aborted } from '../error.ts';
import type { Frame } from '../frame/frame.ts';

/**
 * Starts `run(0)`, `run(1)`, … in this order, at most `limit` at a time, and waits for all. After the first failure, or when `signal`
 * is aborted, nothing more is started and the signal passed to the runs is aborted; the failure is thrown once the runs under way
 * have ended.
 */
export async function runInOrder(
  count: number,
  limit: number,
  owner: string,
  signal: AbortSignal | undefined,
  run: (index: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const failures: unknown[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count && !either.aborted) {
      try {
        // A signal of its own for each: Node warns where more than ten listen to one.
        await run(next++, AbortSignal.any([either]));
      } catch (error) {
        failures.push(error);
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, lane));
  if (signal?.aborted) throw aborted(signal, owner);
  if (failures.length > 0) throw failures[0];
}

/** Frees cached frames; a failure to is only logged, for it must not hide how the search ended. */
export async function unpersist(frames: readonly Frame[]): Promise<void> {
  for (const frame of frames) {
    await frame.unpersist().catch((error: unknown) => frame.executor.logger.warn(`unpersist: ${String(error)}`));
  }
}
