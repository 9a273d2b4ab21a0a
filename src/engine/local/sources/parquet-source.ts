import { statSync } from 'node:fs';
import type { Plan } from '../../../frame/plan.ts';
import { type Field, Schema } from '../../../frame/schema.ts';
import { type DataType, STRING, sameType } from '../../../frame/types.ts';
import { parseSparkSchema, ROW_METADATA } from '../../spark-schema.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { borders } from '../partitions.ts';
import { duckType, identifier, text } from '../sql/duck-type.ts';
import type { Relation } from '../sql/relation.ts';
import { hashed } from '../sql/sample.ts';
import { escapeName, type SourceFile } from './files.ts';
import { asSpark, parquetNodes } from './parquet-nodes.ts';
import type { PartOfRows } from './part-of-rows.ts';
import { piecesOf, rowsIn, runsOf, type Slice, sectionsOf } from './row-groups.ts';
import { castSource, partitionValue, relationOf, withFields, without } from './source-columns.ts';

type ReadPlan = Extract<Plan, { op: 'read' }>;

/** Columns that DuckDB adds: where a file has one of the name rows are not told apart by it. */
const ROW_COLUMN = 'file_row_number';
const PATH_COLUMN = 'source file';

interface ParquetFiles {
  readonly paths: readonly string[];
  /** Rows of one file, read as those of the first one are: by its names and types. With their number in the file as `row`. */
  readonly numbered: (path: string) => string;
  /** Rows of whole files one after the other, read as `numbered` reads them; the first file may stand at the first place only. */
  readonly whole: (paths: readonly string[]) => string;
  readonly columns: string;
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

/** Parquet files as relations, and their row groups, by which long queries are cut. */
export class ParquetSource {
  readonly #database: Database;
  /** By the SQL of a source. */
  readonly #sections = new Map<string, ParquetFiles>();
  /** By path. */
  readonly #known = new Map<string, Footer>();

  constructor(database: Database) {
    this.#database = database;
  }

  async relation(plan: ReadPlan, files: readonly SourceFile[], partition: readonly Field[], options: QueryOptions): Promise<Relation> {
    const [first] = files as [SourceFile];
    const paths = files.map((f) => f.path);
    // A schema may name columns, or have types, that only later files have.
    const merge = plan.options.mergeSchema === true || (plan.schema !== null && paths.length > 1 && (await this.#areUnlike(paths, options)));
    const scan = (paths: readonly string[], all: boolean, more = '') =>
      `read_parquet([${paths.map(text).join(', ')}], hive_partitioning = ${all && partition.length > 0}, hive_types_autocast = false${merge ? ', union_by_name = true' : ''}${more})`;
    // Described without partition columns: the file's own, in its order.
    const described = await this.#database.describe(`SELECT * FROM ${scan(merge ? paths : [first.path], false)}`, options);
    const spark = merge ? null : await this.#sparkSchema(first.path, options);
    const nodes = await parquetNodes(this.#database, first.path, options);
    const byPlace = !merge && nodes.length === described.length;
    const names = merge
      ? described.map((d) => d.name)
      : sparkNames(
          (byPlace ? nodes : described).map((d) => d.name),
          spark,
        );
    const readings = described.map((d, j) => asSpark(`f${j}`, d.type, byPlace ? nodes[j] : nodes.find((node) => node.name === d.name)));
    const found = readings.map(({ type }, j) => sourceField(names[j], type, spark));
    const inFolders = new Set(partition.map((f) => f.name));
    const own = found.map((field, j) => ({ field, column: readings[j].sql })).filter(({ field }) => !inFolders.has(field.name));
    // Folders' columns that files lack stand behind theirs, in an order of DuckDB's own, called as the folders are.
    const all = partition.length === 0 ? [] : await this.#database.describe(`SELECT * FROM ${scan(paths, true)}`, options);
    const added = all.slice(found.length).map(({ name }) => name);
    const aliases = [...found.map((_, j) => `f${j}`), ...added.map((_, j) => `g${j}`)];
    const source = `SELECT * FROM ${scan(paths, true)} AS source(${aliases.join(', ')})`;
    const isTaken = described.some(({ name }) => name.toLowerCase() === ROW_COLUMN || name.toLowerCase() === PATH_COLUMN);
    if (!merge && partition.length === 0 && !isTaken) {
      const columns = aliases.join(', ');
      // With the first file, by whose names and types all are read; no row of it is, where it is not asked for.
      const wholeFiles = (some: readonly string[], called: string, more = '') => {
        if (some[0] === first.path) return `${scan(some, true, more)} AS source(${called})`;
        const both = scan([first.path, ...some], true, `${more}, filename = ${text(PATH_COLUMN)}`);
        return `(SELECT * EXCLUDE (path) FROM ${both} AS source(${called}, path) WHERE path <> ${text(first.path)}) AS source`;
      };
      this.#sections.set(source, {
        paths,
        numbered: (path) => wholeFiles([path], `${columns}, row`, `, ${ROW_COLUMN} = true`),
        whole: (some) => wholeFiles(some, columns),
        columns,
      });
    }
    const folderSql = (name: string) => {
      const at = added.indexOf(escapeName(name));
      return at >= 0 ? `g${at}` : `f${names.indexOf(name)}`;
    };
    const folder = (field: Field) => partitionValue(folderSql(field.name), field.type);
    if (plan.schema) {
      const schema = withFields(without(plan.schema, partition), partition);
      return relationOf(source, schema, (field) => {
        if (inFolders.has(field.name)) return folder(field);
        const match = own.find((o) => o.field.name === field.name);
        return match ? readAs(match.column, match.field.type, field.type) : `CAST(NULL AS ${duckType(field.type)})`;
      });
    }
    const schema = withFields(new Schema(found), partition);
    return relationOf(source, schema, (field, j) => (inFolders.has(field.name) ? folder(field) : castSource(readings[j].sql, field.type)));
  }

  /** Whether the files' columns differ in names or types; their order does not matter. */
  async #areUnlike(paths: readonly string[], options: QueryOptions): Promise<boolean> {
    const columns = 'list_sort(list(concat_ws(\' \', name, num_children, "type", converted_type, logical_type, "precision", "scale")))';
    const sql = `SELECT ${columns} FROM parquet_schema([${paths.map(text).join(', ')}]) GROUP BY file_name`;
    const [row] = await this.#database.rows(`SELECT count(DISTINCT s) > 1 FROM (${sql}) AS t(s)`, [{ kind: 'boolean' }], options);
    return row[0] === true;
  }

  async #sparkSchema(path: string, options: QueryOptions): Promise<Schema | null> {
    const [row] = await this.#database.rows(
      `SELECT decode(value) FROM parquet_kv_metadata(${text(path)}) WHERE decode(key) = ${text(ROW_METADATA)}`,
      [STRING],
      options,
    );
    return row ? parseSparkSchema(row[0] as string) : null;
  }

  /**
   * A query over Parquet files, row by row, as queries of consecutive rows on borders of row groups, some `bytes` each; null when
   * `leaf` is no such source, or small.
   */
  async sections(leaf: Relation, query: string, rowBytes: number, bytes: number, options: QueryOptions): Promise<string[] | null> {
    const found = await this.#rowGroups(leaf, query, options);
    if (!found || found.groups.length < 4) return null;
    const { source, rowsOf: sql, groups } = found;
    const limit = Math.max(1, bytes / Math.max(8, rowBytes));
    const sections = sectionsOf(groups, limit);
    return sections.length === 1 ? [query] : sections.map((slices) => query.replace(source, () => sql(slices)));
  }

  /**
   * A query over Parquet files, row by row, as up to `count` queries of consecutive rows, as many each; null when `leaf` is no such source, or empty.
   */
  async shares(leaf: Relation, query: string, count: number, options: QueryOptions): Promise<string[] | null> {
    const found = await this.#rowGroups(leaf, query, options);
    if (!found) return null;
    const { source, rowsOf: sql, groups } = found;
    const runs = runsOf(groups);
    const total = rowsIn(groups);
    if (total === 0) return null;
    return borders(total, count).map(([from, to]) => {
      const slices = runs.flatMap(({ file, first, rows }) => {
        const [lo, hi] = [Math.max(from - first, 0), Math.min(to - first, rows)];
        return hi > lo ? [{ file, from: lo, to: hi }] : [];
      });
      return query.replace(source, () => sql(slices));
    });
  }

  /** How many rows a query over Parquet files, row by row, starts from; null when `leaf` is no such source. */
  async rows(leaf: Relation, query: string, options: QueryOptions): Promise<number | null> {
    const found = await this.#rowGroups(leaf, query, options);
    return found && rowsIn(found.groups);
  }

  /** A query over Parquet files, row by row, over only those of their rows whose hash of `seed` and row number says so; null when `leaf` is no such source. */
  async part(leaf: Relation, query: string, { fraction, seed }: PartOfRows, options: QueryOptions): Promise<string | null> {
    const found = await this.#rowGroups(leaf, query, options);
    if (!found || found.groups.length === 0) return null;
    const { source, columns, groups, numbered } = found;
    const parts = runsOf(groups).map(({ file, first }) => {
      const rows = `SELECT ${columns}, CAST(row + ${first} AS UBIGINT) AS rn_ FROM ${numbered(file)}`;
      return `SELECT ${columns} FROM (${hashed(rows, seed)}) AS t WHERE h_ < ${Math.ceil(fraction * 2 ** 32)}`;
    });
    return query.replace(source, () => parts.join(' UNION ALL '));
  }

  /** The row groups of the files under a relation, in the order of rows; null when it does not read Parquet files, or the query more than once. */
  async #rowGroups(leaf: Relation, query: string, options: QueryOptions) {
    const source = [...this.#sections.keys()].find((sql) => leaf.sql.endsWith(`FROM (${sql})`));
    if (source === undefined || query.split(source).length !== 2) return null;
    const files = this.#sections.get(source) as ParquetFiles;
    const footers = await this.#footers(files.paths, options);
    const groups = files.paths.flatMap((path, file) => footers.get(path)?.groups.map((rows) => ({ file, rows })) ?? []);
    const numbered = (file: number) => files.numbered(files.paths[file] as string);
    const rowsOf = (slices: readonly Slice[]) =>
      piecesOf(slices, groups, (file) => files.paths[file] === files.paths[0])
        .map(({ whole, file, from, to }) => {
          const rows = whole ? files.whole(files.paths.slice(file, whole)) : `${numbered(file)} WHERE row >= ${from} AND row < ${to}`;
          return `SELECT ${files.columns} FROM ${rows}`;
        })
        .join(' UNION ALL ');
    return { source, columns: files.columns, groups, numbered, rowsOf };
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
}

/** A column as the type of a given schema. DuckDB's cast would write escapes for bytes that are text, and refuses structs that share no field. */
function readAs(column: string, from: DataType, to: DataType, depth = 0): string {
  if (from.kind === 'binary' && to.kind === 'string') return `decode(${column})`;
  if (from.kind === 'string' && to.kind === 'binary') return `encode(${column})`;
  if (sameType(from, to)) return castSource(column, to);
  const item = `r${depth}_`;
  if (from.kind === 'array' && to.kind === 'array') {
    return `list_transform(${column}, lambda ${item}: ${readAs(item, from.element, to.element, depth + 1)})`;
  }
  if (from.kind === 'map' && to.kind === 'map') {
    const [key, value] = [readAs(`${item}.key`, from.key, to.key, depth + 1), readAs(`${item}.value`, from.value, to.value, depth + 1)];
    return `map_from_entries(list_transform(map_entries(${column}), lambda ${item}: struct_pack(k := ${key}, v := ${value})))`;
  }
  if (from.kind === 'struct' && to.kind === 'struct') {
    const fields = to.fields.map(({ name, type }) => {
      const match = from.fields.find((field) => field.name === name);
      const read = match ? readAs(`struct_extract(${column}, ${text(name)})`, match.type, type, depth) : `CAST(NULL AS ${duckType(type)})`;
      return `${identifier(name)} := ${read}`;
    });
    return `CASE WHEN ${column} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END`;
  }
  return castSource(column, to);
}

/** DuckDB writes columns whose names differ only in case as `age` and `age_1`; the footer knows better. */
function sparkNames(names: readonly string[], spark: Schema | null): readonly string[] {
  if (spark?.fields.length !== names.length) return names;
  const matches = names.every((name, j) => {
    const known = spark.fields[j]?.name;
    return name === known || (name.startsWith(`${known}_`) && /^_\d+$/.test(name.slice(known.length)));
  });
  return matches ? spark.names : names;
}

function sourceField(name: string, type: DataType, spark: Schema | null): Field {
  const known = spark?.has(name) ? spark.find(name) : undefined;
  if (!known) return { name, type, nullable: true };
  return { name, type: known.type, nullable: true, ...(known.metadata && { metadata: known.metadata }) };
}
