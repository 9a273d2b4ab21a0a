import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | null | undefined;

/**
 * Frees results that nobody holds any more. DuckDB's memory behind a result goes when V8 collects its handle, and V8, which knows
 * nothing of its size, sees no reason to: a fit from Parquet would leave all that it read behind. Some 10 ms; for use after large results.
 */
export function collectResults(): void {
  if (collect === undefined) {
    try {
      setFlagsFromString('--expose-gc');
      collect = runInNewContext('gc') as () => void;
    } catch {
      collect = null;
    }
  }
  collect?.();
}
