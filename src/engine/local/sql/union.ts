import { MlError, show } from '../../../error.ts';
import { type Field, Schema } from '../../../frame/schema.ts';
import { type DataType, sameType } from '../../../frame/types.ts';
import { castSql } from './cast.ts';
import { commonType } from './coerce.ts';
import { columnIndex } from './column-index.ts';
import { identifier, text } from './duck-type.ts';
import { literalSql } from './literal.ts';
import type { Relation } from './relation.ts';
import type { Typed } from './typed.ts';

/** The rows of both, duplicates kept. */
export function unionSql(left: Relation, right: Relation, { byName, allowMissing }: { byName: boolean; allowMissing: boolean }): Relation {
  return { ...joined(left, right, 'UNION ALL', byName, allowMissing), stable: left.stable && right.stable };
}

/** Rows of both, or of the left only. */
export function combineSql(left: Relation, right: Relation, { kind, all }: { kind: 'intersect' | 'except'; all: boolean }): Relation {
  return { ...joined(left, right, `${kind.toUpperCase()}${all ? ' ALL' : ''}`, false, false), stable: false };
}

function joined(left: Relation, right: Relation, operator: string, byName: boolean, allowMissing: boolean): Relation {
  const pairs = byName ? pairsByName(left, right, allowMissing) : left.schema.fields.map((_, i) => [i, i] as const);
  if (!byName && left.schema.fields.length !== right.schema.fields.length) {
    throw new MlError(
      'SCHEMA_INVALID',
      `union: both frames must have as many columns, got ${left.schema.fields.length} and ${right.schema.fields.length}`,
    );
  }
  const fieldsBy = byName ? (allowMissing ? 'any name' : 'name') : 'place';
  const sides: [string[], string[]] = [[], []];
  const fields = pairs.map(([l, r]): Field => {
    const a = l === null ? null : left.schema.fields[l];
    const b = r === null ? null : right.schema.fields[r];
    const type = a && b ? together(a.type, b.type, fieldsBy) : (a ?? (b as Field)).type;
    if (!type)
      throw new MlError('COLUMN_TYPE', `union: column ${show(a?.name)} must have types that go together in both frames`, { column: a?.name });
    const side = (relation: Relation, field: Field | null, i: number | null) =>
      shaped(field && i !== null ? { ...field, sql: relation.columns[i] } : literalSql(null), type, fieldsBy);
    sides[0].push(side(left, a, l));
    sides[1].push(side(right, b, r));
    return { name: (a ?? (b as Field)).name, type, nullable: !a || !b || a.nullable || b.nullable, metadata: a?.metadata };
  });
  const sql = sides.map((columns, s) => `SELECT ${columns.map((c, i) => `${c} AS c${i}`).join(', ')} FROM (${s === 0 ? left.sql : right.sql}) AS t`);
  return {
    sql: `${sql[0]} ${operator} ${sql[1]}`,
    schema: new Schema(fields),
    columns: fields.map((_, i) => `c${i}`),
    stable: left.stable && right.stable,
  };
}

/** How fields of structs find each other: by place, by name where both structs have the same names, or by name with null for what one lacks. */
type FieldsBy = 'place' | 'name' | 'any name';

type StructType = Extract<DataType, { kind: 'struct' }>;

const byNames = (a: StructType, b: StructType, by: FieldsBy) =>
  by === 'any name' || (by === 'name' && a.fields.length === b.fields.length && a.fields.every((f) => fieldNamed(b, f.name)));

const fieldNamed = (type: StructType, name: string) => type.fields.find((f) => f.name === name);

/** The type that holds the values of both; fields have the first's names and order, then those that only the second has. */
function together(a: DataType, b: DataType, by: FieldsBy): DataType | undefined {
  if (sameType(a, b)) return a;
  if (a.kind === 'array' && b.kind === 'array') {
    const element = together(a.element, b.element, by);
    return element && { kind: 'array', element };
  }
  if (a.kind !== 'struct' || b.kind !== 'struct') return commonType(a, b);
  const named = byNames(a, b, by);
  if (!named && a.fields.length !== b.fields.length) return undefined;
  const own = a.fields.map((field, i) => {
    const other = named ? fieldNamed(b, field.name) : b.fields[i];
    const type = other ? together(field.type, other.type, by) : field.type;
    return type && { ...field, type };
  });
  const extra = named ? b.fields.filter((f) => !fieldNamed(a, f.name)) : [];
  return own.includes(undefined) ? undefined : { kind: 'struct', fields: [...(own as StructType['fields']), ...extra] };
}

/** SQL of a value as a type that {@link together} has found. */
function shaped(value: Typed, to: DataType, by: FieldsBy, depth = 0): string {
  const { type: from, sql } = value;
  const within = (part: string, of: DataType, type: DataType) => shaped({ sql: part, type: of, nullable: true, name: '' }, type, by, depth + 1);
  if (sameType(from, to)) return sql;
  if (from.kind === 'array' && to.kind === 'array')
    return `list_transform(${sql}, lambda u${depth}_: ${within(`u${depth}_`, from.element, to.element)})`;
  if (from.kind !== 'struct' || to.kind !== 'struct') return castSql(value, to).sql;
  const named = byNames(from, to, by);
  const fields = to.fields.map((field, i) => {
    const source = named ? fieldNamed(from, field.name) : from.fields[i];
    const part = source ? within(`struct_extract(${sql}, ${text(source.name)})`, source.type, field.type) : literalCast(field.type);
    return `${identifier(field.name)} := ${part}`;
  });
  return `CASE WHEN ${sql} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END`;
}

const literalCast = (type: DataType) => castSql(literalSql(null), type).sql;

function pairsByName(left: Relation, right: Relation, allowMissing: boolean): (readonly [number | null, number | null])[] {
  const where = (relation: Relation, name: string) => columnIndex(name, { schema: relation.schema, columns: relation.columns });
  const missing = (name: string) =>
    new MlError('COLUMN_NOT_FOUND', `unionByName: column ${show(name)} must be in both frames, or set allowMissingColumns`, { column: name });
  const pairs = left.schema.names.map((name, i) => {
    where(left, name);
    const at = where(right, name);
    if (at < 0 && !allowMissing) throw missing(name);
    return [i, at < 0 ? null : at] as const;
  });
  const extra = right.schema.names.flatMap((name, i) => {
    if (where(left, name) >= 0) return [];
    if (!allowMissing) throw missing(name);
    return [[null, i] as const];
  });
  return [...pairs, ...extra];
}
