import { MlError, show } from '../../../error.ts';
import type { Sink } from '../../../frame/executor.ts';
import type { Field } from '../../../frame/schema.ts';
import { type DataType, typeName } from '../../../frame/types.ts';

/** What a COPY statement writes of the rows `t`: columns, a first row of their names where it is one, its options, and how its files end. */
export interface Format {
  readonly sql: { readonly columns: readonly string[]; readonly header?: string };
  readonly options: readonly string[];
  readonly extension: string;
}

export type Formatter = (data: readonly Field[], column: (field: Field) => string, sink: Sink, owner: string) => Format;

/** COPY options by which the one column that is written is a file's lines. */
export const LINES: readonly string[] = ['FORMAT csv', 'HEADER false', `DELIMITER '\u0001'`, "QUOTE ''", "ESCAPE ''"];

/** Whether a value is a word: of a name, or between separators. */
export function isPlain(type: DataType): boolean {
  return !['vector', 'matrix', 'array', 'map', 'struct', 'binary'].includes(type.kind);
}

export function typeError(owner: string, field: Field, rule: string): MlError {
  return new MlError('COLUMN_TYPE', `${owner}: column ${show(field.name)} must be ${rule}, is ${typeName(field.type)}`, {
    column: field.name,
    value: typeName(field.type),
  });
}

export function option(owner: string, options: Sink['options'], name: string, fallback: string, known: readonly string[]): string {
  const value = String(options[name] ?? fallback).toLowerCase();
  if (known.includes(value)) return value;
  throw new MlError('PARAM_INVALID', `${owner}: option ${name} must be one of ${known.join(', ')}, got ${show(options[name])}`, {
    param: name,
    value,
  });
}

/** Whether files are to be compressed, by the one codec that texts have here. */
export function isGzip(owner: string, options: Sink['options']): boolean {
  return option(owner, options, 'compression', 'none', ['none', 'uncompressed', 'gzip']) === 'gzip';
}
