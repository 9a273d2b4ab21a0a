import { MlError, show } from '../../error.ts';
import type { LocalTable } from '../../frame/plan.ts';
import { type Field, Schema } from '../../frame/schema.ts';
import { type DataType, sameType, typeName } from '../../frame/types.ts';
import { isMatrix } from '../../linalg/matrices.ts';
import { isVector } from '../../linalg/vectors.ts';
import { isRecord } from '../../param/record.ts';

const OWNER = 'createFrame';

/** Rows as they are given: objects by column name, or (with a schema) arrays in its order. */
export type RowsIn = readonly (Readonly<Record<string, unknown>> | readonly unknown[])[];

/** Columns of these rows; without a schema the types are those of the values (a number is a double, a bigint a long). */
export function tableOfRows(rows: RowsIn, schema: Schema | null, partitions: number | null): LocalTable {
  if (!Array.isArray(rows)) throw new MlError('VALUE_INVALID', `${OWNER}: rows must be an array of objects or an Arrow table, got ${show(rows)}`);
  const odd = rows.findIndex((row) => !isRow(row, schema !== null));
  if (odd >= 0) {
    throw new MlError(
      'VALUE_INVALID',
      `${OWNER}: row ${odd} must be an object by column name${schema ? ' or an array' : ''}, got ${show(rows[odd])}`,
      {
        row: odd,
        value: rows[odd],
      },
    );
  }
  const names = schema ? schema.names : columnNames(rows as readonly Record<string, unknown>[]);
  const columns = names.map((name, j) =>
    rows.map((row) => (Array.isArray(row) ? row[j] : Object.hasOwn(row, name) ? (row as Record<string, unknown>)[name] : null) ?? null),
  );
  const found = schema ?? new Schema(names.map((name, j) => inferField(name, columns[j] as unknown[])));
  found.fields.forEach((field, j) => {
    if (field.nullable) return;
    const row = (columns[j] as unknown[]).indexOf(null);
    if (row >= 0) {
      throw new MlError('VALUE_INVALID', `${OWNER}: column ${show(field.name)} must not be null by its schema, row ${row} is`, {
        column: field.name,
        row,
      });
    }
  });
  return { schema: found, rows: rows.length, partitions, columns };
}

/** Maps, dates and the like are objects without columns: their rows would be lost. */
function isRow(row: unknown, arrays: boolean): boolean {
  return Array.isArray(row) ? arrays : isRecord(row) && !isVector(row);
}

/** The table's columns in the order and with the types of `schema`. */
export function withSchema(table: LocalTable, schema: Schema): LocalTable {
  const columns = schema.fields.map(({ name }) => {
    table.schema.require(OWNER, name);
    return table.columns[table.schema.names.indexOf(name)];
  });
  return { ...table, schema, columns };
}

function columnNames(rows: readonly Record<string, unknown>[]): string[] {
  const names = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row)) names.add(name);
  return [...names];
}

function inferField(name: string, values: readonly unknown[]): Field {
  let type: DataType | null = null;
  for (const [row, value] of values.entries()) {
    if (value === null) continue;
    const found: DataType | null = typeOfValue(value);
    if (!found)
      throw new MlError('VALUE_INVALID', `${OWNER}: column ${show(name)} must hold values of a known type, row ${row} has ${show(value)}`, {
        column: name,
        row,
        value,
      });
    type = type === null ? found : merge(type, found);
    if (!type) {
      throw new MlError(
        'VALUE_INVALID',
        `${OWNER}: column ${show(name)} must hold values of one type, row ${row} has ${show(value)}; give a schema`,
        {
          column: name,
          row,
          value,
        },
      );
    }
  }
  if (!type || hasVoid(type)) {
    throw new MlError(
      'SCHEMA_INVALID',
      `${OWNER}: column ${show(name)} must have a value from which its type shows, or a schema; it is null throughout`,
      {
        column: name,
      },
    );
  }
  return { name, type, nullable: true };
}

/** Types of values deeper than this are not looked for: such a value holds itself, or is no cell of a table. */
const MAX_DEPTH = 64;

function typeOfValue(value: unknown, depth = 0): DataType | null {
  if (depth > MAX_DEPTH) throw new MlError('VALUE_INVALID', `${OWNER}: a value must not be nested deeper than ${MAX_DEPTH} levels, or hold itself`);
  switch (typeof value) {
    case 'number':
      return { kind: 'double' };
    case 'bigint':
      return { kind: 'long' };
    case 'boolean':
      return { kind: 'boolean' };
    case 'string':
      return { kind: 'string' };
    case 'object':
      break;
    default:
      return null;
  }
  if (value === null) return { kind: 'void' };
  if (isVector(value)) return { kind: 'vector' };
  if (isMatrix(value)) return { kind: 'matrix' };
  if (value instanceof Date) return { kind: 'timestamp' };
  if (value instanceof Uint8Array) return { kind: 'binary' };
  if (ArrayBuffer.isView(value)) return { kind: 'array', element: { kind: value instanceof BigInt64Array ? 'long' : 'double' } };
  if (Array.isArray(value)) return { kind: 'array', element: elementType(value, depth) };
  if (value instanceof Map) return { kind: 'map', key: elementType([...value.keys()], depth), value: elementType([...value.values()], depth) };
  if (!isRecord(value) || Object.keys(value).length === 0) return null;
  return {
    kind: 'struct',
    fields: Object.entries(value).map(([name, v]) => ({ name, type: typeOfValue(v, depth + 1) ?? { kind: 'void' } })),
  };
}

function elementType(values: readonly unknown[], depth: number): DataType {
  let type: DataType = { kind: 'void' };
  for (const value of values) {
    const merged = merge(type, typeOfValue(value, depth + 1) ?? { kind: 'void' });
    if (!merged)
      throw new MlError('VALUE_INVALID', `${OWNER}: an array must hold values of one type, got ${show(values)}; give a schema`, { value: values });
    type = merged;
  }
  return type;
}

function merge(a: DataType, b: DataType): DataType | null {
  if (a.kind === 'void') return b;
  if (b.kind === 'void' || sameType(a, b)) return a;
  if (a.kind === 'array' && b.kind === 'array') {
    const element = merge(a.element, b.element);
    return element && { kind: 'array', element };
  }
  if (a.kind === 'struct' && b.kind === 'struct') {
    const names = [...new Set([...a.fields, ...b.fields].map((f) => f.name))];
    const fields = names.map((name) => {
      const [x, y] = [a, b].map((s) => s.fields.find((f) => f.name === name)?.type ?? ({ kind: 'void' } as const));
      return { name, type: merge(x, y) };
    });
    return fields.every((f) => f.type) ? { kind: 'struct', fields: fields as { name: string; type: DataType }[] } : null;
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const [key, value] = [merge(a.key, b.key), merge(a.value, b.value)];
    return key && value && { kind: 'map', key, value };
  }
  return null;
}

function hasVoid(type: DataType): boolean {
  return / ?\bvoid\b/.test(typeName(type)) && (type.kind === 'void' || type.kind === 'array' || type.kind === 'map');
}
