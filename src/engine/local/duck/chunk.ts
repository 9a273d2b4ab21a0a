import { low, type RawChunk, type RawVector } from './bindings.ts';

/** Up to 2048 rows of a result. Vectors are views of DuckDB's memory: call {@link Chunk.release} after the last use. */
export class Chunk {
  readonly rows: number;
  readonly #raw: RawChunk;

  constructor(raw: RawChunk, rows: number) {
    this.#raw = raw;
    this.rows = rows;
  }

  column(j: number): RawVector {
    return low.data_chunk_get_vector(this.#raw, j);
  }

  /** Keeps the chunk from being collected up to this call. */
  release(): void {
    low.data_chunk_get_size(this.#raw);
  }
}
