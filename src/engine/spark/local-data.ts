import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { RecordBatch } from 'apache-arrow';
import { MlError } from '../../error.ts';
import { ipcOfBatches, plainBatches, recordBatch } from '../../frame/arrow-batches.ts';
import { arrowSchema } from '../../frame/arrow-schema.ts';
import type { LocalTable } from '../../frame/plan.ts';
import type { Schema } from '../../frame/schema.ts';
import { sparkSchemaJson } from '../spark-schema.ts';
import type { ArtifactPayload, CallOptions, SparkClient } from './client.ts';
import type { RelType } from './relation.ts';

/** Rows up to so many bytes go along in the plan; larger ones are uploaded once and named by their hash. */
const INLINE_BYTES = 1 << 20;
/** Rows that become Arrow at once. */
const SLICE_ROWS = 16384;
/** Bytes of an uploaded stream; the server reads one at a time. */
const CHUNK_BYTES = 16 << 20;
/** Bytes of a request; the server takes 4 MiB at most by default. */
const MESSAGE_BYTES = 1 << 20;

/** Rows of this process as the server is told of them. */
export async function localRelation(client: SparkClient, table: LocalTable, options: CallOptions): Promise<RelType> {
  return uploadedRelation(client, table.schema, slices(table), options);
}

/** Batches of this process: in the plan when they are few, else uploaded chunk by chunk; what the server has already is not sent again. */
export async function uploadedRelation(
  client: SparkClient,
  schema: Schema,
  batches: AsyncIterable<RecordBatch> | Iterable<RecordBatch>,
  options: CallOptions,
): Promise<RelType> {
  const schemaJson = sparkSchemaJson(schema);
  const arrow = arrowSchema(schema);
  const hashes: string[] = [];
  let waiting: RecordBatch[] = [];
  let bytes = 0;
  const flush = async () => {
    await client.requireVersion('4.1', 'more than 1 MiB of rows from this process', options);
    const data = ipcOfBatches(arrow, waiting);
    waiting = [];
    bytes = 0;
    hashes.push(await upload(client, data, options));
  };
  for await (const batch of batches) {
    client.check(options);
    const size = byteLength(batch);
    if (waiting.length > 0 && bytes + size > CHUNK_BYTES) await flush();
    waiting.push(batch);
    bytes += size;
  }
  if (hashes.length === 0 && bytes <= INLINE_BYTES)
    return { case: 'localRelation', value: { data: ipcOfBatches(arrow, waiting), schema: schemaJson } };
  if (waiting.length > 0) await flush();
  const schemaHash = await upload(client, Buffer.from(schemaJson), options);
  return { case: 'chunkedCachedLocalRelation', value: { dataHashes: hashes, schemaHash } };
}

/** The rows in batches of a few thousand. */
function* slices(table: LocalTable): Generator<RecordBatch> {
  const plain = plainBatches(table);
  if (plain) {
    for (const batch of plain) for (let from = 0; from < batch.numRows; from += SLICE_ROWS) yield batch.slice(from, from + SLICE_ROWS);
    return;
  }
  const { schema, columns, rows } = table;
  const arrow = arrowSchema(schema);
  const types = schema.fields.map((f) => f.type);
  for (let from = 0; from < rows; from += SLICE_ROWS) {
    const to = Math.min(from + SLICE_ROWS, rows);
    const part = columns.map((c) =>
      Array.isArray(c) || ArrayBuffer.isView(c) ? (c as unknown[]).slice(from, to) : Array.prototype.slice.call(c, from, to),
    );
    yield recordBatch(arrow, types, part, to - from);
  }
}

function byteLength(batch: RecordBatch): number {
  return batch.data.byteLength;
}

/** Sends bytes under the name of their hash, unless the server has them; gives the hash. */
async function upload(client: SparkClient, data: Uint8Array, options: CallOptions): Promise<string> {
  const hash = createHash('sha256').update(data).digest('hex');
  const name = `cache/${hash}`;
  if ((await client.artifactStatuses([name], options))[name]?.exists) return hash;
  const { artifacts } = await client.addArtifacts(() => payloads(name, data), options);
  if (!artifacts.some((a) => a.name === name && a.isCrcSuccessful)) {
    throw new MlError('CONNECTION_LOST', `${options.owner}: the upload of ${data.byteLength} bytes did not arrive whole`);
  }
  return hash;
}

function* payloads(name: string, data: Uint8Array): Generator<ArtifactPayload> {
  const piece = (from: number) => {
    const part = data.subarray(from, from + MESSAGE_BYTES);
    return { data: part, crc: BigInt(crc32(part)) };
  };
  if (data.byteLength <= MESSAGE_BYTES) {
    yield { case: 'batch', value: { artifacts: [{ name, data: piece(0) }] } };
    return;
  }
  const numChunks = BigInt(Math.ceil(data.byteLength / MESSAGE_BYTES));
  yield { case: 'beginChunk', value: { name, totalBytes: BigInt(data.byteLength), numChunks, initialChunk: piece(0) } };
  for (let from = MESSAGE_BYTES; from < data.byteLength; from += MESSAGE_BYTES) yield { case: 'chunk', value: piece(from) };
}
