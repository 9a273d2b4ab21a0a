import { type DataType, isNumeric, sameType } from '../../../frame/types.ts';
import { castSql } from './cast.ts';
import { commonInterval, isInterval } from './interval.ts';
import { DOUBLE, isFraction, isInteger, LONG, TEXT, type Typed, typeError } from './typed.ts';

const WIDTHS = ['byte', 'short', 'int', 'long'];

/** Digits that hold every value of an integer type. */
const DIGITS: Readonly<Record<string, number>> = { byte: 3, short: 5, int: 10, long: 20 };

/** A value as a decimal; a whole constant has as many digits as it is written with. */
export function decimalOf({ type, literal }: { type: DataType; literal?: unknown }): { precision: number; scale: number } {
  if (type.kind === 'decimal') return type;
  const digits = typeof literal === 'number' || typeof literal === 'bigint' ? String(literal).replace('-', '').length : DIGITS[type.kind];
  return { precision: digits, scale: 0 };
}

export function decimalType(precision: number, scale: number): DataType {
  if (precision <= 38) return { kind: 'decimal', precision, scale };
  // Spark keeps at least 6 digits after the point when the whole does not fit.
  const whole = precision - scale;
  return { kind: 'decimal', precision: 38, scale: Math.max(38 - whole, Math.min(scale, 6)) };
}

/** The narrowest type that holds both; undefined when there is none. Text gives way to the other type, as under ANSI rules. */
export function commonType(a: DataType, b: DataType): DataType | undefined {
  if (sameType(a, b)) return a;
  if (a.kind === 'void') return b;
  if (b.kind === 'void') return a;
  if (isInterval(a) && isInterval(b)) return commonInterval(a, b);
  if (isNumeric(a) && isNumeric(b)) return commonNumber(a, b);
  if (a.kind === 'string') return textWith(b);
  if (b.kind === 'string') return textWith(a);
  if (a.kind === 'date' && b.kind === 'timestamp') return b;
  if (a.kind === 'timestamp' && b.kind === 'date') return a;
  if (a.kind === 'array' && b.kind === 'array') {
    const element = commonType(a.element, b.element);
    return element && { kind: 'array', element };
  }
  if (a.kind === 'struct' && b.kind === 'struct' && a.fields.length === b.fields.length) {
    const fields = a.fields.map((field, i) => {
      const type = field.name === b.fields[i].name ? commonType(field.type, b.fields[i].type) : undefined;
      return type && { ...field, type };
    });
    return fields.includes(undefined) ? undefined : { kind: 'struct', fields: fields as typeof a.fields };
  }
  return undefined;
}

/** The type with the names of another's fields, where it has as many: values are compared by place. */
export function namedAs(type: DataType, other: DataType): DataType {
  if (type.kind === 'array' && other.kind === 'array') return { kind: 'array', element: namedAs(type.element, other.element) };
  if (type.kind !== 'struct' || other.kind !== 'struct' || type.fields.length !== other.fields.length) return type;
  return {
    kind: 'struct',
    fields: type.fields.map((field, i) => ({ ...field, name: other.fields[i].name, type: namedAs(field.type, other.fields[i].type) })),
  };
}

function commonNumber(a: DataType, b: DataType): DataType {
  if (isInteger(a) && isInteger(b)) return WIDTHS.indexOf(a.kind) >= WIDTHS.indexOf(b.kind) ? a : b;
  if (a.kind === 'decimal' || b.kind === 'decimal') {
    if (isFraction(a) || isFraction(b)) return DOUBLE;
    const x = decimalOf({ type: a });
    const y = decimalOf({ type: b });
    const scale = Math.max(x.scale, y.scale);
    return decimalType(Math.max(x.precision - x.scale, y.precision - y.scale) + scale, scale);
  }
  if (a.kind === 'float' && b.kind === 'float') return a;
  return DOUBLE;
}

function textWith(other: DataType): DataType | undefined {
  if (isInteger(other)) return LONG;
  if (isNumeric(other)) return DOUBLE;
  return ['boolean', 'date', 'timestamp', 'binary'].includes(other.kind) ? other : undefined;
}

/** All values as their common type; `what` starts the message when there is none. */
export function unify(what: string, values: readonly Typed[]): { values: Typed[]; type: DataType } {
  let type = values[0]?.type ?? TEXT;
  for (const value of values.slice(1)) {
    const common = commonType(type, value.type);
    if (!common) throw typeError(what, 'of types that go together', type, value.type);
    type = common;
  }
  return { values: values.map((v) => castSql(v, type)), type };
}

export function asText(value: Typed): string {
  if (['array', 'map', 'struct'].includes(value.type.kind)) throw typeError('a text', 'given as a plain value', value.type);
  return castSql(value, TEXT).sql;
}

export function asDouble(what: string, value: Typed): string {
  if (!isNumeric(value.type) && value.type.kind !== 'string' && value.type.kind !== 'void') throw typeError(what, 'a number', value.type);
  return castSql(value, DOUBLE).sql;
}

export function asInt(what: string, value: Typed): string {
  if (!isNumeric(value.type) && value.type.kind !== 'string' && value.type.kind !== 'void') throw typeError(what, 'a whole number', value.type);
  return castSql(value, { kind: 'int' }).sql;
}

/** The number, or 0 where it is negative; null stays null. */
export const notNegative = (n: string) => `CASE WHEN ${n} < 0 THEN 0 ELSE ${n} END`;
