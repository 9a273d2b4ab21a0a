import { MlError, show } from '../../error.ts';
import { type Column, type ColumnOrName, nameToExpression, toExpression } from '../column.ts';
import { Schema, type SchemaLiteral } from '../schema.ts';
import { parseSchema } from '../schema-text.ts';
import type { Checked } from '../type-names.ts';
import { parseType, typeName } from '../types.ts';
import { of } from './of.ts';

/**
 * The value that a JSON text holds, of a struct's type given as a schema (`'a int, b string'`, or a literal), or of `array<…>`, `map<…>` or
 * `struct<…>`. Values of another kind are null, and so is each field of a struct where the text is no JSON.
 */
export function fromJson<const S extends SchemaLiteral = SchemaLiteral>(x: ColumnOrName, schema: Schema | string | (S & Checked<S>)): Column {
  const isType = typeof schema === 'string' && /^\s*(?:array|map|struct)\s*</i.test(schema);
  if (typeof schema !== 'string' && (typeof schema !== 'object' || schema === null)) {
    throw new MlError('SCHEMA_INVALID', `fromJson: schema must be a schema or a type's name, got ${show(schema)}`, { value: schema });
  }
  const fields = () => (typeof schema === 'string' ? parseSchema(schema) : Schema.from(schema)).fields.map(({ name, type }) => ({ name, type }));
  const type = isType ? parseType(schema) : ({ kind: 'struct', fields: fields() } as const);
  return of('from_json', nameToExpression(x), toExpression(typeName(type)));
}

/** A struct, a map or an array as JSON; fields that are null are left out. */
export function toJson(x: ColumnOrName): Column {
  return of('to_json', nameToExpression(x));
}

/** Values of a JSON object's fields as texts: columns `c0`, `c1` …, for `select`. */
export function jsonTuple(x: ColumnOrName, ...fields: string[]): Column[] {
  return fields.map((field, i) => of('json_field', nameToExpression(x), toExpression(field)).alias(`c${i}`));
}

/** The number of items of the array that a JSON text holds; null where it holds none. */
export function jsonArrayLength(x: ColumnOrName): Column {
  return of('json_array_length', nameToExpression(x));
}

/** The names of the fields of the object that a JSON text holds; null where it holds none. */
export function jsonObjectKeys(x: ColumnOrName): Column {
  return of('json_object_keys', nameToExpression(x));
}
