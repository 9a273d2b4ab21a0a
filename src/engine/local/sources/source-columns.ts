import { type Field, Schema } from '../../../frame/schema.ts';
import { type DataType, STRING, sameType } from '../../../frame/types.ts';
import { duckType, identifier } from '../sql/duck-type.ts';
import type { Relation } from '../sql/relation.ts';
import type { SourceFile } from './files.ts';

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

export function partitionSql(field: Field): string {
  return partitionValue(identifier(field.name), field.type);
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

export function without(schema: Schema, fields: readonly Field[]): Schema {
  return new Schema(schema.fields.filter((f) => !fields.some((p) => p.name === f.name)));
}

export function withFields(schema: Schema, fields: readonly Field[]): Schema {
  return fields.length === 0 ? schema : new Schema([...schema.fields.filter((f) => !fields.some((p) => p.name === f.name)), ...fields]);
}
