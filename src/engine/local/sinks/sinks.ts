import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { join } from 'node:path';
import { MlError, show, systemReason } from '../../../error.ts';
import type { Sink } from '../../../frame/executor.ts';
import { type Field, Schema } from '../../../frame/schema.ts';
import { foreignEntry, isSideFile, reasonToKeep } from '../../replaceable.ts';
import { ROW_METADATA, sparkSchemaJson } from '../../spark-schema.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { ScriptedFunctions } from '../scripted/functions.ts';
import { escapeName, localPath } from '../sources/files.ts';
import { textSql } from '../sql/cast.ts';
import { identifier, text } from '../sql/duck-type.ts';
import type { Relation } from '../sql/relation.ts';
import { csv } from './csv-format.ts';
import { type Format, type Formatter, isPlain, option, typeError } from './format.ts';
import { json } from './json-format.ts';
import { restore, StagedFolder } from './staged-folder.ts';

/**
 * Writes a relation as a folder of part files with `_SUCCESS`, one for each of `queries`, which give the relation's rows piece by
 * piece and are asked for once it is known that the path is free. All is written to a folder beside the target first and renamed at the
 * end: a write that fails or is aborted leaves what was there. Mode overwrite replaces a written data set or an empty folder, and nothing else.
 */
export async function writeRelation(
  database: Database,
  relation: Relation,
  sink: Sink,
  options: QueryOptions,
  queries: () => Promise<readonly string[]>,
): Promise<void> {
  const target = localPath(options.owner, sink.path);
  restore(target);
  const there = existsSync(target);
  if (there && sink.mode === 'ignore') return;
  if (there && sink.mode === 'error') {
    throw new MlError('ALREADY_EXISTS', `${options.owner}: path must be free, ${show(sink.path)} exists; set mode overwrite or append`, {
      path: sink.path,
    });
  }
  if (sink.mode === 'overwrite') requireDataSet(target, sink, options.owner);
  const copies = copySql(relation, sink, options.owner);
  const staged = new StagedFolder(target);
  try {
    staged.make();
    for (const [part, sql] of (await queries()).entries()) {
      const copy = copies(staged.path, sql, part);
      await ScriptedFunctions.of(database).prepare(copy, options);
      await database.run(copy, options);
    }
    renameFolders(staged.path, sink.partitionBy.length);
    if (sink.mode === 'overwrite') requireDataSet(target, sink, options.owner);
    staged.publish(sink.mode);
  } catch (error) {
    if (error instanceof MlError && error.code !== 'IO_FAILED') throw error;
    throw new MlError(
      'IO_FAILED',
      `${options.owner}: ${show(sink.path)} could not be written: ${reason(error)}`,
      { path: sink.path },
      { cause: error },
    );
  } finally {
    staged.remove();
  }
}

/** What an overwrite may take away: part files, what lies beside them, and folders of partitions. */
function requireDataSet(target: string, sink: Sink, owner: string): void {
  const modules = { fs, path, os };
  const reason = reasonToKeep(modules, target, (folder) =>
    foreignEntry(modules, folder, {
      file: (name) => name.startsWith('part-') || isSideFile(name),
      folder: (name) => /^[^=]+=/.test(name),
    }),
  );
  if (reason === null) return;
  throw new MlError(
    'ALREADY_EXISTS',
    `${owner}: ${show(sink.path)} must be free, a written data set or an empty folder, but is ${reason}; choose another path`,
    { path: sink.path },
  );
}

/** DuckDB escapes all but plain letters in partition folders byte by byte, which Spark reads as Latin-1: only what Spark escapes may be. */
function renameFolders(folder: string, depth: number): void {
  if (depth === 0) return;
  for (const name of readdirSync(folder)) {
    const renamed = escapeName(decodeURIComponent(name.replace(/^([^=]*)=/, '$1%00'))).replace('%00', '=');
    if (renamed !== name) renameSync(join(folder, name), join(folder, renamed));
    renameFolders(join(folder, renamed), depth - 1);
  }
}

function reason(error: unknown): string {
  return systemReason(error).replace(/^[\w.]+: /, '');
}

/** The COPY statement, given the folder to write to. */
function copySql(relation: Relation, sink: Sink, owner: string): (folder: string, rows: string, part: number) => string {
  const { schema, columns } = relation;
  for (const name of schema.names) schema.find(name);
  const nameless = schema.names.indexOf('');
  if (nameless >= 0) {
    throw new MlError('SCHEMA_INVALID', `${owner}: each column must have a name, column ${nameless + 1} has none; rename it with toDF(…)`, {
      column: '',
    });
  }
  if (sink.partitionBy.includes('*')) {
    throw new MlError('NOT_SUPPORTED', `${owner}: a column to partition by must not be called "*"; rename it`, { column: '*' });
  }
  const folders = sink.partitionBy.map((name) => schema.require(owner, name));
  const data = schema.fields.filter((f) => !folders.includes(f));
  if (data.length === 0) throw new MlError('SCHEMA_INVALID', `${owner}: at least one column must remain beside partitionBy, there is none`);
  for (const field of folders) {
    if (!isPlain(field.type)) throw typeError(owner, field, 'a number, text, boolean, date or timestamp to partition by');
  }
  const column = (field: Field) => columns[schema.fields.indexOf(field)];
  const { sql, options, extension } = FORMATS[sink.format](data, column, sink, owner);
  // No folder says the empty text: as in Spark it goes to that of null.
  const keys = folders.map((f) => `nullif(${textSql(`t.${column(f)}`, f.type)}, '') AS ${identifier(f.name)}`);
  const select = `${sql.header ? `${sql.header} UNION ALL ` : ''}SELECT ${[...sql.columns, ...keys].join(', ')}`;
  const id = randomUUID();
  return (folder, rows, part) => {
    const all = [...options];
    const number = String(part).padStart(5, '0');
    if (folders.length > 0) {
      all.push(
        `PARTITION_BY (${folders.map((f) => identifier(f.name)).join(', ')})`,
        `FILENAME_PATTERN ${text(`part-${number}-{i}-${id}`)}`,
        `FILE_EXTENSION ${text(extension)}`,
        'OVERWRITE_OR_IGNORE true',
      );
    }
    const path = folders.length > 0 ? folder : join(folder, `part-${number}-${id}-c000.${extension}`);
    return `COPY (${select} FROM (${rows}) AS t) TO ${text(path)} (${all.join(', ')})`;
  };
}

/**
 * Distinct values of a column in a row group from which on it is written without a dictionary. By default DuckDB takes 24,576, and a third of
 * the time of writing ids and probabilities goes into dictionaries that are then given up.
 */
const DICTIONARY_LIMIT = 10_000;

const FORMATS: Record<Sink['format'], Formatter> = { parquet, csv, json };

function parquet(data: readonly Field[], column: (field: Field) => string, { options }: Sink, owner: string): Format {
  const codec = option(owner, options, 'compression', 'snappy', ['snappy', 'zstd', 'gzip', 'none', 'uncompressed', 'lz4']);
  const rowGroup = options.rowGroupSize as number | undefined;
  const footer = `KV_METADATA {${text(ROW_METADATA)}: ${text(sparkSchemaJson(new Schema(data)))}, 'org.apache.spark.version': '4.3.0'}`;
  for (const field of data) {
    const { type } = field;
    if (type.kind === 'void' || (type.kind === 'interval' && !type.from)) throw typeError(owner, field, 'of a type that Parquet has; cast it');
  }
  return {
    // A timestamp is an instant: in Parquet that is one adjusted to UTC.
    sql: {
      columns: data.map((f) => {
        const value = f.type.kind === 'timestamp' ? `CAST(t.${column(f)} AS TIMESTAMPTZ)` : `t.${column(f)}`;
        return `${value} AS ${identifier(f.name)}`;
      }),
    },
    options: [
      'FORMAT parquet',
      `COMPRESSION ${codec === 'none' ? 'uncompressed' : codec}`,
      `DICTIONARY_SIZE_LIMIT ${DICTIONARY_LIMIT}`,
      footer,
      ...(rowGroup === undefined ? [] : [`ROW_GROUP_SIZE ${Math.max(1, Math.trunc(rowGroup))}`]),
    ],
    extension: codec === 'none' || codec === 'uncompressed' ? 'parquet' : `${codec}.parquet`,
  };
}
