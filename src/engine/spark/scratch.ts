import { randomUUID } from 'node:crypto';
import { MlError } from '../../error.ts';
import type { CallOptions } from './client.ts';
import type { SparkEngine } from './engine.ts';

/**
 * Runs `work` with a folder of the server's own that is there for its time only. A client has no way to remove files, but a managed table's folder goes with
 * the table.
 */
export async function withScratch<T>(engine: SparkEngine, options: CallOptions, work: (folder: string) => Promise<T>): Promise<T> {
  const table = `millstream_${randomUUID().replaceAll('-', '')}`;
  const { owner } = options;
  const sql = (query: string, asked: CallOptions = options) => engine.rows({ case: 'sql', value: { query } }, asked);
  try {
    await sql(`CREATE TABLE ${table} (x INT) USING parquet`);
    const described = await sql(`DESCRIBE TABLE EXTENDED ${table}`);
    const folder = described.find((row) => row.col_name === 'Location')?.data_type;
    if (typeof folder !== 'string') throw new MlError('SPARK_FAILED', `${owner}: the server must say where a table of its lies`);
    return await work(folder);
  } finally {
    // Whoever aborted does not want it there either; and an answer may be lost of which the table was made.
    await sql(`DROP TABLE IF EXISTS ${table}`, { owner }).catch((error: unknown) => engine.logger.warn(`${owner}: ${String(error)}`));
  }
}
