import { MlError, show } from '../../../error.ts';
import type { Expression } from '../../../frame/expression.ts';
import { castSql } from './cast.ts';
import { arrayOf, BOOLEAN, INT, type Scope, type Typed, typeError } from './typed.ts';

type Compile = (expression: Expression, scope: Scope) => Typed;
type Lambda = Extract<Expression, { kind: 'lambda' }>;

/** Functions that take a function: transform, filter, exists, forall, aggregate. */
export function higherOrder(expression: Extract<Expression, { kind: 'call' }>, scope: Scope, compile: Compile): Typed {
  const { name, args } = expression;
  const list = compile(args[0], scope);
  if (list.type.kind !== 'array') throw typeError(name, 'an array', list.type);
  const item = list.type.element;
  const label = `${name}(${list.name}, lambdafunction)`;
  if (name === 'aggregate') return reduced(list, args.slice(1), scope, compile, label);
  const { body, parameters } = lambda(name, args[1], scope, compile, [
    [item, ''],
    [INT, ' - 1'],
  ]);
  const mapped = `${parameters.join(', ')}: `;
  const test = () => {
    if (body.type.kind !== 'boolean' && body.type.kind !== 'void') throw typeError(name, 'given a function that answers true or false', body.type);
    return castSql(body, BOOLEAN).sql;
  };
  const { sql } = list;
  switch (name) {
    case 'transform':
      return { sql: `list_transform(${sql}, lambda ${mapped}${body.sql})`, type: arrayOf(body.type), nullable: list.nullable, name: label };
    case 'filter':
      return { sql: `list_filter(${sql}, lambda ${mapped}coalesce(${test()}, FALSE))`, type: list.type, nullable: list.nullable, name: label };
    case 'exists':
      return { sql: answered(`list_transform(${sql}, lambda ${mapped}${test()})`, 'TRUE'), type: BOOLEAN, nullable: true, name: label };
    case 'forall':
      return { sql: answered(`list_transform(${sql}, lambda ${mapped}${test()})`, 'FALSE'), type: BOOLEAN, nullable: true, name: label };
    default:
      throw new MlError('EXPRESSION_INVALID', `function ${show(name)} takes no function`, { value: name });
  }
}

/** `decisive` when it is among the answers; else null when one is, else the opposite. */
function answered(answers: string, decisive: 'TRUE' | 'FALSE'): string {
  const other = decisive === 'TRUE' ? 'FALSE' : 'TRUE';
  return `list_transform([${answers}], lambda l_: CASE WHEN l_ IS NULL THEN NULL WHEN list_contains(l_, ${decisive}) THEN ${decisive} WHEN len(l_) > list_count(l_) THEN NULL ELSE ${other} END)[1]`;
}

/** Folds a list from the left, beginning with a start value. */
function reduced(list: Typed, rest: readonly Expression[], scope: Scope, compile: Compile, label: string): Typed {
  const item = list.type.kind === 'array' ? list.type.element : list.type;
  const start = compile(rest[0], scope);
  if (start.type.kind !== item.kind) throw typeError('aggregate', 'given a start value of the elements’ type', start.type, item);
  const { body, parameters } = lambda('aggregate', rest[1], scope, compile, [
    [start.type, ''],
    [item, ''],
  ]);
  const folded = castSql(body, start.type).sql;
  const value: Typed = {
    sql: `CASE WHEN ${list.sql} IS NOT NULL THEN list_reduce(list_prepend(${start.sql}, ${list.sql}), lambda ${parameters.join(', ')}: ${folded}) END`,
    type: start.type,
    nullable: true,
    name: label,
  };
  const finish = rest[2] as Lambda | undefined;
  if (!finish) return value;
  return { ...compile(finish.body, { ...scope, variables: new Map([...(scope.variables ?? []), [finish.parameters[0], value]]) }), name: label };
}

/** The body of a lambda with its parameters bound to fresh names; an index counts from 0, DuckDB's from 1. */
function lambda(owner: string, given: Expression | undefined, scope: Scope, compile: Compile, kinds: readonly (readonly [Typed['type'], string])[]) {
  if (given?.kind !== 'lambda' || given.parameters.length < 1 || given.parameters.length > kinds.length) {
    throw new MlError('EXPRESSION_INVALID', `${owner}: needs a function of 1 to ${kinds.length} columns`);
  }
  const depth = scope.variables?.size ?? 0;
  const parameters = given.parameters.map((_, i) => `x${depth + i}_`);
  const variables = new Map(scope.variables ?? []);
  given.parameters.forEach((name, i) => {
    const [type, shift] = kinds[i];
    variables.set(name, { sql: shift ? `CAST(${parameters[i]}${shift} AS INTEGER)` : parameters[i], type, nullable: true, name });
  });
  return { body: compile(given.body, { ...scope, variables }), parameters };
}
