import fc from 'fast-check';
import { instantiate, type Kernels } from '#dist/kernels/kernels.js';
import { type SharedMemory, sharedMemory } from '#dist/kernels/memory.js';

export type Numbers = Float64Array | Uint8Array | Uint16Array | Uint32Array;
export type NumbersClass<T extends Numbers> = new (buffer: ArrayBufferLike, at: number, length: number) => T;

/** A shared memory that hands out arrays one after the other, and the kernels over it. */
export class Arena {
  readonly memory: SharedMemory = sharedMemory(4 * 1048576);
  readonly kernels: Kernels = instantiate(this.memory);
  private top = 64;

  /** A copy of the numbers in the memory. Behind it stand 64 bytes that no kernel may touch: see {@link fences}. */
  put<T extends Numbers>(Kind: NumbersClass<T>, values: ArrayLike<number>): T {
    const array = new Kind(this.memory.buffer, this.top, values.length);
    array.set(values);
    const end = Math.ceil((array.byteOffset + array.byteLength) / 8) * 8;
    new Uint8Array(this.memory.buffer, end, 64).fill(FENCE);
    this.walls.push(end);
    this.top = end + 64;
    return array;
  }

  /** The addresses of the arrays, as the column kernels take them. */
  pointers(arrays: readonly Numbers[]): number {
    return this.put(
      Uint32Array,
      arrays.map((a) => a.byteOffset),
    ).byteOffset;
  }

  /** Whether nothing was written behind any array. */
  get fences(): boolean {
    return this.walls.every((at) => new Uint8Array(this.memory.buffer, at, 64).every((byte) => byte === FENCE));
  }

  /** Forgets all arrays. */
  clear(): void {
    this.top = 64;
    this.walls.length = 0;
  }

  private readonly walls: number[] = [];
}

const FENCE = 0xa5;

/** Doubles of all kinds: NaN, infinities, both zeros, subnormal numbers and what lies between. */
export const anyDouble = fc.double();
/** Numbers as they stand in data. */
export const plainDouble = fc.double({ min: -1e3, max: 1e3, noNaN: true });

export function doublesOf(n: number, kind: fc.Arbitrary<number> = anyDouble): fc.Arbitrary<number[]> {
  return fc.array(kind, { minLength: n, maxLength: n });
}

/** Lengths around the lanes and the unrolled steps of the kernels, and some larger. */
export const LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 17, 31, 32, 33, 35, 100, 517];
/** Numbers of columns around the widths of a pass. */
export const COUNTS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 16, 21];

/** A plain copy outside the shared memory, for the twin to work on. */
export function copyOf<T extends Numbers>(array: T): T {
  return array.slice() as T;
}
