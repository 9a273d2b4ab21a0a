import { MlError, show } from '../../../error.ts';
import { type Expression, pathOf } from '../../../frame/expression.ts';
import { listNames } from '../../../frame/schema.ts';
import { castSql } from './cast.ts';
import { unify } from './coerce.ts';
import { columnIndex, unknownColumn } from './column-index.ts';
import { text } from './duck-type.ts';
import { functionRule, isAggregate, isRanking } from './functions/index.ts';
import { higherOrder } from './higher-order.ts';
import { literalSql } from './literal.ts';
import { nameOf } from './names.ts';
import { arithmetic, comparison, logical, membership } from './operators.ts';
import { checkOrdered, orderKey } from './order.ts';
import { starred } from './star.ts';
import { arrayOf, BOOLEAN, type Built, DOUBLE, type Scope, type Typed, typeError, VOID } from './typed.ts';
import { checkRowWise, containsAggregate } from './walk.ts';
import { checkFrame, checkRanking, frameSql } from './window-frame.ts';

/** The SQL of an expression with Spark's meaning, its type, and the name that Spark would give the column. */
export function expressionSql(expression: Expression, scope: Scope): Typed {
  switch (expression.kind) {
    case 'column':
      return columnSql(expression.name, scope, expression.of);
    case 'literal':
      return literalSql(expression.value, expression.type);
    case 'alias': {
      if (expression.more) {
        const must = 'stand on a function that makes several columns, as a whole column of select';
        throw new MlError('EXPRESSION_INVALID', `alias: a list of names must ${must}`, { value: expression.more });
      }
      const child = expressionSql(expression.child, scope);
      return { ...child, name: expression.name, isNamed: true, fieldName: undefined, metadata: expression.metadata ?? child.metadata };
    }
    case 'cast': {
      const child = expressionSql(expression.child, scope);
      const { sql, type, nullable } = castSql(child, expression.type, expression.lenient);
      return { sql, type, nullable, name: nameOf(expression, child.name) };
    }
    case 'case':
      return caseSql(expression, scope);
    case 'field':
      return fieldSql(expressionSql(expression.child, scope), expression.name);
    case 'call':
      return callSql(expression, scope);
    case 'window':
      return windowSql(expression, scope);
    case 'sort':
      return expressionSql(expression.child, scope);
    case 'variable': {
      const found = scope.variables?.get(expression.name);
      if (!found) throw new MlError('EXPRESSION_INVALID', `lambda: variable ${show(expression.name)} stands outside of its function`);
      return found;
    }
    case 'sql': {
      const found = scope.texts?.get(expression.text);
      if (!found) throw new MlError('NOT_SUPPORTED', `expr: SQL text ${show(expression.text)} cannot stand here`);
      return found;
    }
    case 'star':
      throw new MlError('EXPRESSION_INVALID', 'select: * may stand only as a whole column, or as an argument of a function');
    case 'lambda':
      throw new MlError('EXPRESSION_INVALID', 'lambda: a function may stand only as an argument of transform, filter, exists and the like');
    case 'summary':
      throw new MlError('NOT_SUPPORTED', 'Summarizer: its summary may stand only in select and agg');
  }
}

/** The column by exact name; else by `alias.name`, by `struct.field`, or without its backticks. */
function columnSql(name: string, scope: Scope, of?: object): Typed {
  const at = columnIndex(name, scope, of);
  if (at >= 0) {
    const field = scope.schema.fields[at];
    return { sql: scope.columns[at], type: field.type, nullable: field.nullable, name: field.name, isNamed: true, metadata: field.metadata };
  }
  const parts = pathOf(name);
  for (let n = parts.length - 1; n > 0; n--) {
    const owner = parts.slice(0, n).join('.');
    const index = columnIndex(owner, scope);
    if (index < 0 || !['struct', 'map', 'array'].includes(scope.schema.fields[index].type.kind)) continue;
    const path = parts.slice(n);
    return { ...path.reduce(fieldSql, columnSql(owner, scope)), name: parts.join('.'), fieldName: path.at(-1) };
  }
  if (name.length > 2 && name.startsWith('`') && name.endsWith('`')) return columnSql(name.slice(1, -1).replaceAll('``', '`'), scope);
  throw unknownColumn(name, scope);
}

/** A column that is selected as another type keeps its name, and one that is reached by a path has the name of its last part. */
export function columnName(expression: Expression, typed: Typed, scope: Scope): string {
  let inner = expression;
  while (inner.kind === 'cast') inner = inner.child;
  if (inner.kind !== 'column') return typed.name;
  const { fieldName, name } = expressionSql(inner, scope);
  return fieldName ?? name;
}

function fieldSql(child: Typed, name: string): Typed {
  const label = `${child.name}.${name}`;
  if (child.type.kind === 'void') return { sql: 'NULL', type: VOID, nullable: true, name: label };
  if (child.type.kind === 'struct') {
    const field = child.type.fields.find((f) => f.name === name);
    if (!field) {
      throw new MlError('COLUMN_NOT_FOUND', `field ${show(name)} does not exist; the struct has ${listNames(child.type.fields.map((f) => f.name))}`, {
        column: name,
      });
    }
    return {
      sql: `struct_extract(${child.sql}, ${text(name)})`,
      type: field.type,
      nullable: true,
      name: label,
      fieldName: name,
      ...(field.metadata && { metadata: field.metadata }),
    };
  }
  if (child.type.kind === 'array' && child.type.element.kind === 'struct') {
    const field = fieldSql({ ...child, sql: 'f_', type: child.type.element }, name);
    return { sql: `list_transform(${child.sql}, lambda f_: ${field.sql})`, type: arrayOf(field.type), nullable: true, name: label };
  }
  if (child.type.kind === 'map')
    return {
      sql: `map_extract_value(${child.sql}, ${castSql(literalSql(name), child.type.key).sql})`,
      type: child.type.value,
      nullable: true,
      name: `${child.name}[${name}]`,
    };
  throw typeError(`field ${show(name)}`, 'taken of a struct or a map', child.type);
}

function caseSql(expression: Extract<Expression, { kind: 'case' }>, scope: Scope): Typed {
  const tests = expression.branches.map((b) => {
    const test = expressionSql(b.when, scope);
    if (test.type.kind !== 'boolean' && test.type.kind !== 'void') throw typeError('when', 'a boolean condition', test.type);
    return castSql(test, BOOLEAN);
  });
  const results = [...expression.branches.map((b) => b.then), ...(expression.otherwise ? [expression.otherwise] : [])].map((e) =>
    expressionSql(e, scope),
  );
  const { values, type } = unify('when', results);
  const otherwise = expression.otherwise ? ` ELSE ${values[values.length - 1].sql}` : '';
  return {
    sql: `CASE ${tests.map((t, i) => `WHEN ${t.sql} THEN ${values[i].sql}`).join(' ')}${otherwise} END`,
    type,
    nullable: !expression.otherwise || values.some((v) => v.nullable),
    name: nameOf(
      expression,
      ...tests.flatMap((t, i) => [t.name, results[i].name]),
      ...(expression.otherwise ? [results[results.length - 1].name] : []),
    ),
  };
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=', '<=>']);
const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%']);

function callSql(expression: Extract<Expression, { kind: 'call' }>, scope: Scope): Typed {
  const { name, distinct = false } = expression;
  if (expression.args.some((a) => a.kind === 'lambda')) return higherOrder(expression, scope, expressionSql);
  if (isRanking(name) && !scope.windowed) throw new MlError('EXPRESSION_INVALID', `${name}: needs a window; write ${name}(…).over(Window…)`);
  if (isAggregate(name) && !scope.windowed && expression.args.some(containsAggregate)) {
    throw new MlError('EXPRESSION_INVALID', `${name}: must not be of another aggregate; aggregate twice`);
  }
  const args = expression.args.flatMap((a) => {
    if (a.kind !== 'star') return [expressionSql(a, scope)];
    return name === 'count' && !distinct && a.of === undefined ? [literalSql(1)] : starred(a, scope, expressionSql).map(({ typed }) => typed);
  });
  const built = build(name, args, distinct, scope);
  return { ...built, nullable: built.nullable ?? args.some((a) => a.nullable), name: built.name ?? nameOf(expression, ...args.map((a) => a.name)) };
}

function build(name: string, args: readonly Typed[], distinct: boolean, scope: Scope): Built {
  if (COMPARISONS.has(name)) return comparison(name, args[0], args[1]);
  if (ARITHMETIC.has(name)) return arithmetic(name, args[0], args[1]);
  if (name === 'and' || name === 'or' || name === 'not') return logical(name, args);
  if (name === 'in') return membership(args[0], args.slice(1));
  if (name === 'negative') {
    const [x] = args;
    if (x.type.kind === 'interval') return { sql: `(-${x.sql})`, type: x.type };
    const number = x.type.kind === 'string' || x.type.kind === 'void' ? castSql(x, DOUBLE) : x;
    if (!['byte', 'short', 'int', 'long', 'float', 'double', 'decimal'].includes(number.type.kind)) throw typeError('negative', 'a number', x.type);
    return { sql: `(-${number.sql})`, type: number.type };
  }
  return functionRule(name, args.length).build(args, { name, distinct, scope });
}

function windowSql(expression: Extract<Expression, { kind: 'window' }>, scope: Scope): Typed {
  const { call, partitionBy, orderBy, frame } = expression;
  const inner = call.kind === 'alias' || call.kind === 'cast' ? null : call;
  if (inner?.kind !== 'call' || !(isAggregate(inner.name) || isRanking(inner.name))) {
    throw new MlError('EXPRESSION_INVALID', 'over: must follow an aggregate or ranking function');
  }
  const order = orderBy.map((e) => sortKey(e, scope));
  if (isRanking(inner.name)) checkRanking(inner.name, order.length > 0, frame);
  if (frame)
    checkFrame(
      frame,
      orderBy.map((e) => expressionSql(e, scope).type),
    );
  const value = expressionSql(inner, { ...scope, windowed: true });
  const keys = partitionBy.map((e) => expressionSql(e, scope).sql);
  const spec = [
    keys.length > 0 ? `PARTITION BY ${keys.join(', ')}` : '',
    order.length > 0 ? `ORDER BY ${order.join(', ')}` : '',
    frame ? frameSql(frame) : '',
  ].filter(Boolean);
  const named = [
    keys.length > 0 ? `PARTITION BY ${partitionBy.map((e) => expressionSql(e, scope).name).join(', ')}` : '',
    order.length > 0 ? `ORDER BY ${orderBy.map((e) => `${expressionSql(e, scope).name} ${direction(e)}`).join(', ')}` : '',
    ...spec.slice(spec.length - (frame ? 1 : 0)),
  ].filter(Boolean);
  return { ...value, sql: over(value.sql, ` OVER (${spec.join(' ')})`), name: `${value.name} OVER (${named.join(' ')})` };
}

/** Puts OVER behind each aggregate call of `sql`, which may stand inside casts, conditions and divisions. */
function over(sql: string, clause: string): string {
  const heads =
    /\b(count|sum|avg|min|max|stddev_samp|stddev_pop|var_samp|var_pop|first_value|last_value|list|product|corr|covar_pop|covar_samp|bool_and|bool_or|arg_max_null|arg_min_null|arg_max|arg_min|mode|quantile_disc|row_number|rank|dense_rank|percent_rank|cume_dist|ntile|lag|lead|nth_value)\(/g;
  let out = '';
  let from = 0;
  for (const match of sql.matchAll(heads)) {
    if (match.index < from) continue;
    let end = closing(sql, match.index + match[0].length);
    if (sql.startsWith(' FILTER (', end)) end = closing(sql, end + ' FILTER ('.length);
    out += sql.slice(from, end) + clause;
    from = end;
  }
  return out + sql.slice(from);
}

/** Where the bracket that opened before `at` has closed; texts are skipped. */
function closing(sql: string, at: number): number {
  for (let depth = 1, i = at; i < sql.length; i++) {
    const c = sql[i];
    if (c === "'" || c === '"') i = sql.indexOf(c, i + 1);
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return i + 1;
  }
  return sql.length;
}

/** One key of an ORDER BY; without a direction ascending with nulls first. */
export function sortKey(expression: Expression, scope: Scope): string {
  const value = expressionSql(expression, scope);
  checkOrdered('orderBy', value.type);
  return `${orderKey(value)} ${direction(expression)}`;
}

function direction(expression: Expression): string {
  const { descending, nulls } = expression.kind === 'sort' ? expression : { descending: false, nulls: 'first' as const };
  return `${descending ? 'DESC' : 'ASC'} NULLS ${nulls.toUpperCase()}`;
}

/** A condition, which must be boolean. */
export function conditionSql(owner: string, expression: Expression, scope: Scope): string {
  checkRowWise(owner, expression);
  const value = expressionSql(expression, scope);
  if (value.type.kind !== 'boolean' && value.type.kind !== 'void') throw typeError(owner, 'a boolean condition', value.type);
  return castSql(value, BOOLEAN).sql;
}
