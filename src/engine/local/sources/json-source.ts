import { MlError, show } from '../../../error.ts';
import type { Plan } from '../../../frame/plan.ts';
import { type Field, Schema } from '../../../frame/schema.ts';
import { type DataType, STRING, type StructField, sameType, typeName } from '../../../frame/types.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { ScriptedFunctions } from '../scripted/functions.ts';
import { duckType, identifier, text } from '../sql/duck-type.ts';
import { type JsonPatterns, jsonField, jsonMisfit, jsonValue } from '../sql/json-value.ts';
import type { Relation } from '../sql/relation.ts';
import { failure } from '../sql/typed.ts';
import { byPattern } from './csv/cast.ts';
import { findLine } from './csv/head.ts';
import { CORRUPT, refuseSampling } from './csv/options.ts';
import type { SourceFile } from './files.ts';
import { castSource, partitionSql, relationOf, withFields, without } from './source-columns.ts';

type ReadPlan = Extract<Plan, { op: 'read' }>;

/**
 * JSON files as relations. Lines that are no objects become rows of nulls, with their text in a column of their own; the mode drops or refuses them.
 */
export class JsonSource {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async relation(plan: ReadPlan, files: readonly SourceFile[], partition: readonly Field[], options: QueryOptions): Promise<Relation> {
    const paths = `[${files.map((f) => text(f.path)).join(', ')}]`;
    const mode = String(plan.options.mode ?? 'PERMISSIVE').toUpperCase();
    const byLine = plan.options.multiLine !== true;
    const shape = [`format = '${byLine ? 'newline_delimited' : 'auto'}'`, `ignore_errors = ${byLine}`, 'maximum_object_size = 67108864'];
    refuseSampling('read.json', plan.options);
    refuseEncoding(plan.options);
    const allowed = allowedBy(plan.options);
    const corrupt = String(plan.options.columnNameOfCorruptRecord ?? CORRUPT);
    const given = plan.schema && without(plan.schema, partition);
    const explain = (line: string) =>
      badLine(
        line,
        files.map((f) => f.path),
      );
    const schema = given ?? (await this.#inferred(paths, shape, plan, mode, corrupt, explain, options));
    if (schema.fields.length === 0) return relationOf('SELECT 1 AS none WHERE false', withFields(schema, partition), () => 'NULL');
    // Types that were inferred fit; of a schema's they need not, and DuckDB would make 2 of 1.5.
    const patterns = patternsOf(plan.options);
    const types = schema.fields.map(({ type }) => (given ? 'JSON' : jsonType(type)));
    const cast = (sql: string, type: DataType) => castSource(given ? jsonValue(sql, type, patterns) : sql, type);
    const folders = `hive_partitioning = ${partition.length > 0}, hive_types_autocast = false`;
    // DuckDB takes names that differ in case only for one: each is read from the objects by itself.
    const alike = new Set(schema.names.map((name) => name.toLowerCase())).size < schema.fields.length;
    const odd = byLine && (mode === 'DROPMALFORMED' || schema.has(corrupt) || (await this.#hasOddLines(paths, shape, options)));
    if (odd || alike) {
      const objects = byLine ? lineObjects(paths, folders, allowed) : `SELECT * FROM read_json_objects(${paths}, ${folders}, ${shape.join(', ')})`;
      const data = given ? schema.fields.filter((field) => field.name !== corrupt) : [];
      const misfits = data.map((field) => jsonMisfit(jsonField('json', field.name), field.type, patterns)).filter((test) => test !== 'FALSE');
      const isMalformed = `(${['json IS NULL', ...misfits].join(' OR ')})`;
      const fits = given ? schema.fields.map((field) => fitting(field, jsonField('json', field.name), patterns)) : [];
      const number = this.#database.number();
      if (mode === 'FAILFAST') this.#database.explainWith(number, explain);
      const whole = byLine ? [`CASE WHEN json IS NULL THEN error('millstream#${number}#' || line) ELSE TRUE END`] : [];
      const wanted = { PERMISSIVE: [], DROPMALFORMED: byLine ? [`NOT ${isMalformed}`] : [], FAILFAST: [...whole, ...fits] }[mode] ?? [];
      return relationOf(`SELECT * FROM (${objects})${where(wanted)}`, withFields(schema, partition), (field, j) => {
        if (partition.includes(field)) return partitionSql(field);
        if (byLine && field.name === corrupt) return castSource(`CASE WHEN ${isMalformed} THEN line END`, field.type);
        if (given) return cast(jsonField('json', field.name), field.type);
        const read = `json_transform(json, json_object(${text(field.name)}, ${text(types[j])}))`;
        return cast(`struct_extract(${read}, ${text(field.name)})`, field.type);
      });
    }
    const inFolders = (field: Field) => partition.some((p) => p.name === field.name);
    const columns = schema.fields.flatMap((f, j) => (inFolders(f) ? [] : `${text(f.name)}: ${text(types[j])}`)).join(', ');
    const records = byLine ? ', records = true' : '';
    const reader = `read_json(${paths}, columns = {${columns}}, ${folders}, ${shape.join(', ')}${records})`;
    const fits = mode === 'FAILFAST' && given ? schema.fields.map((field) => fitting(field, identifier(field.name), patterns)) : [];
    return relationOf(`SELECT * FROM ${reader}${where(fits)}`, withFields(schema, partition), (field) =>
      partition.includes(field) ? partitionSql(field) : cast(identifier(field.name), field.type),
    );
  }

  /** With the column `corrupt` for lines that are no objects, where there are some and the mode keeps them. */
  async #inferred(
    paths: string,
    shape: readonly string[],
    plan: ReadPlan,
    mode: string,
    corrupt: string,
    explain: (line: string) => MlError,
    options: QueryOptions,
  ): Promise<Schema> {
    const schema = await this.#inferJson(paths, shape, plan, options);
    const isKnown = mode === 'DROPMALFORMED' || (mode === 'PERMISSIVE' && schema.has(corrupt));
    if (plan.options.multiLine === true || isKnown || !(await this.#hasOddLines(paths, shape, options))) return schema;
    const objects = lineObjects(paths, 'hive_partitioning = false', allowedBy(plan.options));
    const [bad] = await this.#rows(`SELECT line FROM (${objects}) WHERE json IS NULL LIMIT 1`, [STRING], options);
    if (!bad) return schema;
    if (mode === 'FAILFAST') throw explain(bad[0] as string);
    return new Schema([...schema.fields, { name: corrupt, type: STRING, nullable: true }].sort(byName));
  }

  /** Whether there are lines that are no objects in strict JSON. */
  async #hasOddLines(paths: string, shape: readonly string[], options: QueryOptions): Promise<boolean> {
    const objects = `read_json_objects(${paths}, hive_partitioning = false, ${shape.join(', ')})`;
    const sql = `SELECT true FROM ${objects} WHERE coalesce(json_type(json), '') <> 'OBJECT' LIMIT 1`;
    return (await this.#rows(sql, [{ kind: 'boolean' }], options)).length > 0;
  }

  /** Whether an object has a field; a document of anything else is an error. */
  async #hasFields(paths: string, shape: readonly string[], options: QueryOptions): Promise<boolean> {
    const objects = `read_json_objects(${paths}, hive_partitioning = false, ${shape.join(', ')})`;
    const sql = `SELECT json_type(json) = 'OBJECT', left(CAST(json AS VARCHAR), 200) FROM ${objects} WHERE json_type(json) <> 'OBJECT' OR len(json_keys(json)) > 0 LIMIT 1`;
    const [found] = await this.#rows(sql, [{ kind: 'boolean' }, STRING], options);
    if (!found || found[0] === true) return found !== undefined;
    throw new MlError('VALUE_INVALID', `read.json: a document must be an object or an array of objects, got ${found[1]}`, { value: found[1] });
  }

  async #rows(sql: string, types: readonly DataType[], options: QueryOptions): Promise<unknown[][]> {
    await ScriptedFunctions.of(this.#database).prepare(sql, options);
    return this.#database.rows(sql, types, options);
  }

  /** Numbers, texts, booleans, arrays and structs, columns sorted by name; DuckDB's guesses of dates and the like stay texts, as in Spark. */
  async #inferJson(paths: string, shape: readonly string[], plan: ReadPlan, options: QueryOptions): Promise<Schema> {
    const asText = plan.options.primitivesAsString === true;
    const lines = shape.includes('ignore_errors = true') && (await this.#hasOddLines(paths, shape, options));
    if (lines) return this.#ofObjects(paths, allowedBy(plan.options), asText, options);
    const sql = `SELECT * FROM read_json(${paths}, auto_detect = true, sample_size = -1, map_inference_threshold = -1, hive_partitioning = false, ${shape.join(', ')})`;
    const described = await this.#database.describe(sql, options);
    // What DuckDB calls a column of values that are no objects, or have no fields.
    if (described.length === 1 && described[0].name === 'json' && !(await this.#hasFields(paths, shape, options))) return new Schema([]);
    const whole = (await this.#hasLongNumbers(described, paths, shape, options)) ? WIDE : LONG;
    const names = await this.#jsonNames(
      paths,
      shape,
      described.map((d) => d.name),
      options,
    );
    const fields = described.map((d, j) => ({ name: names[j], type: plainJson(d.type, asText, whole), nullable: true }));
    return new Schema(fields.filter(isNamed).sort(byName));
  }

  /** The schema of those lines that are objects, where others are not. */
  async #ofObjects(paths: string, allowed: string, asText: boolean, options: QueryOptions): Promise<Schema> {
    const objects = lineObjects(paths, 'hive_partitioning = false', allowed);
    const [[found]] = await this.#rows(
      `SELECT CAST(json_group_structure(json) AS VARCHAR) FROM (${objects}) WHERE json IS NOT NULL`,
      [STRING],
      options,
    );
    const fields = structFields(found === null ? {} : JSON.parse(found as string));
    return new Schema(fields.map(({ name, type }) => ({ name, type: plainJson(type, asText, LONG), nullable: true })).sort(byName));
  }

  /** Whether whole numbers that DuckDB gives more than 64 bits, for their signs differ, need them. */
  async #hasLongNumbers(described: readonly { type: DataType }[], paths: string, shape: readonly string[], options: QueryOptions): Promise<boolean> {
    if (!described.some(({ type }) => typeName(type).includes(typeName(WIDE)))) return false;
    const objects = `read_json_objects(${paths}, hive_partitioning = false, ${shape.join(', ')})`;
    const long = `regexp_extract_all(CAST(json AS VARCHAR), '-?[0-9]{19,}')`;
    const sql = `SELECT true FROM ${objects} WHERE len(list_filter(${long}, lambda n: TRY_CAST(n AS BIGINT) IS NULL)) > 0 LIMIT 1`;
    return (await this.#database.rows(sql, [{ kind: 'boolean' }], options)).length > 0;
  }

  /** The names of the objects' keys: DuckDB calls one that differs from another in case only `<name>_<number>`, and the empty one `C<place>`. */
  async #jsonNames(paths: string, shape: readonly string[], names: readonly string[], options: QueryOptions): Promise<readonly string[]> {
    const known = new Set(names.map((name) => name.toLowerCase()));
    const renamed = /^(.*)_\d+$/s;
    const isRenamed = (name: string, j: number) => name === `C${j}` || known.has(renamed.exec(name)?.[1]?.toLowerCase() as string);
    if (!names.some(isRenamed)) return names;
    const objects = `read_json_objects(${paths}, hive_partitioning = false, ${shape.join(', ')})`;
    const keys = await this.#database.rows(`SELECT DISTINCT unnest(json_keys(json)) FROM ${objects}`, [STRING], options);
    const found = new Set(keys.map(([key]) => key as string));
    return names.map((name, j) => (isRenamed(name, j) && !found.has(name) ? (renamed.exec(name)?.[1] ?? '') : name));
  }
}

const LONG: DataType = { kind: 'long' };
/** What DuckDB's HUGEINT becomes. */
const WIDE: DataType = { kind: 'decimal', precision: 38, scale: 0 };

/** Of a line that mode FAILFAST refuses. */
function badLine(line: string, files: readonly string[]): MlError {
  const found = findLine(files, line, { encoding: 'utf-8' });
  const place = found ? ` (${found.path}, line ${found.line})` : '';
  return new MlError(
    'VALUE_INVALID',
    `read.json: a line must be an object or an array of objects, got ${show(line)}${place}; mode PERMISSIVE reads it as nulls`,
    { value: line, ...(found && { path: found.path, line: found.line }) },
  );
}

function refuseEncoding({ encoding = 'UTF-8' }: ReadPlan['options']): void {
  if (/^(utf-?8|us-ascii)$/i.test(String(encoding))) return;
  const message = `read.json: option encoding must be UTF-8, got ${show(encoding)}; convert the file first`;
  throw new MlError('NOT_SUPPORTED', message, { param: 'encoding', value: encoding });
}

/** What Spark's options allow in a text, a letter each. */
function allowedBy(options: ReadPlan['options']): string {
  const letters = [
    ['allowSingleQuotes', 'q', true],
    ['allowNumericLeadingZeros', 'z', false],
    ['allowUnquotedFieldNames', 'u', false],
  ] as const;
  return letters.map(([name, letter, usual]) => ((options[name] ?? usual) ? letter : '')).join('');
}

function patternsOf({ dateFormat, timestampFormat }: ReadPlan['options']): JsonPatterns {
  return {
    ...(typeof dateFormat === 'string' && { date: (x: string) => byPattern('read.json', x, 'dateFormat', dateFormat) }),
    ...(typeof timestampFormat === 'string' && { timestamp: (x: string) => byPattern('read.json', x, 'timestampFormat', timestampFormat) }),
  };
}

/** The fields of what `json_group_structure` says of objects. */
function structFields(structure: object): StructField[] {
  return Object.entries(structure)
    .map(([name, node]) => ({ name, type: structureType(node) }))
    .filter(isNamed);
}

function structureType(node: unknown): DataType {
  if (Array.isArray(node)) return { kind: 'array', element: structureType(node[0]) };
  if (typeof node === 'object' && node !== null) return { kind: 'struct', fields: structFields(node) };
  const kinds: Record<string, DataType['kind']> = { UBIGINT: 'long', BIGINT: 'long', HUGEINT: 'long', DOUBLE: 'double', BOOLEAN: 'boolean' };
  return { kind: kinds[String(node)] ?? 'string' } as DataType;
}

/** Spark infers no column of a field whose name is empty. */
const isNamed = ({ name }: StructField) => name !== '';
const byName = (a: StructField, b: StructField) => (a.name < b.name ? -1 : 1);

/** The lines of files with the objects that they are or, as arrays, hold; null where they are none; blank lines are left out. */
function lineObjects(paths: string, folders: string, allowed: string): string {
  // Where DuckDB takes CRLF for the line break, it loses the character after a lone CR; so each CR and each LF is one.
  const format =
    "new_line = '\\n', header = false, auto_detect = false, delim = '\x01', quote = '', escape = '', strict_mode = false, max_line_size = 67108864";
  const lines = `SELECT * FROM read_csv(${paths}, columns = {'line': 'VARCHAR'}, ${format}, ${folders})`;
  const strict = `SELECT *, CASE WHEN json_valid(line) THEN line ELSE spark_json(line, ${text(allowed)}) END AS strict FROM (${lines}) WHERE trim(line) <> ''`;
  const items = `json_extract(CASE WHEN json_type(strict) = 'ARRAY' THEN strict END, '$[*]')`;
  const areObjects = `len(list_filter(${items}, lambda i_: json_type(i_) <> 'OBJECT')) = 0`;
  const found = `CASE WHEN json_type(strict) = 'OBJECT' THEN [CAST(strict AS JSON)] WHEN ${areObjects} THEN ${items} ELSE [NULL] END`;
  return `SELECT * EXCLUDE (strict), unnest(${found}) AS json FROM (${strict})`;
}

const where = (tests: readonly string[]) => (tests.length > 0 ? ` WHERE ${tests.join(' AND ')}` : '');

/** The condition that a field can be read as its type, an error where it cannot. */
function fitting({ name, type }: Field, json: string, patterns: JsonPatterns): string {
  const misfit = jsonMisfit(json, type, patterns);
  const wrong = failure(`read.json: column ${show(name)} must be ${typeName(type)}, got `, json, '; mode PERMISSIVE reads it as null');
  return misfit === 'FALSE' ? 'TRUE' : `CASE WHEN ${misfit} THEN ${wrong} ELSE TRUE END`;
}

function plainJson(type: DataType, asText: boolean, whole: DataType): DataType {
  switch (type.kind) {
    case 'array':
      return { kind: 'array', element: plainJson(type.element, asText, whole) };
    case 'struct':
      return structOf(type.fields.filter(isNamed).map((f) => ({ name: f.name, type: plainJson(f.type, asText, whole) })));
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

/** As objects that have none, those without a field that has a name are texts. */
function structOf(fields: readonly StructField[]): DataType {
  return fields.length === 0 ? STRING : { kind: 'struct', fields: [...fields].sort(byName) };
}

function jsonType(type: DataType): string {
  if (type.kind === 'binary') {
    throw new MlError('NOT_SUPPORTED', `read.json: a JSON column must not be ${typeName(type)}`);
  }
  return duckType(type);
}
