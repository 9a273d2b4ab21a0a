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
  const sql = (query: string) => engine.rows({ case: 'sql', value: { query } }, options);
  await sql(`CREATE TABLE ${table} (x INT) USING parquet`);
  try {
    const described = await sql(`DESCRIBE TABLE EXTENDED ${table}`);
    const folder = described.find((row) => row.col_name === 'Location')?.data_type;
    if (typeof folder !== 'string') throw new MlError('SPARK_FAILED', `${options.owner}: the server must say where a table of its lies`);
    return await work(folder);
  } finally {
    await sql(`DROP TABLE IF EXISTS ${table}`).catch((error: unknown) => engine.logger.warn(`${options.owner}: ${String(error)}`));
  }
}
