import { MlError } from '../../../error.ts';

/**
 * Counts the bytes of training sets and scratch memory against a limit, so that a fit is refused before the system runs out of memory.
 * (The heap limits of worker threads do not see typed arrays.)
 */
export class MemoryLedger {
  readonly limit: number;
  #taken = 0;

  /** `limit` in bytes. */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.limit = limit;
  }

  get used(): number {
    return this.#taken;
  }

  reserve(bytes: number, owner: string): void {
    if (this.#taken + bytes > this.limit) {
      throw new MlError(
        'MEMORY_LIMIT',
        `${owner}: the training data must fit into the memory limit of ${megabytes(this.limit)}, ` +
          `needs ${megabytes(this.#taken + bytes)} (${this.#taken + bytes} bytes) so far; raise memoryLimit, unpersist cached frames or keep fewer columns`,
        { limit: this.limit, needed: this.#taken + bytes },
      );
    }
    this.#taken += bytes;
  }

  release(bytes: number): void {
    this.#taken -= bytes;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1048576).toFixed(1)} MiB`;
}
