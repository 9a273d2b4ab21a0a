import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { duckError } from '#dist/engine/local/duck/errors.js';
import { Session } from '#dist/engine/session.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { refuses, SILENT } from '../harness.ts';

it('a query that does not fit into memoryLimit is told the limit and what to do, and the next one runs', async () => {
  const session = await Session.local({ workers: 2, memoryLimit: '40MB', logger: SILENT });
  const texts = session.range(1_000_000).selectExpr('id', 'md5(id::varchar) AS a');
  await refuses(() => texts.selectExpr('list(a) AS all').collect(), 'MEMORY_LIMIT', {}, 'memoryLimit, that is 38.1 MiB; raise it');
  expect(await texts.groupBy('a').count().count()).toBe(1_000_000);
  await session.close();
});

it('a plan that is too deep is told so, and a cached frame on the way makes it shallow', async () => {
  const session = await Session.local({ workers: 1, logger: SILENT });
  const deeper = (frame: Frame) => Array.from({ length: 300 }).reduce<Frame>((f) => f.withColumn('id', col('id').plus(1)), frame);
  const half = deeper(session.range(1));
  await refuses(() => deeper(half).collect(), 'NOT_SUPPORTED', {}, 'some hundred steps deep; cache()');
  expect(await deeper(half.cache()).collect()).toEqual([{ id: 600n }]);
  await session.close();
});

it('a temporary folder that cannot be made is told by its path', async () => {
  const tempDirectory = fileURLToPath(import.meta.url);
  const session = await Session.local({ workers: 1, tempDirectory, logger: SILENT });
  await refuses(() => session.range(3).count(), 'IO_FAILED', { path: tempDirectory }, /^Session\.local: tempDirectory must be a folder/);
  await session.close();
});

it('a temporary folder whose disk is full is told as such', () => {
  const raw = `Out of Memory Error: failed to offload data block of size 256.0 KiB (256.0 KiB/259.1 KiB used).
This limit was set by the 'max_temp_directory_size' setting.`;
  const error = duckError(new Error(raw), 'write.parquet');
  expect(error.code).toBe('IO_FAILED');
  expect(error.message).toMatch(/^write\.parquet: rows beyond memoryLimit .* the disk is full; .*tempDirectory/);
});
