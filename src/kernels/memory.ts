/** A shared WebAssembly memory, as far as we use one. Survives `postMessage`: the other thread sees the same bytes. */
export interface SharedMemory {
  /** The bytes as they are now; after `grow` a new view is needed to see the new ones. */
  readonly buffer: SharedArrayBuffer;
  /** Adds pages; gives the number of pages before. */
  grow(pages: number): number;
}

/** The part of the platform's WebAssembly that we use: neither the language's library nor Node 20's types declare it. */
interface Platform {
  Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => SharedMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: { env: { memory: SharedMemory } }) => { exports: unknown };
}

export const wasm = (globalThis as unknown as { WebAssembly: Platform }).WebAssembly;

/** Bytes of a page, the unit in which a memory grows, and the most pages of one memory (4 GiB). */
export const PAGE = 65536;
export const MAX_PAGES = 65536;

/** An empty shared memory that the kernels accept. Untouched pages cost address space only. */
export function sharedMemory(bytes: number): SharedMemory {
  return new wasm.Memory({ initial: Math.max(1, Math.ceil(bytes / PAGE)), maximum: MAX_PAGES, shared: true });
}
