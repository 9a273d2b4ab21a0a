import { availableParallelism } from 'node:os';
import type { Table } from 'apache-arrow';
import { MlError, show } from '../../error.ts';
import { isArrowTable, tableFromArrow } from '../../frame/arrow.ts';
import type { Logger } from '../../frame/executor.ts';
import { Frame } from '../../frame/frame.ts';
import { sessionClosed, sessionOpened } from '../../frame/open-sessions.ts';
import type { Plan } from '../../frame/plan.ts';
import { FrameReader, parseSchema } from '../../frame/reader.ts';
import { Schema, type SchemaLiteral } from '../../frame/schema.ts';
import { closedError, Database } from './duck/database.ts';
import { LocalEngine } from './engine.ts';
import { type RowsIn, tableOfRows, withSchema } from './rows.ts';
import { TempFolder } from './temp-files.ts';
import { WorkerPool } from './workers/pool.ts';
import { MemoryLedger } from './workers/store.ts';

export interface LocalOptions {
  /** Threads for training and for queries; as many as the machine has cores by default. */
  workers?: number;
  /** What queries and training sets may take, such as `4GB`, each; by default DuckDB's own limit (80 % of the memory) and none. */
  memoryLimit?: string;
  /** Where a folder for what does not fit into memory is made; the system's temporary folder by default. */
  tempDirectory?: string;
  /** Warnings and errors go to the console by default. */
  logger?: Logger;
}

const CONSOLE: Logger = {
  debug: () => {},
  info: () => {},
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};

/** Where frames come from, and what they run on. Nothing is started before it is needed; `close()` ends it all, and so does the end of the program. */
export class Session {
  readonly logger: Logger;
  readonly #engine: LocalEngine;
  readonly #database: Database;
  readonly #pool: WorkerPool;
  #folder: TempFolder | null = null;
  #closing: Promise<void> | null = null;

  private constructor(options: LocalOptions) {
    const workers = options.workers ?? availableParallelism();
    const memoryLimit = options.memoryLimit;
    this.logger = options.logger ?? CONSOLE;
    this.#database = new Database({
      threads: workers,
      ...(memoryLimit !== undefined && { memoryLimit }),
      tempDirectory: () => {
        this.#folder ??= new TempFolder(options.tempDirectory);
        return this.#folder.path;
      },
    });
    this.#pool = new WorkerPool({ workers, logger: this.logger });
    const ledger = new MemoryLedger(memoryLimit === undefined ? undefined : bytesOf(memoryLimit));
    this.#engine = new LocalEngine({ database: this.#database, pool: this.#pool, ledger, logger: this.logger, workers });
    sessionOpened(this);
  }

  /** A session on this machine: DuckDB and worker threads within this process. */
  static async local(options: LocalOptions = {}): Promise<Session> {
    checkOptions(options);
    return new Session(options);
  }

  /** Readers of CSV, Parquet and JSON: `session.read.csv(path, options)`. */
  get read(): FrameReader {
    this.#checkOpen('read');
    return new FrameReader(this.#engine);
  }

  /**
   * A frame of rows of this process, or of an Arrow table. Types come from `schema` or else from the values: a number is a double, a
   * bigint a long, a Date a timestamp. Missing and undefined values are null.
   */
  createFrame(rows: RowsIn | Table, schema?: Schema | SchemaLiteral | string, options: { partitions?: number } = {}): Frame {
    this.#checkOpen('createFrame');
    const { partitions = null } = options;
    if (partitions !== null && !(Number.isSafeInteger(partitions) && partitions >= 1)) {
      throw new MlError('PARAM_INVALID', `createFrame: partitions must be an integer >= 1, got ${show(partitions)}`, {
        param: 'partitions',
        value: partitions,
      });
    }
    const given = schema === undefined ? null : typeof schema === 'string' ? parseSchema(schema) : Schema.from(schema);
    const table = isArrowTable(rows) ? tableFromArrow(rows, partitions) : tableOfRows(rows, given, partitions);
    return this.#frame({ op: 'local', table: given && isArrowTable(rows) ? withSchema(table, given) : table });
  }

  /** Column `id` with the whole numbers from `start` (0) up to but without `end`. */
  range(start: number, end?: number, step = 1): Frame {
    this.#checkOpen('range');
    const [from, to] = end === undefined ? [0, start] : [start, end];
    for (const [param, value] of Object.entries({ start: from, end: to, step })) {
      if (!Number.isSafeInteger(value) || (param === 'step' && value === 0)) {
        throw new MlError('PARAM_INVALID', `range: ${param} must be a whole number${param === 'step' ? ' other than 0' : ''}, got ${show(value)}`, {
          param,
          value,
        });
      }
    }
    return this.#frame({ op: 'range', start: from, end: to, step });
  }

  /** A query in DuckDB's SQL; `frames` are the tables that it may name. */
  sql(text: string, frames: Readonly<Record<string, Frame>> | ReadonlyMap<string, Frame> = {}): Frame {
    this.#checkOpen('sql');
    if (typeof text !== 'string' || text.trim() === '')
      throw new MlError('PARAM_INVALID', `sql: text must be a query, got ${show(text)}`, { param: 'text' });
    const plans = new Map<string, Plan>();
    for (const [name, frame] of frames instanceof Map ? frames : Object.entries(frames)) {
      if (!(frame instanceof Frame)) throw new MlError('PARAM_INVALID', `sql: ${show(name)} must be a Frame, got ${show(frame)}`, { param: name });
      if (frame.executor !== this.#engine) throw new MlError('PARAM_INVALID', `sql: ${show(name)} must be a frame of this session`, { param: name });
      plans.set(name, frame.plan);
    }
    return this.#frame({ op: 'sql', text, frames: plans });
  }

  /** Ends what runs and frees everything; frames of this session answer with SESSION_CLOSED from now on. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    sessionClosed(this);
    await Promise.allSettled([this.#database.close(), this.#pool.close()]);
    this.#folder?.remove();
  }

  #frame(plan: Plan): Frame {
    return new Frame(this.#engine, plan);
  }

  #checkOpen(owner: string): void {
    if (this.#closing) throw closedError(owner);
  }
}

function checkOptions(options: LocalOptions): void {
  const known = ['workers', 'memoryLimit', 'tempDirectory', 'logger'];
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new MlError('PARAM_UNKNOWN', `Session.local: unknown option ${name}; there are ${known.join(', ')}`, { param: name });
  }
  const { workers, memoryLimit } = options;
  if (workers !== undefined && !(Number.isSafeInteger(workers) && workers >= 1)) {
    throw new MlError('PARAM_INVALID', `Session.local: workers must be an integer >= 1, got ${show(workers)}`, { param: 'workers', value: workers });
  }
  if (memoryLimit !== undefined) bytesOf(memoryLimit);
}

/** Bytes of a text such as `4GB` or `512 MiB`. */
function bytesOf(limit: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b\s*$/i.exec(String(limit));
  if (!match) {
    throw new MlError('PARAM_INVALID', `Session.local: memoryLimit must be a size such as 4GB or 512MiB, got ${show(limit)}`, {
      param: 'memoryLimit',
      value: limit,
    });
  }
  const power = ['', 'k', 'm', 'g', 't'].indexOf((match[2] as string).toLowerCase());
  return Number(match[1]) * (match[3] ? 1024 : 1000) ** power;
}
