import { statSync } from 'node:fs';
import { MlError, show, systemReason } from '../../../error.ts';
import type { Plan } from '../../../frame/plan.ts';
import type { Field } from '../../../frame/schema.ts';
import { type DataType, typeName } from '../../../frame/types.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { isDamaged } from '../duck/errors.ts';
import type { Relation } from '../sql/relation.ts';
import { CsvReader } from './csv/csv-source.ts';
import { CORRUPT, csvFormat } from './csv/options.ts';
import { escapeName, listFiles, type SourceFile } from './files.ts';
import { GzipCheck } from './gzip.ts';
import { JsonSource } from './json-source.ts';
import { ParquetSource } from './parquet-source.ts';
import { partitionFields, partitionSql, relationOf, withFields, without } from './source-columns.ts';

type ReadPlan = Extract<Plan, { op: 'read' }>;

/** Files as relations: types as Spark finds them, columns by position, so that names may be anything. */
export class Sources {
  readonly parquet: ParquetSource;
  readonly #json: JsonSource;
  readonly #csv: CsvReader;
  readonly #gzip = new GzipCheck();

  constructor(database: Database) {
    this.parquet = new ParquetSource(database);
    this.#json = new JsonSource(database);
    this.#csv = new CsvReader(database);
  }

  async relation(plan: ReadPlan, options: QueryOptions): Promise<Relation> {
    const owner = `read.${plan.format}`;
    let files: readonly SourceFile[] = [];
    try {
      files = listFiles(owner, plan.paths, {
        recursive: plan.options.recursiveFileLookup === true,
        nameFilter: plan.options.pathGlobFilter as string | undefined,
      });
      // A Parquet file without a byte is an empty one to Spark, as a job that was cut short may leave it.
      const filled = plan.format === 'parquet' ? files.filter(({ path }) => statSync(path).size > 0) : files;
      if (plan.schema || filled.length > 0) files = filled;
      const relation = await this.#relationOf(owner, files, plan, options);
      for (const { name, type } of relation.schema.fields) requireFieldsApart(owner, name, type);
      return relation;
    } catch (error) {
      throw readFailure(error, owner, files[0]?.path ?? plan.paths[0]);
    }
  }

  async #relationOf(owner: string, files: readonly SourceFile[], plan: ReadPlan, options: QueryOptions): Promise<Relation> {
    if (files.length === 0) {
      if (plan.schema) return relationOf('SELECT 1 AS none WHERE false', plan.schema, () => 'NULL');
      throw new MlError('NOT_FOUND', `${owner}: path must hold at least one file, ${show(plan.paths[0])} holds none`, { path: plan.paths[0] });
    }
    const asked: QueryOptions = { ...options, owner };
    if (plan.format !== 'parquet') {
      checkCorruptColumn(owner, plan);
      await this.#gzip.check(
        files.map((f) => f.path),
        asked,
      );
    }
    const partition = partitionFields(files, plan.schema);
    if (plan.format === 'csv') return this.#readCsv(plan, files, partition, asked);
    return (plan.format === 'json' ? this.#json : this.parquet).relation(plan, files, partition, asked);
  }

  async #readCsv(plan: ReadPlan, files: readonly SourceFile[], partition: readonly Field[], options: QueryOptions): Promise<Relation> {
    const format = csvFormat(plan.options);
    const given = plan.schema && without(plan.schema, partition);
    const folders = partition.map((f) => escapeName(f.name));
    const { sql, schema } = await this.#csv.source(files, format, given, folders, options);
    return relationOf(sql, withFields(schema, partition), (field, j) => (partition.includes(field) ? partitionSql(field) : `c${j}`));
  }
}

/** DuckDB has no struct with fields whose names differ only in case. */
function requireFieldsApart(owner: string, column: string, type: DataType): void {
  if (type.kind === 'array') requireFieldsApart(owner, column, type.element);
  if (type.kind === 'map') requireFieldsApart(owner, column, type.value);
  if (type.kind !== 'struct') return;
  const known = new Map<string, string>();
  for (const field of type.fields) {
    const like = known.get(field.name.toLowerCase());
    if (like !== undefined) {
      const message = `${owner}: fields of a struct must not differ in case only, column ${show(column)} has ${show(like)} and ${show(field.name)}`;
      throw new MlError('NOT_SUPPORTED', message, { column, value: field.name });
    }
    known.set(field.name.toLowerCase(), field.name);
    requireFieldsApart(owner, column, field.type);
  }
}

/** The column of texts that could not be read is one of texts. */
function checkCorruptColumn(owner: string, { schema, options }: ReadPlan): void {
  const name = String(options.columnNameOfCorruptRecord ?? CORRUPT);
  const type = schema?.has(name) ? schema.find(name)?.type : undefined;
  if (!type || type.kind === 'string') return;
  const found = typeName(type);
  throw new MlError('SCHEMA_INVALID', `${owner}: column ${show(name)}, of texts that could not be read, must be a string, is ${found}`, {
    column: name,
    value: found,
  });
}

/** What stopped the look into the files of a source, which begins with the first one. */
function readFailure(error: unknown, owner: string, first: string): unknown {
  if (error instanceof MlError) {
    if (error.code !== 'VALUE_INVALID' || error.details.path !== undefined || !isDamaged(error.cause)) return error;
    const message = error.message.includes(first) ? error.message : `${error.message}, ${show(first)}`;
    return new MlError(error.code, message, { ...error.details, path: first }, { cause: error.cause });
  }
  const { code, path = first, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  return new MlError('IO_FAILED', `${owner}: ${show(path)} could not be read: ${systemReason(error)}`, { path, errno: code }, { cause: error });
}
