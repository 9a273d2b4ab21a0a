import { MlError } from '../../../error.ts';
import type { Metadata, Schema } from '../../../frame/schema.ts';
import { type DataType, typeName } from '../../../frame/types.ts';
import type { Origin } from './relation.ts';

/** A piece of SQL and what is known of its value. */
export interface Typed {
  readonly sql: string;
  readonly type: DataType;
  readonly nullable: boolean;
  /** The name that Spark would give the column. */
  readonly name: string;
  readonly metadata?: Metadata;
  /** Whether the name is a column's own, or was given by `alias`. */
  readonly isNamed?: boolean;
  /** The field of a struct that it is. */
  readonly fieldName?: string;
  /** The value when it is a constant. */
  readonly literal?: unknown;
}

/** What a function's rule makes of its arguments; the name is made elsewhere. */
export interface Built {
  readonly sql: string;
  readonly type: DataType;
  /** Whether it may be null; when absent: if an argument may. */
  readonly nullable?: boolean;
  /** The name that Spark gives the column, where it is not that of the call. */
  readonly name?: string;
}

/** What names in an expression mean. */
export interface Scope {
  /** The step that asks, for messages. */
  readonly owner?: string;
  readonly schema: Schema;
  readonly columns: readonly string[];
  readonly qualifiers?: readonly (string | null)[];
  readonly origins?: readonly (Origin | null)[];
  /** SQL texts, compiled beforehand. */
  readonly texts?: ReadonlyMap<string, Typed>;
  /** Lambda parameters in force. */
  readonly variables?: ReadonlyMap<string, Typed>;
  /** Inside `over(…)`, where aggregates take no order of their own. */
  readonly windowed?: boolean;
  /** The SQL of the keys of a rollup or cube. */
  readonly groupedBy?: readonly string[];
  /** The SQL of the row's number, for aggregates that depend on the order of rows. */
  readonly rowNumber?: () => string;
}

export const BOOLEAN: DataType = { kind: 'boolean' };
export const BYTE: DataType = { kind: 'byte' };
export const INT: DataType = { kind: 'int' };
export const LONG: DataType = { kind: 'long' };
export const FLOAT: DataType = { kind: 'float' };
export const DOUBLE: DataType = { kind: 'double' };
export const TEXT: DataType = { kind: 'string' };
export const BINARY: DataType = { kind: 'binary' };
export const DATE: DataType = { kind: 'date' };
export const TIMESTAMP: DataType = { kind: 'timestamp' };
export const VOID: DataType = { kind: 'void' };

export const arrayOf = (element: DataType): DataType => ({ kind: 'array', element });

const INTEGERS: readonly string[] = ['byte', 'short', 'int', 'long'];

export const isInteger = (type: DataType): boolean => INTEGERS.includes(type.kind);
export const isFraction = (type: DataType): boolean => type.kind === 'double' || type.kind === 'float';

/** The error of an argument of the wrong type. */
export function typeError(what: string, must: string, ...types: DataType[]): MlError {
  return new MlError('EXPRESSION_INVALID', `${what}: must be ${must}, got ${types.map(typeName).join(' and ')}`, {
    value: types.map(typeName).join(' and '),
  });
}

/** SQL that fails when it runs; `value` is SQL whose text, cut to 200 characters, stands between message and remedy. */
export function failure(message: string, value?: string, remedy = ''): string {
  const literal = (part: string) => `'${part.replaceAll("'", "''")}'`;
  return value === undefined
    ? `error(${literal(message)})`
    : `error(${literal(message)} || left(CAST(${value} AS VARCHAR), 200) || ${literal(remedy)})`;
}
