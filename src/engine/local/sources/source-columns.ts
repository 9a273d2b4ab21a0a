import { type Field, Schema } from '../../../frame/schema.ts';
import { type DataType, STRING, sameType } from '../../../frame/types.ts';
import { duckType, identifier } from '../sql/duck-type.ts';
import type { Relation } from '../sql/relation.ts';
import { escapeName, type SourceFile } from './files.ts';

/** A relation with columns c0, c1 …, made by `sql` from the columns of `source`. */
export function relationOf(source: string, schema: Schema, sql: (field: Field, j: number) => string): Relation {
  const columns = schema.fields.map((_, j) => `c${j}`);
  const list = schema.fields.map((field, j) => `${sql(field, j)} AS c${j}`).join(', ') || 'NULL AS none';
  return { sql: `SELECT ${list} FROM (${source})`, schema, columns, stable: true };
}

/** A column of a file as `type`; without effect where it has it already. */
export function castSource(column: string, type: DataType): string {
  return `CAST(${column} AS ${duckType(type)})`;
}

/** DuckDB calls the column as the folders spell it. */
export function partitionSql(field: Field): string {
  return partitionValue(identifier(escapeName(field.name)), field.type);
}

export function partitionValue(sql: string, type: DataType): string {
  return sameType(type, STRING) ? `CAST(${sql} AS VARCHAR)` : `CAST(CAST(${sql} AS VARCHAR) AS ${duckType(type)})`;
}

/** The columns that the folders' names make, of the types that Spark would infer, or that the schema says. */
export function partitionFields(files: readonly SourceFile[], given: Schema | null): Field[] {
  const names = [...new Set(files.flatMap((f) => [...f.partition.keys()]))];
  return names.map((name) => {
    const values = files.flatMap((f) => f.partition.get(name) ?? []);
    return { name, type: given?.find(name)?.type ?? partitionType(values), nullable: true };
  });
}

/** As Spark finds it; of numbers that no type holds exactly together it makes texts. */
function partitionType(values: readonly string[]): DataType {
  const types = new Map(values.map(valueType).map((type) => [type.kind, type]));
  const only = (...kinds: readonly DataType['kind'][]) => values.length > 0 && [...types.keys()].every((kind) => kinds.includes(kind));
  if (only('int')) return { kind: 'int' };
  if (only('int', 'long')) return { kind: 'long' };
  if (only('int', 'long', 'decimal')) {
    const digits = values.map((v) => v.replace(/^[+-]?0*/, '').length);
    return { kind: 'decimal', precision: Math.max(types.has('long') ? 20 : 10, ...digits), scale: 0 };
  }
  if (only('int', 'double')) return { kind: 'double' };
  if (only('date')) return { kind: 'date' };
  if (only('date', 'timestamp')) return { kind: 'timestamp' };
  return STRING;
}

function valueType(value: string): DataType {
  if (/^[+-]?\d+$/.test(value)) {
    const whole = BigInt(value.replace(/^\+/, ''));
    if (BigInt.asIntN(32, whole) === whole) return { kind: 'int' };
    if (BigInt.asIntN(64, whole) === whole) return { kind: 'long' };
    const digits = value.replace(/^[+-]?0*/, '').length;
    return digits <= 38 ? { kind: 'decimal', precision: digits, scale: 0 } : { kind: 'double' };
  }
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^(NaN|[+-]?Infinity)$/.test(value)) return { kind: 'double' };
  const moment = /^(\d{4}-\d{2}-\d{2})( \d{2}:\d{2}:\d{2}(\.\d+)?)?$/.exec(value);
  // A day that no calendar has, as February 30, is another one here.
  if (!moment || !isoText(value).startsWith(value.replace(' ', 'T').slice(0, 19))) return STRING;
  return { kind: moment[2] ? 'timestamp' : 'date' };
}

function isoText(moment: string): string {
  const date = new Date(`${moment.replace(' ', 'T').slice(0, 19)}${moment.includes(' ') ? 'Z' : ''}`);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

export function without(schema: Schema, fields: readonly Field[]): Schema {
  return new Schema(schema.fields.filter((f) => !fields.some((p) => p.name === f.name)));
}

/** The schema of a file with columns that its folders say: those that it has too stay at their place, the others come last. */
export function withFields(schema: Schema, fields: readonly Field[]): Schema {
  if (fields.length === 0) return schema;
  const own = schema.fields.map((f) => fields.find((p) => p.name === f.name) ?? f);
  return new Schema([...own, ...fields.filter((p) => !schema.has(p.name))]);
}
