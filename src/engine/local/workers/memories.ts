import { PAGE, type SharedMemory, sharedMemory } from '../../../kernels/memory.ts';

/**
 * Memories that nobody uses any more are kept for the next training set. Dropping them instead would leave their release to the garbage
 * collectors of all threads that ever saw them, which have no reason to run: a thousand small fits would hold a thousand memories.
 */
const KEPT_BYTES = 256 * 1048576;
const KEPT_COUNT = 64;
const kept: { memory: SharedMemory; touched: number }[] = [];

/** A memory of at least `bytes`; its content is arbitrary. `touched` says how much of it is really in use already. */
export function takeMemory(bytes: number): { memory: SharedMemory; touched: number } {
  const found = kept.pop();
  if (!found) return { memory: sharedMemory(bytes), touched: 0 };
  const missing = Math.ceil((bytes - found.memory.buffer.byteLength) / PAGE);
  if (missing > 0) found.memory.grow(missing);
  return found;
}

/** Gives a memory back. No thread may touch it afterwards. */
export function returnMemory(memory: SharedMemory, touched: number): void {
  const total = kept.reduce((sum, one) => sum + one.touched, touched);
  if (total <= KEPT_BYTES && kept.length < KEPT_COUNT) kept.push({ memory, touched });
}
