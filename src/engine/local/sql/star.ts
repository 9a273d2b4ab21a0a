import { MlError, show } from '../../../error.ts';
import type { Expression } from '../../../frame/expression.ts';
import type { Schema } from '../../../frame/schema.ts';
import { columnIndex } from './column-index.ts';
import { javaPattern } from './java-pattern.ts';
import type { Scope, Typed } from './typed.ts';

/** `expressionSql`. */
type Build = (expression: Expression, scope: Scope) => Typed;

/** A column that a step puts out. */
export interface Output {
  readonly typed: Typed;
  /** Which column of the input it is, or -1. */
  readonly at: number;
}

/** Names that a regular expression of Java's matches as a whole. */
export function matchingNames(pattern: string, { names }: Schema): Set<string> {
  // `(a|b)?+.+`, which leaves columns out, takes what it can and gives nothing back.
  const greedy = pattern.replace(/^\(([^()]*)\)\?\+/, '(?=((?:$1)?))\\1');
  const whole = javaPattern('colRegex', `^(?:${greedy})$`);
  return new Set(names.filter((name) => name.search(whole) >= 0));
}

/** The fields of a struct as columns; null where `name` is none. */
function fieldsOf(name: string, scope: Scope, build: Build): Typed[] | null {
  if (columnIndex(name, scope) < 0) return null;
  const owner = build({ kind: 'column', name }, scope);
  if (owner.type.kind !== 'struct') return null;
  return owner.type.fields.map((field) => {
    const { sql, type, nullable, metadata } = build({ kind: 'field', child: { kind: 'column', name }, name: field.name }, scope);
    return { sql, type, nullable, metadata, name: field.name };
  });
}

/** All columns, or those with an alias, or those with a name that matches. */
export function starred({ of = null, matching }: { of?: string | null; matching?: string }, scope: Scope, build: Build): Output[] {
  const names = matching === undefined ? null : matchingNames(matching, scope.schema);
  const found = scope.schema.fields.flatMap((field, at) =>
    (names ? names.has(field.name) : of === null || scope.qualifiers?.[at] === of)
      ? [{ typed: { ...field, sql: scope.columns[at], isNamed: true }, at }]
      : [],
  );
  if (of !== null && found.length === 0) {
    const fields = fieldsOf(of, scope, build);
    if (fields) return fields.map((typed) => ({ typed, at: -1 }));
    throw new MlError('COLUMN_NOT_FOUND', `select: no frame here has the alias ${show(of)}`, { column: `${of}.*` });
  }
  return found;
}
