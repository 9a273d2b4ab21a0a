import { MlError } from '../../error.ts';
import type { Plan } from '../../frame/plan.ts';
import { type Field, Schema } from '../../frame/schema.ts';
import { type DataType, STRING, type StructField, sameType, typeName } from '../../frame/types.ts';
import { CORRUPT } from './csv/options.ts';
import type { Database, QueryOptions } from './duck/database.ts';
import type { SourceFile } from './files.ts';
import { castSource, partitionSql, relationOf, withFields, without } from './source-columns.ts';
import { duckType, identifier, text } from './sql/duck-type.ts';
import type { Relation } from './sql/relation.ts';

type ReadPlan = Extract<Plan, { op: 'read' }>;

/** JSON files as relations. Lines that are no objects become rows of nulls, with their text in a column of their own; the mode drops or refuses them. */
export class JsonSource {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async relation(plan: ReadPlan, files: readonly SourceFile[], partition: readonly Field[], options: QueryOptions): Promise<Relation> {
    const paths = `[${files.map((f) => text(f.path)).join(', ')}]`;
    const mode = String(plan.options.mode ?? 'PERMISSIVE').toUpperCase();
    const lenient = mode !== 'FAILFAST' && plan.options.multiLine !== true;
    const shape = [
      `format = '${plan.options.multiLine === true ? 'auto' : 'newline_delimited'}'`,
      `ignore_errors = ${lenient}`,
      'maximum_object_size = 67108864',
    ];
    const corrupt = String(plan.options.columnNameOfCorruptRecord ?? CORRUPT);
    const given = plan.schema && without(plan.schema, partition);
    const schema = given ?? (await this.#inferred(paths, shape, plan, lenient && mode === 'PERMISSIVE' ? corrupt : null, options));
    if (schema.fields.length === 0) return relationOf('SELECT 1 AS none WHERE false', withFields(schema, partition), () => 'NULL');
    // Types that were inferred fit; of a schema's they need not, and DuckDB would make 2 of 1.5.
    const strict = (type: DataType) => given !== null && STRICT.has(type.kind);
    const types = schema.fields.map(({ type }) => (strict(type) ? 'JSON' : jsonType(type)));
    const cast = (sql: string, type: DataType) => castSource(strict(type) ? strictSql(sql, type) : sql, type);
    const folders = `hive_partitioning = ${partition.length > 0}, hive_types_autocast = false`;
    // DuckDB takes names that differ in case only for one: each is read from the objects by itself.
    const alike = new Set(schema.names.map((name) => name.toLowerCase())).size < schema.fields.length;
    if ((lenient && (mode === 'DROPMALFORMED' || schema.has(corrupt))) || alike) {
      const objects = lenient ? lineObjects(paths, folders, mode) : `SELECT * FROM read_json_objects(${paths}, ${folders}, ${shape.join(', ')})`;
      return relationOf(objects, withFields(schema, partition), (field, j) => {
        if (j >= schema.fields.length) return partitionSql(field);
        if (lenient && field.name === corrupt) return castSource('CASE WHEN json IS NULL THEN line END', field.type);
        const read = `json_transform(json, json_object(${text(field.name)}, ${text(types[j] as string)}))`;
        return cast(`struct_extract(${read}, ${text(field.name)})`, field.type);
      });
    }
    const columns = schema.fields.map((f, j) => `${text(f.name)}: ${text(types[j] as string)}`).join(', ');
    const records = plan.options.multiLine === true ? '' : ', records = true';
    const reader = `read_json(${paths}, columns = {${columns}}, ${folders}, ${shape.join(', ')}${records})`;
    return relationOf(`SELECT * FROM ${reader}`, withFields(schema, partition), (field, j) =>
      j < schema.fields.length ? cast(identifier(field.name), field.type) : partitionSql(field),
    );
  }

  /** With the column `corrupt` for the lines that are no objects, where there are some. */
  async #inferred(paths: string, shape: readonly string[], plan: ReadPlan, corrupt: string | null, options: QueryOptions): Promise<Schema> {
    const schema = await this.#inferJson(paths, shape, plan, options);
    if (corrupt === null || schema.has(corrupt)) return schema;
    const objects = `read_json_objects(${paths}, hive_partitioning = false, ${shape.join(', ')})`;
    const [bad] = await this.#database.rows(
      `SELECT true FROM ${objects} WHERE coalesce(json_type(json), '') <> 'OBJECT' LIMIT 1`,
      [{ kind: 'boolean' }],
      options,
    );
    if (!bad) return schema;
    return new Schema([...schema.fields, { name: corrupt, type: STRING, nullable: true }].sort(byName));
  }

  /** Numbers, texts, booleans, arrays and structs, columns sorted by name; DuckDB's guesses of dates and the like stay texts, as in Spark. */
  async #inferJson(paths: string, shape: readonly string[], plan: ReadPlan, options: QueryOptions): Promise<Schema> {
    const sql = `SELECT * FROM read_json(${paths}, auto_detect = true, sample_size = -1, map_inference_threshold = -1, hive_partitioning = false, ${shape.join(', ')})`;
    const described = await this.#database.describe(sql, options);
    const asText = plan.options.primitivesAsString === true;
    if (described.length === 1 && described[0]?.name === 'json') return this.#ofObjects(paths, shape, asText, options);
    const whole = (await this.#hasLongNumbers(described, paths, shape, options)) ? WIDE : LONG;
    const names = await this.#jsonNames(
      paths,
      shape,
      described.map((d) => d.name),
      options,
    );
    const fields = described.map((d, j) => ({ name: names[j] as string, type: plainJson(d.type, asText, whole), nullable: true }));
    return new Schema(fields.sort(byName));
  }

  /** The schema of those lines that are objects, where others are not. */
  async #ofObjects(paths: string, shape: readonly string[], asText: boolean, options: QueryOptions): Promise<Schema> {
    const objects = `read_json_objects(${paths}, hive_partitioning = false, ${shape.join(', ')})`;
    const sql = `SELECT CAST(json_group_structure(json) AS VARCHAR) FROM ${objects} WHERE json_type(json) = 'OBJECT'`;
    const [[found]] = await this.#database.rows(sql, [STRING], options);
    const fields = structFields(found === null ? {} : JSON.parse(found as string));
    return new Schema(fields.map(({ name, type }) => ({ name, type: plainJson(type, asText, LONG), nullable: true })).sort(byName));
  }

  /** Whether whole numbers that DuckDB gives more than 64 bits, for their signs differ, may need them. */
  async #hasLongNumbers(described: readonly { type: DataType }[], paths: string, shape: readonly string[], options: QueryOptions): Promise<boolean> {
    if (!described.some(({ type }) => typeName(type).includes(typeName(WIDE)))) return false;
    const objects = `read_json_objects(${paths}, hive_partitioning = false, ${shape.join(', ')})`;
    const sql = `SELECT true FROM ${objects} WHERE regexp_matches(CAST(json AS VARCHAR), '[0-9]{19}') LIMIT 1`;
    return (await this.#database.rows(sql, [{ kind: 'boolean' }], options)).length > 0;
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

const LONG: DataType = { kind: 'long' };
/** What DuckDB's HUGEINT becomes. */
const WIDE: DataType = { kind: 'decimal', precision: 38, scale: 0 };

/** Types that a JSON value of another kind is null for. */
const STRICT: ReadonlySet<string> = new Set(['byte', 'short', 'int', 'long', 'float', 'double', 'boolean']);

/** A JSON value as a number or a boolean when it is one; texts are none but for `NaN` and the infinities. */
function strictSql(json: string, { kind }: DataType): string {
  const is = (...kinds: string[]) => `json_type(${json}) IN (${kinds.map(text).join(', ')})`;
  if (kind === 'boolean') return `CASE WHEN ${is('BOOLEAN')} THEN CAST(${json} AS BOOLEAN) END`;
  if (kind !== 'float' && kind !== 'double')
    return `CASE WHEN ${is('UBIGINT', 'BIGINT', 'HUGEINT')} THEN TRY_CAST(CAST(${json} AS VARCHAR) AS ${duckType({ kind } as DataType)}) END`;
  const words = `regexp_full_match(${json} ->> '$', '[+-]?(NaN|Infinity|INF)')`;
  return `CASE WHEN ${is('UBIGINT', 'BIGINT', 'HUGEINT', 'DOUBLE')} OR ${words} THEN TRY_CAST(${json} ->> '$' AS DOUBLE) END`;
}

/** The fields of what `json_group_structure` says of objects. */
function structFields(structure: object): StructField[] {
  return Object.entries(structure).map(([name, node]) => ({ name, type: structureType(node) }));
}

function structureType(node: unknown): DataType {
  if (Array.isArray(node)) return { kind: 'array', element: structureType(node[0]) };
  if (typeof node === 'object' && node !== null) return { kind: 'struct', fields: structFields(node) };
  const kinds: Record<string, DataType['kind']> = { UBIGINT: 'long', BIGINT: 'long', HUGEINT: 'long', DOUBLE: 'double', BOOLEAN: 'boolean' };
  return { kind: kinds[String(node)] ?? 'string' } as DataType;
}

const byName = (a: Field, b: Field) => (a.name < b.name ? -1 : 1);

/** The lines of files with the objects that they are, null where they are none; blank lines are left out. */
function lineObjects(paths: string, folders: string, mode: string): string {
  const format = "header = false, auto_detect = false, delim = '\x01', quote = '', escape = '', strict_mode = false, max_line_size = 67108864";
  const lines = `SELECT * FROM read_csv(${paths}, columns = {'line': 'VARCHAR'}, ${format}, ${folders})`;
  const objects = `SELECT *, CASE WHEN json_valid(line) AND json_type(line) = 'OBJECT' THEN CAST(line AS JSON) END AS json FROM (${lines})`;
  return `SELECT * FROM (${objects}) WHERE trim(line) <> ''${mode === 'DROPMALFORMED' ? ' AND json IS NOT NULL' : ''}`;
}

function plainJson(type: DataType, asText: boolean, whole: DataType): DataType {
  switch (type.kind) {
    case 'array':
      return { kind: 'array', element: plainJson(type.element, asText, whole) };
    case 'struct':
      return { kind: 'struct', fields: type.fields.map((f) => ({ name: f.name, type: plainJson(f.type, asText, whole) })) };
    case 'map':
      return { kind: 'map', key: STRING, value: plainJson(type.value, asText, whole) };
    case 'vector':
    case 'matrix':
      return type;
    case 'boolean':
    case 'long':
    case 'double':
      return asText ? STRING : type;
    case 'decimal':
      return asText ? STRING : sameType(type, WIDE) ? whole : type;
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
