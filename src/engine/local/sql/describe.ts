import { MlError, show } from '../../../error.ts';
import { Schema } from '../../../frame/schema.ts';
import { isNumeric } from '../../../frame/types.ts';
import { castSql, textSql } from './cast.ts';
import { text } from './duck-type.ts';
import { functionRule } from './functions/index.ts';
import { literalSql } from './literal.ts';
import type { Relation } from './relation.ts';
import { scopeOver } from './scope.ts';
import { DOUBLE, TEXT, type Typed } from './typed.ts';

/** One row a statistic: its name, then its value for each column as text. */
export function describeSql(from: Relation, columns: readonly string[] | null, statistics: readonly string[]): Relation {
  const scope = scopeOver(from);
  const suits = (kind: Typed['type']) => isNumeric(kind) || kind.kind === 'string';
  const wanted = columns ?? from.schema.fields.filter((f) => suits(f.type)).map((f) => f.name);
  const inputs = wanted.map((name): Typed => {
    const field = from.schema.require('describe', name);
    if (!suits(field.type)) from.schema.require('describe', name, 'numeric', 'string');
    return { ...field, sql: scope.columns[from.schema.fields.indexOf(field)] };
  });
  const value = (x: Typed, statistic: string): string => {
    const number = x.type.kind === 'string' ? castSql(x, DOUBLE, true) : x;
    const call = (name: string, of: Typed, ...rest: Typed[]) => {
      const made = functionRule(name, 1 + rest.length).build([of, ...rest], { name, distinct: false, scope });
      return textSql(made.sql, made.type);
    };
    const percent = /^(\d+(?:\.\d+)?)%$/.exec(statistic);
    if (percent && Number(percent[1]) <= 100) return call('percentile_approx', number, literalSql(Number(percent[1]) / 100));
    switch (statistic.toLowerCase()) {
      case 'count':
        return `CAST(count(${x.sql}) AS VARCHAR)`;
      case 'count_distinct':
      case 'approx_count_distinct':
        return `CAST(count(DISTINCT ${x.sql}) AS VARCHAR)`;
      case 'mean':
        return call('avg', number);
      case 'stddev':
        return call('stddev', number);
      case 'min':
        return call('min', x);
      case 'max':
        return call('max', x);
      default:
        throw new MlError(
          'PARAM_INVALID',
          `summary: statistic must be count, mean, stddev, min, max, count_distinct or a percentage such as 25%, got ${show(statistic)}`,
        );
    }
  };
  const made = inputs.map((x, i) => `[${statistics.map((s) => value(x, s)).join(', ')}] AS a${i}`);
  const rows = [`unnest([${statistics.map(text).join(', ')}]) AS c0`, ...inputs.map((_, i) => `unnest(a${i}) AS c${i + 1}`)];
  return {
    sql: `SELECT ${rows.join(', ')} FROM (SELECT ${made.length > 0 ? made.join(', ') : '1 AS a'} FROM (${from.sql}) AS t${made.length > 0 ? '' : ' LIMIT 1'}) AS s`,
    schema: new Schema([{ name: 'summary', type: TEXT, nullable: true }, ...inputs.map((x) => ({ name: x.name, type: TEXT, nullable: true }))]),
    columns: ['c0', ...inputs.map((_, i) => `c${i + 1}`)],
    stable: true,
  };
}
