import { statSync } from 'node:fs';
import { MlError, show } from '../../error.ts';
import type { Plan } from '../../frame/plan.ts';
import { type Field, Schema } from '../../frame/schema.ts';
import { type DataType, STRING, sameType, typeName } from '../../frame/types.ts';
import { parseSparkSchema, ROW_METADATA } from '../spark-schema.ts';
import { CsvReader } from './csv/csv-source.ts';
import { csvFormat } from './csv/options.ts';
import type { Database, QueryOptions } from './duck/database.ts';
import { listFiles, type SourceFile } from './files.ts';
import { GzipCheck } from './gzip.ts';
import { borders } from './partitions.ts';
import { duckType, identifier, text } from './sql/duck-type.ts';
import type { Relation } from './sql/relation.ts';

type ReadPlan = Extract<Plan, { op: 'read' }>;

interface ParquetFiles {
  readonly files: readonly string[];
  /** The source's rows `[from, to)` of one file. */
  readonly sql: (path: string, from: number, to: number) => string;
}

/** Rows of a Parquet file's row groups, and what tells whether the file is still the same. */
interface Footer {
  readonly stamp: string;
  readonly groups: readonly number[];
}

function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.ino}:${stat.size}:${stat.mtimeNs}` : 'gone';
}

/** Files as relations: types as Spark finds them, columns by position, so that names may be anything. */
export class Sources {
  readonly #database: Database;
  readonly #csv: CsvReader;
  readonly #gzip = new GzipCheck();

  /** By the SQL of a source. */
  readonly #sections = new Map<string, ParquetFiles>();

  /** By path. */
  readonly #known = new Map<string, Footer>();

  constructor(database: Database) {
    this.#database = database;
    this.#csv = new CsvReader(database);
  }

  async relation(plan: ReadPlan, options: QueryOptions): Promise<Relation> {
    const owner = `read.${plan.format}`;
    const files = listFiles(owner, plan.paths, {
      recursive: plan.options.recursiveFileLookup === true,
      nameFilter: plan.options.pathGlobFilter as string | undefined,
    });
    if (files.length === 0) {
      if (plan.schema) return relationOf('SELECT 1 AS none WHERE false', plan.schema, () => 'NULL');
      throw new MlError('NOT_FOUND', `${owner}: path must hold at least one file, ${show(plan.paths[0])} holds none`, { path: plan.paths[0] });
    }
    const asked: QueryOptions = { ...options, owner };
    if (plan.format !== 'parquet')
      await this.#gzip.check(
        files.map((f) => f.path),
        asked,
      );
    const partition = partitionFields(files, plan.schema);
    if (plan.format === 'csv') return this.#readCsv(plan, files, partition, asked);
    return plan.format === 'json' ? this.#readJson(plan, files, partition, asked) : this.#readParquet(plan, files, partition, asked);
  }

  /**
   * A query over Parquet files, row by row, as queries of consecutive rows on borders of row groups, some `bytes` each; null when
   * `leaf` is no such source, or small.
   */
  async sections(leaf: Relation, query: string, rowBytes: number, bytes: number, options: QueryOptions): Promise<string[] | null> {
    const found = await this.#rowGroups(leaf, query, options);
    if (!found || found.groups.length < 4) return null;
    const { source, sql, groups } = found;
    const limit = Math.max(1, bytes / Math.max(8, rowBytes));
    const sections: string[] = [];
    for (const file of new Set(groups.map((g) => g.file))) {
      let from = 0;
      let to = 0;
      const cut = () => {
        if (to > from) sections.push(query.replace(source, () => sql(file, from, to)));
        from = to;
      };
      for (const { rows } of groups.filter((g) => g.file === file)) {
        if (to > from && to - from + rows > limit) cut();
        to += rows;
      }
      cut();
    }
    return sections.length === 1 ? [query] : sections;
  }

  /** A query over Parquet files, row by row, as up to `count` queries of consecutive rows, as many each; null when `leaf` is no such source, or empty. */
  async shares(leaf: Relation, query: string, count: number, options: QueryOptions): Promise<string[] | null> {
    const found = await this.#rowGroups(leaf, query, options);
    if (!found) return null;
    const { source, sql, groups } = found;
    const total = groups.reduce((sum, { rows }) => sum + rows, 0);
    if (total === 0) return null;
    const runs: { file: string; first: number; rows: number }[] = [];
    for (const { file, rows } of groups) {
      const last = runs.at(-1);
      if (last?.file === file) last.rows += rows;
      else runs.push({ file, first: last ? last.first + last.rows : 0, rows });
    }
    return borders(total, count).map(([from, to]) => {
      const slices = runs.flatMap(({ file, first, rows }) => {
        const [lo, hi] = [Math.max(from - first, 0), Math.min(to - first, rows)];
        return hi > lo ? [sql(file, lo, hi)] : [];
      });
      return query.replace(source, () => slices.join(' UNION ALL '));
    });
  }

  /** The row groups of the files under a relation, in the order of rows; null when it does not read Parquet files, or the query more than once. */
  async #rowGroups(leaf: Relation, query: string, options: QueryOptions) {
    const source = [...this.#sections.keys()].find((sql) => leaf.sql.endsWith(`FROM (${sql})`));
    if (source === undefined || query.split(source).length !== 2) return null;
    const { files, sql } = this.#sections.get(source) as ParquetFiles;
    const footers = await this.#footers(files, options);
    const groups = files.flatMap((file) => footers.get(file)?.groups.map((rows) => ({ file, rows })) ?? []);
    return { source, sql, groups };
  }

  /** Footers of these files, read again where a file has changed. */
  async #footers(files: readonly string[], options: QueryOptions): Promise<ReadonlyMap<string, Footer>> {
    const stamps = new Map(files.map((file) => [file, stampOf(file)]));
    const changed = files.filter((file) => this.#known.get(file)?.stamp !== stamps.get(file));
    if (changed.length === 0) return this.#known;
    const rows = await this.#database.rows(
      `SELECT DISTINCT file_name, row_group_id::INTEGER, row_group_num_rows::DOUBLE FROM parquet_metadata([${changed.map(text).join(', ')}]) ORDER BY 2`,
      [STRING, { kind: 'int' }, { kind: 'double' }],
      options,
    );
    for (const file of changed) {
      const groups = rows.filter(([name]) => name === file).map(([, , count]) => count as number);
      this.#known.set(file, { stamp: stamps.get(file) as string, groups });
    }
    return this.#known;
  }

  async #readCsv(plan: ReadPlan, files: readonly SourceFile[], partition: readonly Field[], options: QueryOptions): Promise<Relation> {
    const format = csvFormat(plan.options);
    const given = plan.schema && without(plan.schema, partition);
    const folders = partition.map((f) => f.name);
    const { sql, schema } = await this.#csv.source(files, format, given, folders, options);
    return relationOf(sql, withFields(schema, partition), (field, j) => (j < schema.fields.length ? `c${j}` : partitionSql(field)));
  }

  async #readParquet(plan: ReadPlan, files: readonly SourceFile[], partition: readonly Field[], options: QueryOptions): Promise<Relation> {
    const [first] = files as [SourceFile];
    const merge = plan.options.mergeSchema === true;
    const scan = (paths: readonly string[], all: boolean, numbered = false) =>
      `read_parquet([${paths.map(text).join(', ')}], hive_partitioning = ${all && partition.length > 0}, hive_types_autocast = false${merge ? ', union_by_name = true' : ''}${numbered ? ', file_row_number = true' : ''})`;
    const paths = files.map((f) => f.path);
    // Described without partition columns: the file's own, in its order.
    const described = await this.#database.describe(`SELECT * FROM ${scan(merge ? paths : [first.path], false)}`, options);
    const spark = merge ? null : await this.#sparkSchema(first.path, options);
    const names = merge ? described.map((d) => d.name) : sparkNames(await this.#parquetNames(first.path, described, options), spark);
    const found = described.map((d, j) => sourceField(names[j] as string, d.type, spark));
    const inFolders = new Set(partition.map((f) => f.name));
    const own = found.map((field, j) => ({ field, column: `f${j}` })).filter(({ field }) => !inFolders.has(field.name));
    const aliases = [...found.map((_, j) => `f${j}`), ...partition.filter((f) => !names.includes(f.name)).map((_, j) => `g${j}`)];
    const source = `SELECT * FROM ${scan(paths, true)} AS source(${aliases.join(', ')})`;
    if (!merge && partition.length === 0) {
      const columns = aliases.join(', ');
      this.#sections.set(source, {
        files: paths,
        sql: (path, from, to) => `SELECT ${columns} FROM ${scan([path], true, true)} AS source(${columns}, row) WHERE row >= ${from} AND row < ${to}`,
      });
    }
    const folderSql = (name: string) => {
      const at = names.indexOf(name);
      return at >= 0 ? `f${at}` : `g${partition.filter((f) => !names.includes(f.name)).findIndex((f) => f.name === name)}`;
    };
    const folder = (field: Field) => partitionValue(folderSql(field.name), field.type);
    if (plan.schema) {
      const schema = withFields(without(plan.schema, partition), partition);
      return relationOf(source, schema, (field) => {
        if (inFolders.has(field.name)) return folder(field);
        const match = own.find((o) => o.field.name === field.name);
        return match ? castSource(match.column, field.type) : `CAST(NULL AS ${duckType(field.type)})`;
      });
    }
    const schema = withFields(new Schema(own.map((o) => o.field)), partition);
    return relationOf(source, schema, (field, j) => (j < own.length ? castSource((own[j] as { column: string }).column, field.type) : folder(field)));
  }

  /** The names of a Parquet file's columns as they stand there (DuckDB renames those that differ only in case). */
  async #parquetNames(path: string, described: readonly { name: string }[], options: QueryOptions): Promise<string[]> {
    const rows = await this.#database.rows(
      `SELECT name, num_children::INTEGER FROM parquet_schema(${text(path)})`,
      [STRING, { kind: 'int' }],
      options,
    );
    const names: string[] = [];
    let at = 1;
    const skip = () => {
      const children = Number((rows[at++] as unknown[])[1] ?? 0);
      for (let k = 0; k < children; k++) skip();
    };
    while (at < rows.length) {
      names.push((rows[at] as [string])[0]);
      skip();
    }
    return names.length === described.length ? names : described.map((d) => d.name);
  }

  async #sparkSchema(path: string, options: QueryOptions): Promise<Schema | null> {
    const [row] = await this.#database.rows(
      `SELECT decode(value) FROM parquet_kv_metadata(${text(path)}) WHERE decode(key) = ${text(ROW_METADATA)}`,
      [STRING],
      options,
    );
    return row ? parseSparkSchema(row[0] as string) : null;
  }

  async #readJson(plan: ReadPlan, files: readonly SourceFile[], partition: readonly Field[], options: QueryOptions): Promise<Relation> {
    const paths = `[${files.map((f) => text(f.path)).join(', ')}]`;
    const mode = String(plan.options.mode ?? 'PERMISSIVE').toUpperCase();
    const shape = [
      `format = '${plan.options.multiLine === true ? 'auto' : 'newline_delimited'}'`,
      `ignore_errors = ${mode !== 'FAILFAST' && plan.options.multiLine !== true}`,
      'maximum_object_size = 67108864',
    ];
    const given = plan.schema && without(plan.schema, partition);
    const schema = given ?? (await this.#inferJson(paths, shape, plan, options));
    const types = schema.fields.map((f) => jsonType(f.type));
    const columns = schema.fields.map((f, j) => `${text(f.name)}: ${text(types[j] as string)}`).join(', ');
    if (schema.fields.length === 0) return relationOf('SELECT 1 AS none WHERE false', withFields(schema, partition), () => 'NULL');
    const folders = `hive_partitioning = ${partition.length > 0}, hive_types_autocast = false`;
    if (new Set(schema.names.map((name) => name.toLowerCase())).size < schema.fields.length) {
      // DuckDB takes names that differ in case only for one: each is read from the objects by itself.
      const objects = `SELECT * FROM read_json_objects(${paths}, ${folders}, ${shape.join(', ')})`;
      return relationOf(objects, withFields(schema, partition), (field, j) => {
        if (j >= schema.fields.length) return partitionSql(field);
        const read = `json_transform(json, json_object(${text(field.name)}, ${text(types[j] as string)}))`;
        return castSource(`struct_extract(${read}, ${text(field.name)})`, field.type);
      });
    }
    const reader = `read_json(${paths}, columns = {${columns}}, ${folders}, ${shape.join(', ')})`;
    return relationOf(`SELECT * FROM ${reader}`, withFields(schema, partition), (field, j) =>
      j < schema.fields.length ? castSource(identifier(field.name), field.type) : partitionSql(field),
    );
  }

  /** Numbers, texts, booleans, arrays and structs, columns sorted by name; DuckDB's guesses of dates and the like stay texts, as in Spark. */
  async #inferJson(paths: string, shape: readonly string[], plan: ReadPlan, options: QueryOptions): Promise<Schema> {
    const sql = `SELECT * FROM read_json(${paths}, auto_detect = true, sample_size = -1, map_inference_threshold = -1, hive_partitioning = false, ${shape.join(', ')})`;
    const described = await this.#database.describe(sql, options);
    if (described.length === 1 && described[0]?.name === 'json') return new Schema([]);
    const asText = plan.options.primitivesAsString === true;
    const names = await this.#jsonNames(
      paths,
      shape,
      described.map((d) => d.name),
      options,
    );
    const fields = described.map((d, j) => ({ name: names[j] as string, type: plainJson(d.type, asText), nullable: true }));
    return new Schema(fields.sort((a, b) => (a.name < b.name ? -1 : 1)));
  }

  /** The names of the objects' keys: DuckDB calls one that differs from another in case only `<name>_<number>`. */
  async #jsonNames(paths: string, shape: readonly string[], names: readonly string[], options: QueryOptions): Promise<readonly string[]> {
    const known = new Set(names.map((name) => name.toLowerCase()));
    const renamed = /^(.*)_\d+$/s;
    const isRenamed = (name: string) => known.has(renamed.exec(name)?.[1]?.toLowerCase() as string);
    if (!names.some(isRenamed)) return names;
    const objects = `read_json_objects(${paths}, hive_partitioning = false, ${shape.join(', ')})`;
    const keys = await this.#database.rows(`SELECT DISTINCT unnest(json_keys(json)) FROM ${objects}`, [STRING], options);
    const found = new Set(keys.map(([key]) => key as string));
    return names.map((name) => (isRenamed(name) && !found.has(name) ? (renamed.exec(name)?.[1] as string) : name));
  }
}

/** A relation with columns c0, c1 …, made by `sql` from the columns of `source`. */
function relationOf(source: string, schema: Schema, sql: (field: Field, j: number) => string): Relation {
  const columns = schema.fields.map((_, j) => `c${j}`);
  const list = schema.fields.map((field, j) => `${sql(field, j)} AS c${j}`).join(', ') || 'NULL AS none';
  return { sql: `SELECT ${list} FROM (${source})`, schema, columns, stable: true };
}

/** DuckDB writes columns whose names differ only in case as `age` and `age_1`; the footer knows better. */
function sparkNames(names: readonly string[], spark: Schema | null): readonly string[] {
  if (spark?.fields.length !== names.length) return names;
  const matches = names.every((name, j) => {
    const known = spark.fields[j]?.name as string;
    return name === known || (name.startsWith(`${known}_`) && /^_\d+$/.test(name.slice(known.length)));
  });
  return matches ? spark.names : names;
}

function sourceField(name: string, type: DataType, spark: Schema | null): Field {
  const known = spark?.has(name) ? spark.find(name) : undefined;
  if (!known) return { name, type, nullable: true };
  return { name, type: known.type, nullable: true, ...(known.metadata && { metadata: known.metadata }) };
}

/** A column of a file as `type`; without effect where it has it already. */
function castSource(column: string, type: DataType): string {
  return `CAST(${column} AS ${duckType(type)})`;
}

function partitionSql(field: Field): string {
  return partitionValue(identifier(field.name), field.type);
}

function partitionValue(sql: string, type: DataType): string {
  return sameType(type, STRING) ? `CAST(${sql} AS VARCHAR)` : `CAST(CAST(${sql} AS VARCHAR) AS ${duckType(type)})`;
}

/** The columns that the folders' names make, of the types that Spark would infer, or that the schema says. */
function partitionFields(files: readonly SourceFile[], given: Schema | null): Field[] {
  const names = [...new Set(files.flatMap((f) => [...f.partition.keys()]))];
  return names.map((name) => {
    const values = files.flatMap((f) => f.partition.get(name) ?? []);
    return { name, type: given?.find(name)?.type ?? partitionType(values), nullable: true };
  });
}

function partitionType(values: readonly string[]): DataType {
  const all = (test: (value: string) => boolean) => values.length > 0 && values.every(test);
  const whole = (v: string) => /^[+-]?\d{1,18}$/.test(v);
  if (all((v) => whole(v) && Math.abs(Number(v)) <= 0x7fffffff)) return { kind: 'int' };
  if (all(whole)) return { kind: 'long' };
  if (all((v) => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(v))) return { kind: 'double' };
  if (all((v) => /^\d{4}-\d{2}-\d{2}$/.test(v))) return { kind: 'date' };
  if (all((v) => /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d+)?$/.test(v))) return { kind: 'timestamp' };
  return STRING;
}

function without(schema: Schema, fields: readonly Field[]): Schema {
  return new Schema(schema.fields.filter((f) => !fields.some((p) => p.name === f.name)));
}

function withFields(schema: Schema, fields: readonly Field[]): Schema {
  return fields.length === 0 ? schema : new Schema([...schema.fields.filter((f) => !fields.some((p) => p.name === f.name)), ...fields]);
}

function plainJson(type: DataType, asText: boolean): DataType {
  switch (type.kind) {
    case 'array':
      return { kind: 'array', element: plainJson(type.element, asText) };
    case 'struct':
      return { kind: 'struct', fields: type.fields.map((f) => ({ name: f.name, type: plainJson(f.type, asText) })) };
    case 'map':
      return { kind: 'map', key: STRING, value: plainJson(type.value, asText) };
    case 'vector':
    case 'matrix':
      return type;
    case 'boolean':
    case 'long':
    case 'double':
      return asText ? STRING : type;
    case 'decimal':
      return asText ? STRING : type;
    default:
      return STRING;
  }
}

function jsonType(type: DataType): string {
  if (type.kind === 'binary') {
    throw new MlError('NOT_SUPPORTED', `read.json: a JSON column must not be ${typeName(type)}`);
  }
  return duckType(type);
}
