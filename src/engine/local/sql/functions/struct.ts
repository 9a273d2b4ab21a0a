import { MlError } from '../../../../error.ts';
import { pathOf } from '../../../../frame/expression.ts';
import type { DataType, StructField } from '../../../../frame/types.ts';
import { identifier, text } from '../duck-type.ts';
import { type Built, type Typed, typeError } from '../typed.ts';
import { constant, type Rules, rule } from './rule.ts';

/** A struct with the field at a path set to `value`, at its end where it is new; without the field when there is no value. */
function updated(owner: string, x: Typed, [name, ...rest]: readonly string[], value: Typed | undefined): Built {
  if (x.type.kind !== 'struct') throw typeError(owner, 'a struct', x.type);
  const part = (field: StructField): Typed => ({
    sql: `struct_extract(${x.sql}, ${text(field.name)})`,
    type: field.type,
    nullable: true,
    name: field.name,
  });
  const made = x.type.fields.flatMap((field): { field: StructField; sql: string }[] => {
    if (field.name !== name) return [{ field, sql: part(field).sql }];
    if (rest.length > 0) {
      const inner = updated(owner, part(field), rest, value);
      return [{ field: { ...field, type: inner.type }, sql: inner.sql }];
    }
    return value ? [{ field: { name, type: value.type }, sql: value.sql }] : [];
  });
  if (value && !x.type.fields.some((field) => field.name === name)) {
    if (rest.length > 0)
      throw new MlError('COLUMN_NOT_FOUND', `${owner}: field ${name} must exist in the struct to set a field of it`, { column: name });
    made.push({ field: { name, type: value.type }, sql: value.sql });
  }
  if (made.length === 0) throw new MlError('EXPRESSION_INVALID', `${owner}: at least one field of the struct must stay`);
  const packed = `struct_pack(${made.map(({ field, sql }) => `${identifier(field.name)} := ${sql}`).join(', ')})`;
  return {
    sql: `CASE WHEN ${x.sql} IS NOT NULL THEN ${packed} END`,
    type: { kind: 'struct', fields: made.map(({ field }) => field) },
    nullable: x.nullable,
  };
}

export const struct = (names: readonly string[], values: readonly Typed[]) => ({
  sql: values.length === 0 ? 'NULL' : `struct_pack(${values.map((v, i) => `${identifier(names[i])} := ${v.sql}`).join(', ')})`,
  type: { kind: 'struct', fields: values.map(({ type, metadata }, i) => ({ name: names[i], type, ...(metadata && { metadata }) })) } as DataType,
  nullable: false,
});

export const STRUCT_RULES: Rules = [
  [
    'struct',
    rule(1, Number.POSITIVE_INFINITY, (args) =>
      struct(
        args.map((a, i) => {
          if (a.fieldName !== undefined) return a.fieldName;
          return a.isNamed || (/^[\w ]+$/.test(a.name) && a.literal === undefined) ? a.name : `col${i + 1}`;
        }),
        args,
      ),
    ),
  ],
  [
    'named_struct',
    rule(2, Number.POSITIVE_INFINITY, (args) =>
      struct(
        args.filter((_, i) => i % 2 === 0).map((a) => String(constant('named_struct', 'name', a))),
        args.filter((_, i) => i % 2 === 1),
      ),
    ),
  ],
  [
    'update_fields',
    rule(2, 3, ([x, name, value]) => {
      const owner = value ? 'withField' : 'dropFields';
      return updated(owner, x, pathOf(String(constant(owner, 'name', name))), value);
    }),
  ],
];
