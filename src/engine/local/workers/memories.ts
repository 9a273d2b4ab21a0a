import { PAGE, type SharedMemory, sharedMemory } from '../../../kernels/memory.ts';

/**
 * Memories that nobody uses any more are kept for the next training set, as many bytes as were ever in use at once. Dropping them instead
 * would leave their release to the garbage collectors of all threads that ever saw them, which have no reason to run: fit after fit would
 * hold its memories.
 */
const KEPT_COUNT = 256;
const kept: { memory: SharedMemory; touched: number }[] = [];
let inUse = 0;
let mostInUse = 0;
const sizes = new WeakMap<SharedMemory, number>();

/** A memory of at least `bytes`; its content is arbitrary. `touched` says how much of it is really in use already. */
export function takeMemory(bytes: number): { memory: SharedMemory; touched: number } {
  inUse += bytes;
  mostInUse = Math.max(mostInUse, inUse);
  const found = takeKept(bytes);
  const memory = found?.memory ?? sharedMemory(bytes);
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  if (missing > 0) memory.grow(missing);
  sizes.set(memory, bytes);
  return { memory, touched: found?.touched ?? 0 };
}

/** Gives a memory back. No thread may touch it afterwards. */
export function returnMemory(memory: SharedMemory, touched: number): void {
  inUse -= sizes.get(memory) ?? 0;
  sizes.delete(memory);
  const total = kept.reduce((sum, one) => sum + one.touched, touched);
  if (total <= Math.max(mostInUse, touched) && kept.length < KEPT_COUNT) kept.push({ memory, touched });
}

/** The smallest that is large enough, or else the largest. */
function takeKept(bytes: number): { memory: SharedMemory; touched: number } | undefined {
  let best = -1;
  for (const [at, { touched }] of kept.entries()) {
    const than = kept[best]?.touched;
    if (than === undefined || (than < bytes ? touched > than : touched >= bytes && touched < than)) best = at;
  }
  return best < 0 ? undefined : kept.splice(best, 1)[0];
}
