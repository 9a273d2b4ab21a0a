import { type DuckDBConnection, DuckDBInstance, type DuckDBResult } from '@duckdb/node-api';
import { aborted, MlError, throwIfAborted } from '../../../error.ts';
import type { DataType } from '../../../frame/types.ts';
import { low, rawConnection, view } from './bindings.ts';
import { Chunk } from './chunk.ts';
import { duckError } from './errors.ts';
import { abandon, endsInPeace, interruptAtExit, onAbort } from './interrupt.ts';
import { readValues } from './read-vector.ts';
import { typeOf } from './types.ts';

interface DatabaseOptions {
  threads: number;
  /** Such as `4GB`; DuckDB's own default when absent. */
  memoryLimit?: string;
  tempDirectory: () => string;
}

export interface QueryOptions {
  signal?: AbortSignal;
  /** Who asks, for messages. */
  owner: string;
  /** Internal names to be replaced in messages. */
  names?: ReadonlyMap<string, string>;
}

/** Chunks of a finished result that are given before others have a turn. */
const CHUNKS_PER_TURN = 16;

/** One in-memory DuckDB, opened at the first use. Each query has a connection to itself. */
export class Database {
  readonly #options: DatabaseOptions;
  readonly #idle: DuckDBConnection[] = [];
  readonly #busy = new Set<DuckDBConnection>();
  /** Streams whose reader is busy elsewhere: nobody waits for them, so that `close` must end them. */
  readonly #paused = new Map<DuckDBConnection, DuckDBResult>();
  /** Errors thrown by our own code inside queries, by the number that stands in DuckDB's message. */
  readonly #thrown = new Map<number, unknown>();
  readonly #ours = new WeakSet<object>();
  readonly #explainers = new Map<number, (text: string) => MlError>();
  #hasFunctions = false;
  #opened: Promise<DuckDBInstance> | null = null;
  #closed = false;
  #numbers = 0;

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A number that nobody has yet, for names of tables, functions and columns. */
  number(): number {
    return ++this.#numbers;
  }

  /** Runs a statement that gives no rows. */
  async run(sql: string, options: QueryOptions): Promise<void> {
    await this.use(options, (connection) => connection.run(sql));
  }

  /** All rows of a small result, with values as rows hold them. */
  async rows(sql: string, types: readonly DataType[], options: QueryOptions): Promise<unknown[][]> {
    const rows: unknown[][] = [];
    for await (const chunk of this.whole(sql, options)) {
      const columns = types.map((type, j) => readValues(chunk.column(j), type, chunk.rows));
      for (let i = 0; i < chunk.rows; i++) rows.push(columns.map((values) => values[i]));
      chunk.release();
    }
    return rows;
  }

  /** The result chunk by chunk, computed as a whole before the first comes: faster than {@link stream}, where memory allows. */
  async *whole(sql: string, options: QueryOptions): AsyncGenerator<Chunk, void> {
    yield* (await this.result(sql, options))();
  }

  /** Computes a result as a whole; the function gives its chunks. */
  async result(sql: string, options: QueryOptions): Promise<() => AsyncGenerator<Chunk, void>> {
    const result = await this.use(options, (connection) => connection.run(sql));
    return async function* chunks() {
      for (let k = 0; k < result.chunkCount; k++) {
        // They are there already: a thread's turn for each would take longer than reading it.
        if (k % CHUNKS_PER_TURN === CHUNKS_PER_TURN - 1) await new Promise((resolve) => setImmediate(resolve));
        throwIfAborted(options.signal, options.owner);
        const chunk = result.getChunk(k);
        yield new Chunk(chunk.chunk, chunk.rowCount);
      }
    };
  }

  /** Names and types that a SELECT would give. */
  describe(sql: string, options: QueryOptions): Promise<{ name: string; type: DataType }[]> {
    return this.use(options, async (connection) => {
      const raw = rawConnection(connection);
      const prepared = await low.prepare(raw, sql);
      try {
        return Array.from({ length: low.prepared_statement_column_count(prepared) }, (_, j) => ({
          name: low.prepared_statement_column_name(prepared, j),
          type: typeOf(low.prepared_statement_column_logical_type(prepared, j)),
        }));
      } finally {
        low.destroy_prepare_sync(prepared);
      }
    });
  }

  /**
   * The result of a SELECT of `width` columns chunk by chunk, in the query's order, computed as it is read. Stopping early stops the query.
   *
   * DuckDB's stream ends without a word when the query fails midway. A last row of our own tells that it has come to its end; where that
   * is missing the query runs once more, for its error.
   */
  async *stream(sql: string, width: number, options: QueryOptions): AsyncGenerator<Chunk, void> {
    const nulls = 'NULL, '.repeat(width);
    const connection = await this.#take(options);
    const stop = onAbort(options.signal, connection);
    let result: DuckDBResult | null = null;
    let ended = false;
    let complete = false;
    try {
      result = await connection.stream(`SELECT *, false FROM (${sql}) AS t UNION ALL SELECT ${nulls}true`);
      while (!ended) {
        const chunk = await result.fetchChunk();
        throwIfAborted(options.signal, options.owner);
        if (!chunk || chunk.rowCount === 0) ended = true;
        else {
          const rows = chunk.rowCount;
          complete = view(low.data_chunk_get_vector(chunk.chunk, width), rows, Uint8Array)[rows - 1] === 1;
          if (complete) ended = true;
          if (complete && rows === 1) break;
          this.#paused.set(connection, result);
          yield new Chunk(chunk.chunk, complete ? rows - 1 : rows);
          if (!this.#paused.delete(connection)) throw closedError(options.owner);
        }
      }
      if (!complete) {
        this.check(options);
        await connection.run(`SELECT count(hash(t)) FROM (${sql}) AS t`);
        throw new MlError('SQL_FAILED', `${options.owner}: the query ended before its last row, without an error`);
      }
    } catch (error) {
      throw this.#explain(error, options);
    } finally {
      stop();
      // The connection is gone when `close` has ended the stream.
      if (this.#busy.has(connection)) {
        this.#paused.delete(connection);
        if (result && !(ended && !complete)) await abandon(connection, result);
        this.#giveBack(connection);
      }
    }
  }

  /** Lends a connection; an abort interrupts what runs on it. */
  async use<T>(options: QueryOptions, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#take(options);
    const stop = onAbort(options.signal, connection);
    try {
      const result = await work(connection);
      throwIfAborted(options.signal, options.owner);
      return result;
    } catch (error) {
      throw this.#explain(error, options);
    } finally {
      stop();
      this.#giveBack(connection);
    }
  }

  /** Makes a scalar function known to all connections. */
  async register(define: () => Parameters<typeof low.register_scalar_function>[1], options: QueryOptions): Promise<void> {
    this.#hasFunctions = true;
    await this.use(options, async (connection) => {
      low.register_scalar_function(rawConnection(connection), define());
    });
  }

  /** Keeps an error of our own code; the text returned is what DuckDB is to be told. */
  keepError(error: unknown): string {
    const number = this.number();
    this.#thrown.set(number, error);
    return `millstream#${number}#`;
  }

  /** Whether the error was thrown by a function of ours within a query. */
  isFromFunction(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#ours.has(error);
  }

  /** SQL may raise `error('millstream#<number>#' || text)`; `explain` makes an error of the text. */
  explainWith(number: number, explain: (text: string) => MlError): void {
    this.#explainers.set(number, explain);
  }

  /** Interrupts all that runs; true when some of it may be waiting for a function of ours. */
  interrupt(): boolean {
    for (const connection of this.#busy) connection.interrupt();
    return this.#busy.size > 0 && this.#hasFunctions;
  }

  /** Interrupts what runs and closes. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#opened) return;
    const instance = await this.#opened.catch(() => null);
    endsInPeace(this);
    this.interrupt();
    for (const [connection, result] of this.#paused) {
      this.#paused.delete(connection);
      await abandon(connection, result);
      this.#busy.delete(connection);
      connection.closeSync();
    }
    while (this.#busy.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const connection of this.#idle) connection.closeSync();
    this.#idle.length = 0;
    instance?.closeSync();
  }

  /** Throws when the session is closed or the signal aborted. */
  check({ signal, owner }: QueryOptions): void {
    throwIfAborted(signal, owner);
    if (this.#closed) throw closedError(owner);
  }

  async #take(options: QueryOptions): Promise<DuckDBConnection> {
    this.check(options);
    const { owner } = options;
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    const instance = await this.#opened;
    const connection = this.#idle.pop() ?? (await instance.connect());
    if (this.#closed) {
      connection.closeSync();
      throw closedError(owner);
    }
    this.#busy.add(connection);
    return connection;
  }

  #giveBack(connection: DuckDBConnection): void {
    this.#busy.delete(connection);
    if (this.#idle.length < 8 && !this.#closed) this.#idle.push(connection);
    else connection.closeSync();
  }

  async #open(): Promise<DuckDBInstance> {
    const { threads, memoryLimit, tempDirectory } = this.#options;
    try {
      const instance = await DuckDBInstance.create(':memory:', {
        threads: String(threads),
        temp_directory: tempDirectory(),
        autoinstall_known_extensions: 'false',
        preserve_insertion_order: 'true',
        default_null_order: 'nulls_first_on_asc_last_on_desc',
        order_by_non_integer_literal: 'true',
        ...(memoryLimit !== undefined && { memory_limit: memoryLimit }),
      });
      const connection = await instance.connect();
      await connection.run("SET GLOBAL TimeZone = 'UTC'");
      this.#idle.push(connection);
      interruptAtExit(this);
      return instance;
    } catch (error) {
      throw duckError(error, 'Session.local');
    }
  }

  #explain(error: unknown, { signal, owner, names }: QueryOptions): unknown {
    if (error instanceof MlError) return error;
    const message = error instanceof Error ? error.message : String(error);
    const ours = /millstream#(\d+)#(.*)/s.exec(message);
    if (ours) {
      const number = Number(ours[1]);
      const explain = this.#explainers.get(number);
      if (explain) return explain(ours[2]);
      const kept = this.#thrown.get(number);
      this.#thrown.delete(number);
      if (typeof kept === 'object' && kept !== null) {
        this.#ours.add(kept);
        return kept;
      }
    }
    if (signal?.aborted) return aborted(signal, owner);
    if (this.#closed) return closedError(owner);
    return duckError(error, owner, names);
  }
}

function closedError(owner: string): MlError {
  return new MlError('SESSION_CLOSED', `${owner}: the session is closed; make a new one with Session.local()`);
}
