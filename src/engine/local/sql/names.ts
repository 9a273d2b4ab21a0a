import type { Expression } from '../../../frame/expression.ts';
import { typeName } from '../../../frame/types.ts';

const INFIX: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%', '=', '!=', '<', '<=', '>', '>=', '<=>', 'and', 'or', '&', '|', '^']);

/** The name that Spark gives a column without an alias, from its parts' names. */
export function nameOf(expression: Expression, ...parts: string[]): string {
  switch (expression.kind) {
    case 'cast':
      return `${expression.lenient ? 'TRY_CAST' : 'CAST'}(${parts[0]} AS ${sqlType(typeName(expression.type))})`;
    case 'case': {
      const branches = expression.branches.map((_, i) => `WHEN ${parts[2 * i]} THEN ${parts[2 * i + 1]}`);
      return `CASE ${branches.join(' ')}${expression.otherwise ? ` ELSE ${parts[parts.length - 1]}` : ''} END`;
    }
    case 'call':
      return callName(expression, parts);
    default:
      return parts[0] ?? '';
  }
}

function callName({ name, distinct }: Extract<Expression, { kind: 'call' }>, parts: readonly string[]): string {
  if (name === '!=') return `(NOT (${parts[0]} = ${parts[1]}))`;
  if (INFIX.has(name)) return `(${parts[0]} ${name === 'and' || name === 'or' ? name.toUpperCase() : name} ${parts[1]})`;
  switch (name) {
    case 'not':
      return `(NOT ${parts[0]})`;
    case 'negative':
      return `negative(${parts[0]})`;
    case 'isnull':
      return `(${parts[0]} IS NULL)`;
    case 'isnotnull':
      return `(${parts[0]} IS NOT NULL)`;
    case 'like':
    case 'ilike':
      return `${parts[0]} ${name.toUpperCase()} ${parts[1]}`;
    case 'rlike':
      return `RLIKE(${parts.join(', ')})`;
    case 'in':
      return `(${parts[0]} IN (${parts.slice(1).join(', ')}))`;
    case 'getitem':
      return `${parts[0]}[${parts[1]}]`;
    case 'first':
    case 'first_value':
    case 'last':
    case 'last_value':
    case 'any_value':
      return `${name}(${parts[0]})`;
    case 'sort_array':
      return `sort_array(${parts[0]}, ${parts[1] ?? 'true'})`;
    case 'percentile':
      return `percentile(${parts[0]}, ${parts[1]}, 1)`;
    case 'percentile_approx':
    case 'approx_percentile':
      return `${name}(${parts[0]}, ${parts[1]}, ${parts[2] ?? '10000'})`;
    case 'window':
    case 'session_window':
      return name;
    case 'update_fields': {
      const change = parts.length > 2 ? `WithField(${parts[2]})` : 'dropfield()';
      return `${parts[0].startsWith('update_fields(') ? parts[0].slice(0, -1) : `update_fields(${parts[0]}`}, ${change})`;
    }
    case 'explode':
    case 'explode_outer':
      return 'col';
    case 'sum_distinct':
      return `sum(DISTINCT ${parts[0]})`;
    default:
      return `${name}(${distinct ? 'DISTINCT ' : ''}${parts.join(', ')})`;
  }
}

/** A type as SQL spells it. */
export function sqlType(name: string): string {
  return name
    .replace(/\blong\b/g, 'bigint')
    .replace(/\bshort\b/g, 'smallint')
    .replace(/\bbyte\b/g, 'tinyint')
    .toUpperCase();
}
