import { MlError } from '../error.ts';
import { Column, type ColumnOrName, col, lit } from './column.ts';
import type { Frame } from './frame.ts';
import { collectList, count, sum } from './functions/aggregate.ts';
import { array, elementAt, posexplode, sortArray } from './functions/collection.ts';
import { checkNames, fraction } from './plan-arguments.ts';
import { Window } from './window.ts';

/** For each row one of each of `values`, with its column's name. */
export function unpivoted(frame: Frame, ids: readonly ColumnOrName[], values: readonly string[], variable: string, value: string): Frame {
  const names = checkNames('unpivot', values);
  if (names.length === 0) throw new MlError('EXPRESSION_INVALID', 'unpivot: needs at least one column of values');
  const kept = ids.map((id, i) => [`id${i}_`, id instanceof Column ? id : col(id)] as const);
  const taken = kept.map(([given], i) => col(given).alias(typeof ids[i] === 'string' ? ids[i] : nameOfAlias(ids[i])));
  const tall = frame.select(...kept.map(([given, id]) => id.alias(given)), posexplode(array(...names)));
  return tall.select(...taken, elementAt(lit(names), col('pos').plus(1)).alias(variable), col('col').alias(value));
}

/** The values of each column that at least a share of the rows have, as arrays of one row. */
export function frequentItems(frame: Frame, columns: readonly string[], support: number): Frame {
  const names = checkNames('freqItems', columns);
  if (names.length === 0) throw new MlError('EXPRESSION_INVALID', 'freqItems: needs at least one column');
  const least = fraction('freqItems', support);
  const frames = names.map((name) => {
    const counts = frame.groupBy(col(name).alias('item_')).agg(count('*').alias('n_'));
    const shares = counts.withColumn('all_', sum('n_').over(Window.partitionBy()));
    return shares.filter(col('n_').geq(col('all_').times(least))).agg(sortArray(collectList('item_')).alias(`${name}_freqItems`));
  });
  return frames.reduce((whole, next) => whole.crossJoin(next));
}

function nameOfAlias({ expression }: Column): string {
  if (expression.kind === 'alias' || expression.kind === 'column') return expression.name;
  throw new MlError('EXPRESSION_INVALID', 'unpivot: an expression among ids needs an alias');
}
