import { MlError } from '../../../../error.ts';
import type { DataType } from '../../../../frame/types.ts';
import { asDouble, asInt, asText, notNegative } from '../coerce.ts';
import type { Built, Scope, Typed } from '../typed.ts';

export interface CallInfo {
  readonly name: string;
  readonly distinct: boolean;
  readonly scope: Scope;
}

/** How a function of Spark is said in DuckDB's SQL: its number of arguments, and the SQL of a call. */
export interface Rule {
  readonly least: number;
  readonly most: number;
  readonly build: (args: readonly Typed[], call: CallInfo) => Built;
}

export type Rules = readonly (readonly [names: string, rule: Rule])[];

export function rule(least: number, most: number, build: Rule['build']): Rule {
  return { least, most, build };
}

/** A function of texts. */
export function ofText(count: number, type: DataType, sql: (...texts: string[]) => string, nullable?: boolean): Rule {
  return rule(count, count, (args) => ({ sql: sql(...args.map(asText)), type, nullable }));
}

/** A value's bytes: a text's are those of its UTF-8. */
export const bytes = (x: Typed) => (x.type.kind === 'binary' ? x.sql : `encode(${asText(x)})`);

/** A function of doubles that gives a double. */
export function ofDouble(count: number, sql: (...numbers: string[]) => string, nullable?: boolean): Rule {
  return rule(count, count, (args, { name }) => ({ sql: sql(...args.map((a) => asDouble(name, a))), type: { kind: 'double' }, nullable }));
}

/** The value of an argument that must be a constant. */
export function constant(name: string, what: string, arg: Typed | undefined): unknown {
  if (arg && 'literal' in arg && arg.literal !== undefined) return arg.literal;
  throw new MlError('EXPRESSION_INVALID', `${name}: ${what} must be a constant`);
}

/** The items of a list of texts one after the other, parted by a text. */
export function joined(list: string, separator: Typed): string {
  const s = asText(separator);
  if (separator.literal !== undefined) return `array_to_string(${list}, ${s})`;
  // The engine takes constants only.
  return `CASE WHEN ${s} IS NOT NULL THEN substring(array_to_string(list_transform(${list}, lambda j_: ${s} || j_), ''), length(${s}) + 1) END`;
}

export { asDouble, asInt, asText, notNegative };
