import type { RecordBatch } from 'apache-arrow';
import { MlError } from '../../error.ts';
import { batchesFromIpc } from '../../frame/arrow-batches.ts';
import type { Schema } from '../../frame/schema.ts';
import type { SparkClient } from './client.ts';
import { type ExecuteOptions, execute } from './execution.ts';
import type { ExecutePlanResponse_ArrowBatch, Relation } from './proto/connect_pb.ts';
import { schemaOf } from './types.ts';

/** A relation's rows: their schema is known once the first batch (or the end) has come. */
export class QueryResult {
  readonly #client: SparkClient;
  readonly #root: Relation;
  readonly #options: ExecuteOptions;
  #schema: Schema | null = null;

  constructor(client: SparkClient, root: Relation, options: ExecuteOptions) {
    this.#client = client;
    this.#root = root;
    this.#options = options;
  }

  get schema(): Schema {
    if (this.#schema) return this.#schema;
    throw new MlError('SPARK_FAILED', `${this.#options.owner}: the server must say the schema of its rows, it said none`);
  }

  /** Arrow batches as they come; a slow reader slows the server down. */
  async *batches(): AsyncGenerator<RecordBatch, void> {
    const pieces = new Pieces(this.#options.owner);
    for await (const answer of execute(this.#client, { opType: { case: 'root', value: this.#root } }, this.#options)) {
      if (answer.schema) this.#schema = schemaOf(answer.schema, this.#options.owner);
      if (answer.responseType.case !== 'arrowBatch') continue;
      const bytes = pieces.add(answer.responseType.value);
      if (bytes) yield* batchesFromIpc(bytes);
    }
    pieces.end();
  }
}

/** Joins batches that come in pieces, and holds the count of rows against what came. */
class Pieces {
  readonly #owner: string;
  #parts: Uint8Array[] = [];
  #rows = 0n;

  constructor(owner: string) {
    this.#owner = owner;
  }

  /** The whole batch once its last piece is there. */
  add({ data, chunkIndex = 0n, numChunksInBatch = 1n, startOffset, rowCount }: ExecutePlanResponse_ArrowBatch): Uint8Array | null {
    if (chunkIndex !== BigInt(this.#parts.length)) throw this.#lost(`piece ${this.#parts.length} of a batch is missing`);
    if (chunkIndex === 0n) {
      if (startOffset !== undefined && startOffset !== this.#rows) throw this.#lost(`rows from ${this.#rows} to ${startOffset} are missing`);
      this.#rows += rowCount;
    }
    this.#parts.push(data);
    if (BigInt(this.#parts.length) < numChunksInBatch) return null;
    const whole = this.#parts.length === 1 ? data : Buffer.concat(this.#parts);
    this.#parts = [];
    return whole;
  }

  end(): void {
    if (this.#parts.length > 0) throw this.#lost('the last batch is not whole');
  }

  #lost(what: string): MlError {
    return new MlError('CONNECTION_LOST', `${this.#owner}: the server's answer is not complete, ${what}`);
  }
}
