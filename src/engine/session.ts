import type { Table } from 'apache-arrow';
import { MlError, show } from '../error.ts';
import { isArrowTable, tableFromArrow } from '../frame/arrow-table.ts';
import type { Logger } from '../frame/executor.ts';
import { Frame } from '../frame/frame.ts';
import { type ServerFolders, sessionClosed, sessionOpened } from '../frame/open-sessions.ts';
import type { Plan } from '../frame/plan.ts';
import { object } from '../frame/plan-arguments.ts';
import { FrameReader } from '../frame/reader.ts';
import { Schema, type SchemaLiteral } from '../frame/schema.ts';
import { parseSchema } from '../frame/schema-text.ts';
import type { Checked } from '../frame/type-names.ts';
import { checkOptionNames } from '../param/options.ts';
import type { Backend } from './engine.ts';
import type { LocalOptions } from './local/open.ts';
import { type RowsIn, tableOfRows, withSchema } from './local/rows.ts';
import type { ConnectOptions } from './spark/open.ts';

const CONSOLE: Logger = {
  debug: () => {},
  info: () => {},
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};

/**
 * Where frames come from, and what they run on. Nothing is started before it is needed; `close()` ends it all, and so does the end of the program.
 */
export class Session {
  readonly logger: Logger;
  readonly #backend: Backend;
  #closing: Promise<void> | null = null;

  private constructor(backend: Backend, logger: Logger) {
    this.logger = logger;
    this.#backend = backend;
    sessionOpened(this);
  }

  /** A session on this machine: DuckDB and worker threads within this process. */
  static async local(options: LocalOptions = {}): Promise<Session> {
    const logger = loggerOf('Session.local', options);
    const { openLocal } = await import('./local/open.ts');
    return new Session(openLocal(options, logger), logger);
  }

  /**
   * A session on a Spark cluster, over Spark Connect: `sc://host:15002/;token=…;use_ssl=true`. The same frames and stages; the rows stay there, and
   * paths with a scheme (`hdfs:`, `s3a:`, `file:`) are the server's. Fails when the server cannot be reached or refuses the token.
   */
  static async connect(address: string, options: ConnectOptions = {}): Promise<Session> {
    const logger = loggerOf('Session.connect', options);
    const { openSpark } = await import('./spark/open.ts');
    return new Session(await openSpark(address, options, logger), logger);
  }

  /** Folders of the server that the session is connected to, for saved stages. */
  get folders(): ServerFolders | undefined {
    return this.#backend.folders;
  }

  /** Readers of CSV, Parquet and JSON: `session.read.csv(path, options)`. */
  get read(): FrameReader {
    this.#checkOpen('read');
    return new FrameReader(this.#backend.engine);
  }

  /**
   * A frame of rows of this process, or of an Arrow table. Types come from `schema` or else from the values: a number is a double, a
   * bigint a long, a Date a timestamp. Missing and undefined values are null.
   */
  createFrame<const S extends SchemaLiteral = SchemaLiteral>(
    rows: RowsIn | Table,
    schema?: Schema | string | (S & Checked<S>),
    options: { partitions?: number } = {},
  ): Frame {
    this.#checkOpen('createFrame');
    checkOptionNames('createFrame', options, ['partitions']);
    const { partitions = null } = options;
    if (partitions !== null && !(Number.isSafeInteger(partitions) && partitions >= 1)) {
      throw new MlError('PARAM_INVALID', `createFrame: partitions must be an integer >= 1, got ${show(partitions)}`, {
        param: 'partitions',
        value: partitions,
      });
    }
    const given = schema === undefined ? null : typeof schema === 'string' ? parseSchema(schema) : Schema.from(schema);
    const table = isArrowTable(rows) ? tableFromArrow(rows, partitions) : tableOfRows(rows, given, partitions);
    const interval = (given ?? table.schema).fields.find((field) => field.type.kind === 'interval');
    if (interval) {
      const must = 'must not be an interval; give numbers, and make intervals of them by makeDtInterval or makeYmInterval';
      throw new MlError('SCHEMA_INVALID', `createFrame: column ${show(interval.name)} ${must}`, { column: interval.name });
    }
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

  /** A query in the engine's own SQL (DuckDB's here, Spark's on a cluster); `frames` are the tables that it may name. */
  sql(text: string, frames: Readonly<Record<string, Frame>> | ReadonlyMap<string, Frame> = {}): Frame {
    this.#checkOpen('sql');
    if (typeof text !== 'string' || text.trim() === '')
      throw new MlError('PARAM_INVALID', `sql: text must be a query, got ${show(text)}`, { param: 'text' });
    const plans = new Map<string, Plan>();
    for (const [name, frame] of frames instanceof Map ? frames : Object.entries(object('sql', 'frames', frames))) {
      if (!(frame instanceof Frame)) throw new MlError('PARAM_INVALID', `sql: ${show(name)} must be a Frame, got ${show(frame)}`, { param: name });
      if (frame.executor !== this.#backend.engine)
        throw new MlError('PARAM_INVALID', `sql: ${show(name)} must be a frame of this session`, { param: name });
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
    await this.#backend.close();
  }

  #frame(plan: Plan): Frame {
    return new Frame(this.#backend.engine, plan);
  }

  #checkOpen(owner: string): void {
    if (this.#closing)
      throw new MlError('SESSION_CLOSED', `${owner}: the session is closed; make a new one with Session.local() or Session.connect()`);
  }
}

const METHODS = ['debug', 'info', 'warn', 'error'] as const;

/** The logger asked for; one that lacks a method would fail at its first message. */
function loggerOf(owner: string, options: { readonly logger?: Logger }): Logger {
  const { logger = CONSOLE } = object(owner, 'options', options);
  if (METHODS.every((method) => typeof logger?.[method] === 'function')) return logger;
  throw new MlError('PARAM_INVALID', `${owner}: logger must have the methods ${METHODS.join(', ')}, got ${show(logger)}`, {
    param: 'logger',
    value: logger,
  });
}
