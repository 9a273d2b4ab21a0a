import { MlError, throwIfAborted } from '../../error.ts';
import type { LocalTable } from '../../frame/plan.ts';
import { logicalType, low, rawConnection } from './duck/bindings.ts';
import type { Database, QueryOptions } from './duck/database.ts';
import { writeValues } from './duck/write-vector.ts';
import { duckType } from './sql/duck-type.ts';
import type { Relation } from './sql/relation.ts';

const CHUNK = 2048;

/** Rows of this process as tables of the database, each loaded once and dropped when the rows are collected. */
export class LocalTables {
  readonly #database: Database;
  readonly #loaded = new WeakMap<LocalTable, Promise<Relation>>();
  readonly #dropped = new FinalizationRegistry<string>((name) => {
    if (!this.#database.closed) void this.#database.run(`DROP TABLE IF EXISTS ${name}`, { owner: 'createFrame' }).catch(() => {});
  });

  constructor(database: Database) {
    this.#database = database;
  }

  /** The table's relation, for as long as `owner` lives. */
  relation(table: LocalTable, options: QueryOptions, owner: object = table): Promise<Relation> {
    let relation = this.#loaded.get(table);
    if (!relation) {
      relation = this.#load(table, { owner: options.owner, signal: options.signal }, owner);
      this.#loaded.set(table, relation);
      relation.catch(() => this.#loaded.delete(table));
    }
    return relation;
  }

  async #load(table: LocalTable, options: QueryOptions, owner: object): Promise<Relation> {
    const name = `local${this.#database.number()}`;
    const { fields } = table.schema;
    const columns = fields.map((_, j) => `c${j}`);
    const relation: Relation = { sql: `SELECT * FROM ${name}`, schema: table.schema, columns, stable: true };
    const declared = fields.map(({ type }, j) => `${columns[j]} ${duckType(type)}`);
    await this.#database.run(`CREATE TABLE ${name} (${declared.length > 0 ? declared.join(', ') : 'none INTEGER'})`, options);
    try {
      if (table.rows > 0 && fields.length > 0) await this.#append(name, table, options);
    } catch (error) {
      await this.#database.run(`DROP TABLE IF EXISTS ${name}`, { owner: 'createFrame' });
      throw saidBy(options.owner, error);
    }
    this.#dropped.register(owner, name);
    return relation;
  }

  #append(name: string, { schema, columns, rows }: LocalTable, options: QueryOptions): Promise<void> {
    return this.#database.use(options, async (connection) => {
      const types = schema.fields.map((f) => logicalType(f.type));
      const appender = low.appender_create(rawConnection(connection), null, name);
      for (let from = 0; from < rows; from += CHUNK) {
        const n = Math.min(CHUNK, rows - from);
        const chunk = low.create_data_chunk(types);
        low.data_chunk_set_size(chunk, n);
        schema.fields.forEach((field, j) => {
          writeValues(low.data_chunk_get_vector(chunk, j), field.type, columns[j], n, field.name, from);
        });
        low.append_data_chunk(appender, chunk);
        if (from % (CHUNK * 64) === 0) {
          await new Promise<void>((resolve) => setImmediate(resolve));
          throwIfAborted(options.signal, options.owner);
        }
      }
      low.appender_close_sync(appender);
    });
  }
}

/** The error of a value, told by who made it. */
function saidBy(owner: string, error: unknown): unknown {
  if (!(error instanceof MlError) || !error.message.startsWith('createFrame: ')) return error;
  return new MlError(
    error.code,
    error.message.replace('createFrame', () => owner),
    error.details,
    { cause: error.cause },
  );
}
