import { randomUUID } from 'node:crypto';
import { MlError } from '../../error.ts';
import type { CallOptions } from './client.ts';
import type { SparkEngine } from './engine.ts';
import type { ExecuteOptions } from './execution.ts';

/**
 * Runs `work` with a folder of the server's own that is there for its time only: below the session's scratch path, or else that of a managed table,
 * which goes with the table.
 */
export function withScratch<T>(engine: SparkEngine, options: CallOptions, work: (folder: string) => Promise<T>): Promise<T> {
  const name = `millstream_${randomUUID().replaceAll('-', '')}`;
  const done = engine.scratch === undefined ? withTable(engine, name, options, work) : withFolder(engine, `${engine.scratch}/${name}`, options, work);
  return engine.client.tidying(done);
}

async function withFolder<T>(engine: SparkEngine, folder: string, { owner }: CallOptions, work: (folder: string) => Promise<T>): Promise<T> {
  try {
    return await work(folder);
  } finally {
    // Whoever aborted does not want it there either.
    await engine.stages.removeFolder(folder, { owner, tidies: true }).catch((error: unknown) => engine.logger.warn(`${owner}: ${String(error)}`));
  }
}

async function withTable<T>(engine: SparkEngine, table: string, options: CallOptions, work: (folder: string) => Promise<T>): Promise<T> {
  const { owner } = options;
  const sql = (query: string, asked: ExecuteOptions = options) => engine.rows({ case: 'sql', value: { query } }, asked);
  try {
    await sql(`CREATE TABLE ${table} (x INT) USING parquet`, { ...options, leaves: true }).catch((error: unknown) => {
      throw notMade(error, owner);
    });
    const described = await sql(`DESCRIBE TABLE EXTENDED ${table}`);
    const folder = described.find((row) => row.col_name === 'Location')?.data_type;
    if (typeof folder !== 'string') throw new MlError('SPARK_FAILED', `${owner}: the server must say where a table of its lies`);
    return await work(folder);
  } finally {
    // An answer may be lost of which the table was made.
    await sql(`DROP TABLE IF EXISTS ${table}`, { owner, tidies: true }).catch((error: unknown) => engine.logger.warn(`${owner}: ${String(error)}`));
  }
}

/** The error of a server that makes no table for us, with what to do. */
function notMade(error: unknown, owner: string): unknown {
  if (!(error instanceof MlError) || ['ABORTED', 'CONNECTION_LOST', 'SESSION_CLOSED'].includes(error.code)) return error;
  const { code, message, details } = error;
  const remedy =
    "name a path of the server's to write to instead, Session.connect(address, { scratch: 'hdfs:///tmp' }), or USE a schema that may have tables";
  const what = message.replace(`${owner}: `, '');
  return new MlError(code, `${owner}: the model's files need a table for a moment, which the server refuses (${what}); ${remedy}`, details, {
    cause: error,
  });
}
