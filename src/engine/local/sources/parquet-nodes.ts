import { MlError, show } from '../../../error.ts';
import { type DataType, STRING, type StructField } from '../../../frame/types.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { identifier, text } from '../sql/duck-type.ts';

/** A node of a Parquet file's schema. */
export interface ParquetNode {
  readonly name: string;
  readonly isList: boolean;
  readonly children: readonly ParquetNode[];
}

/** SQL of a column, and its type. */
export interface Reading {
  readonly sql: string;
  readonly type: DataType;
}

/** A Parquet file's columns as they stand there: DuckDB renames those that differ only in case. */
export async function parquetNodes(database: Database, path: string, options: QueryOptions): Promise<readonly ParquetNode[]> {
  const rows = await database.rows(
    `SELECT name, num_children::INTEGER, "precision"::INTEGER, coalesce(converted_type = 'LIST' OR starts_with(logical_type, 'List'), false) FROM parquet_schema(${text(path)})`,
    [STRING, { kind: 'int' }, { kind: 'int' }, { kind: 'boolean' }],
    options,
  );
  // DuckDB makes doubles of them, and wrong ones.
  const long = rows.find(([, , precision]) => Number(precision ?? 0) > 38);
  if (long) {
    const message = `read.parquet: decimals must have at most 38 digits, column ${show(long[0])} of ${show(path)} has ${long[2]}`;
    throw new MlError('NOT_SUPPORTED', message, { column: long[0] as string, path });
  }
  let at = 0;
  const next = (): ParquetNode => {
    const [name, count, , isList] = rows[at++] as [string, number | null, unknown, boolean];
    return { name, isList, children: Array.from({ length: count ?? 0 }, next) };
  };
  return next().children;
}

/**
 * A column `x`, which DuckDB gives as `type`, as Spark reads it. Parquet's older rules make the repeated group of a list its element where it is called
 * `array` or `<list>_tuple`; DuckDB takes the only field of such a group. A `VARIANT` becomes the text that Spark's cast makes of it.
 */
export function asSpark(x: string, type: DataType, node: ParquetNode | undefined, depth = 0): Reading {
  if (!node || node.children.length === 0) return { sql: x, type };
  if (type.kind === 'string') {
    const json = `CAST(${x} AS JSON)`;
    return { sql: `CASE json_type(${json}) WHEN 'VARCHAR' THEN ${json} ->> '$' WHEN 'NULL' THEN NULL ELSE CAST(${json} AS VARCHAR) END`, type };
  }
  const item = `p${depth}_`;
  if (type.kind === 'array') {
    const [repeated] = node.children as [ParquetNode];
    const only = repeated.children.length === 1 ? repeated.children[0] : undefined;
    const isElement = repeated.name === 'array' || repeated.name === `${node.name}_tuple`;
    let element = asSpark(item, type.element, only && !(isElement && repeated.isList) ? only : repeated, depth + 1);
    if (node.isList && isElement && only && !repeated.isList) {
      element = {
        sql: `struct_pack(${identifier(only.name)} := ${element.sql})`,
        type: { kind: 'struct', fields: [{ name: only.name, type: element.type }] },
      };
    }
    if (element.sql === item) return { sql: x, type };
    return { sql: `list_transform(${x}, lambda ${item}: ${element.sql})`, type: { kind: 'array', element: element.type } };
  }
  if (type.kind === 'struct') {
    const read = type.fields.map((field, j) => asSpark(`struct_extract(${x}, ${text(field.name)})`, field.type, node.children[j], depth));
    if (read.every(({ type: found }, j) => found === type.fields[j]?.type)) return { sql: x, type };
    const fields: StructField[] = type.fields.map(({ name }, j) => ({ name, type: (read[j] as Reading).type }));
    const parts = fields.map(({ name }, j) => `${identifier(name)} := ${read[j]?.sql}`);
    return { sql: `CASE WHEN ${x} IS NOT NULL THEN struct_pack(${parts.join(', ')}) END`, type: { kind: 'struct', fields } };
  }
  if (type.kind !== 'map') return { sql: x, type };
  const value = asSpark(`${item}.value`, type.value, node.children[0]?.children[1], depth + 1);
  if (value.sql === `${item}.value`) return { sql: x, type };
  const entries = `list_transform(map_entries(${x}), lambda ${item}: struct_pack(k := ${item}.key, v := ${value.sql}))`;
  return { sql: `map_from_entries(${entries})`, type: { ...type, value: value.type } };
}
