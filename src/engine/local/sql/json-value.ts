import { MlError } from '../../../error.ts';
import { type DataType, typeName } from '../../../frame/types.ts';
import { castSql } from './cast.ts';
import { duckType, text } from './duck-type.ts';
import { DOUBLE, TEXT, TIMESTAMP } from './typed.ts';

/** How texts are read as dates and moments; as a cast reads them where it is not told. */
export interface JsonPatterns {
  readonly date?: (x: string) => string;
  readonly timestamp?: (x: string) => string;
}

/**
 * SQL of a JSON value as `type`, by the rules of Spark's JSON reader: a value of another kind is null (1.5 is no int, a text no number but for `NaN`
 * and the infinities), and a text takes any value as it is written.
 */
export function jsonValue(json: string, type: DataType, patterns: JsonPatterns = {}, depth = 0): string {
  const is = (...kinds: string[]) => `json_type(${json}) IN (${kinds.map(text).join(', ')})`;
  const raw = `(${json} ->> '$')`;
  const isWhole = is('UBIGINT', 'BIGINT', 'HUGEINT');
  const fromText = (to: DataType, read: ((x: string) => string) | undefined) =>
    `CASE WHEN ${is('VARCHAR')} THEN ${read ? `CAST(${read(raw)} AS ${duckType(to)})` : castSql({ sql: raw, type: TEXT, nullable: true, name: '' }, to, true).sql} END`;
  switch (type.kind) {
    case 'string':
      return `CASE WHEN ${is('VARCHAR')} THEN ${raw} WHEN json_type(${json}) <> 'NULL' THEN CAST(${json} AS VARCHAR) END`;
    case 'boolean':
      return `CASE WHEN ${is('BOOLEAN')} THEN CAST(${json} AS BOOLEAN) END`;
    case 'byte':
    case 'short':
    case 'int':
    case 'long':
      return `CASE WHEN ${isWhole} THEN TRY_CAST(CAST(${json} AS VARCHAR) AS ${duckType(type)}) END`;
    case 'float':
    case 'double': {
      const words = `regexp_full_match(${raw}, '[+-]?(NaN|Infinity|INF)')`;
      const number = castSql({ sql: `TRY_CAST(${raw} AS DOUBLE)`, type: DOUBLE, nullable: true, name: '' }, type).sql;
      return `CASE WHEN ${is('UBIGINT', 'BIGINT', 'HUGEINT', 'DOUBLE')} OR ${words} THEN ${number} END`;
    }
    case 'decimal':
      return `CASE WHEN ${is('UBIGINT', 'BIGINT', 'HUGEINT', 'DOUBLE', 'VARCHAR')} THEN TRY_CAST(${raw} AS ${duckType(type)}) END`;
    case 'date':
      return fromText(type, patterns.date);
    case 'timestamp':
      return `CASE WHEN ${isWhole} THEN make_timestamp(TRY_CAST(${raw} AS BIGINT) * 1000000) ELSE ${fromText(TIMESTAMP, patterns.timestamp)} END`;
    case 'array': {
      const item = `v${depth}_`;
      const items = `list_transform(json_extract(${json}, '$[*]'), lambda ${item}: ${jsonValue(item, type.element, patterns, depth + 1)})`;
      return `CASE WHEN ${is('ARRAY')} THEN ${whole(items, `json_extract(${json}, '$[*]')`, type.element, depth)} END`;
    }
    case 'map': {
      const key = `k${depth}_`;
      const at = `json_extract(${json}, '/' || replace(replace(${key}, '~', '~0'), '/', '~1'))`;
      const values = `list_transform(json_keys(${json}), lambda ${key}: ${jsonValue(at, type.value, patterns, depth + 1)})`;
      const kept = whole(values, `json_extract(${json}, '$.*')`, type.value, depth);
      return `CASE WHEN ${is('OBJECT')} AND ${kept} IS NOT NULL THEN map(CAST(json_keys(${json}) AS ${duckType(type.key)}[]), ${values}) END`;
    }
    case 'struct': {
      const fields = type.fields.map((f) => `${text(f.name)}: ${jsonValue(jsonField(json, f.name), f.type, patterns, depth + 1)}`);
      return `CASE WHEN ${is('OBJECT')} THEN {${fields.join(', ')}} END`;
    }
    default:
      throw new MlError('NOT_SUPPORTED', `read.json: a JSON column must not be ${typeName(type)}`);
  }
}

/** Condition under which a JSON value that is there cannot be read as `type`, wholly. */
export function jsonMisfit(json: string, type: DataType, patterns: JsonPatterns = {}): string {
  if (type.kind === 'string') return 'FALSE';
  const unread = `(coalesce(json_type(${json}), 'NULL') <> 'NULL' AND (${jsonValue(json, type, patterns)}) IS NULL)`;
  if (type.kind !== 'struct') return unread;
  const within = type.fields.map((field) => jsonMisfit(jsonField(json, field.name), field.type, patterns)).filter((test) => test !== 'FALSE');
  return [unread, ...within].join(' OR ');
}

/** The list of values read from JSON, null where one of them could not be read. */
function whole(values: string, json: string, type: DataType, depth: number): string {
  if (type.kind === 'string') return values;
  const item = `w${depth}_`;
  const given = `len(list_filter(${json}, lambda ${item}: json_type(${item}) <> 'NULL'))`;
  return `CASE WHEN len(list_filter(${values}, lambda ${item}: ${item} IS NOT NULL)) = ${given} THEN ${values} END`;
}

/** The value of an object's field, whatever its name is made of. */
export function jsonField(json: string, name: string): string {
  return `json_extract(${json}, ${text(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)})`;
}
