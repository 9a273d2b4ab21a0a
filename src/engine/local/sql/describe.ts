import { MlError, show } from '../../../error.ts';
import { Schema } from '../../../frame/schema.ts';
import { isNumeric } from '../../../frame/types.ts';
import { castSql, textSql } from './cast.ts';
import { text } from './duck-type.ts';
import { functionRule } from './functions/index.ts';
import { literalSql } from './literal.ts';
import type { Relation } from './relation.ts';
import { scopeOver } from './scope.ts';
import { DOUBLE, LONG, TEXT, type Typed } from './typed.ts';

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
  const doubles: string[] = [];
  const texts: string[] = [];
  /** The place of a value's text: doubles become text all at once, for the expression that does it is long. */
  const place = ({ sql, type }: Pick<Typed, 'sql' | 'type'>): string =>
    type.kind === 'double' ? `d[${doubles.push(sql)}]` : `x[${texts.push(textSql(sql, type))}]`;
  const value = (x: Typed, statistic: string): string => {
    const number = x.type.kind === 'string' ? castSql(x, DOUBLE, true) : x;
    const call = (name: string, of: Typed, ...rest: Typed[]) =>
      place(functionRule(name, 1 + rest.length).build([of, ...rest], { name, distinct: false, scope }));
    const percent = /^(\d+(?:\.\d+)?)%$/.exec(statistic);
    if (percent && Number(percent[1]) <= 100) return call('percentile_approx', number, literalSql(Number(percent[1]) / 100));
    switch (statistic.toLowerCase()) {
      case 'count':
        return place({ sql: `count(${x.sql})`, type: LONG });
      case 'count_distinct':
      case 'approx_count_distinct':
        return place({ sql: `count(DISTINCT ${x.sql})`, type: LONG });
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
  const made = inputs.map((x, i) => `unnest([${statistics.map((s) => value(x, s)).join(', ')}]) AS c${i + 1}`);
  const rows = [`unnest([${statistics.map(text).join(', ')}]) AS c0`, ...made];
  const sums = `SELECT CAST([${doubles.join(', ')}] AS DOUBLE[]) AS d, CAST([${texts.join(', ')}] AS VARCHAR[]) AS x FROM (${from.sql}) AS t${made.length > 0 ? '' : ' LIMIT 1'}`;
  return {
    sql: `SELECT ${rows.join(', ')} FROM (SELECT list_transform(d, lambda v_: ${textSql('v_', DOUBLE)}) AS d, x FROM (${sums}) AS s) AS s`,
    schema: new Schema([{ name: 'summary', type: TEXT, nullable: true }, ...inputs.map((x) => ({ name: x.name, type: TEXT, nullable: true }))]),
    columns: ['c0', ...inputs.map((_, i) => `c${i + 1}`)],
    stable: true,
  };
}
