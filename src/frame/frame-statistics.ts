import { MlError, show } from '../error.ts';
import { Column, call, col, lit } from './column.ts';
import type { ActionOptions } from './executor.ts';
import type { Expression } from './expression.ts';
import type { Frame } from './frame.ts';
import { FrameSteps } from './frame-steps.ts';
import { coalesce } from './functions/conditional.ts';
import { checkNames, fraction, list } from './plan-arguments.ts';

/** Statistics of a frame's columns: as frames of texts and counts, and as numbers. */
export abstract class FrameStatistics extends FrameSteps {
  /** Count, mean, standard deviation, least and greatest of the named columns (all numeric and text ones when none are), as texts. */
  describe(...columns: (string | readonly string[])[]): Frame {
    const names = checkNames('describe', columns.flat());
    return this.next({
      op: 'describe',
      input: this.plan,
      columns: names.length > 0 ? names : null,
      statistics: ['count', 'mean', 'stddev', 'min', 'max'],
    });
  }

  /**
   * How often each value of `a`, which is a row, meets each value of `b`, which is a column, null under the name `null`. The first column
   * is named `a_b` and holds the rows' values as texts.
   */
  crosstab(a: string, b: string): Frame {
    const [rows, columns] = [a, b].map((name) => coalesce(col(name).cast('string'), lit('null')));
    return this.groupBy(rows.alias(`${a}_${b}`))
      .pivot(columns)
      .count()
      .fillna(0);
  }

  /** Statistics of columns, under PySpark's other name. */
  get stat(): Pick<FrameStatistics, 'approxQuantile' | 'corr' | 'cov' | 'crosstab' | 'sampleBy'> {
    return this;
  }

  /** As `describe`, with chosen statistics: count, mean, stddev, min, max, count_distinct and percentiles such as `25%`. */
  summary(...statistics: string[]): Frame {
    const all = statistics.length > 0 ? checkNames('summary', statistics) : ['count', 'mean', 'stddev', 'min', '25%', '50%', '75%', 'max'];
    return this.next({ op: 'describe', input: this.plan, columns: null, statistics: all });
  }

  /** For each probability the element of the column with that rank (up to `relativeError`); nulls and NaN are skipped. */
  async approxQuantile(column: string, probabilities: readonly number[], relativeError?: number, options?: ActionOptions): Promise<number[]>;
  async approxQuantile(
    columns: readonly string[],
    probabilities: readonly number[],
    relativeError?: number,
    options?: ActionOptions,
  ): Promise<number[][]>;
  async approxQuantile(
    columns: string | readonly string[],
    probabilities: readonly number[],
    relativeError = 0,
    options?: ActionOptions,
  ): Promise<number[] | number[][]> {
    for (const p of list('approxQuantile', 'probabilities', probabilities)) fraction('approxQuantile', p);
    if (!(relativeError >= 0)) throw new MlError('PARAM_INVALID', `approxQuantile: relativeError must be >= 0, got ${show(relativeError)}`);
    const names = checkNames('approxQuantile', typeof columns === 'string' ? [columns] : columns);
    const schema = await this.executor.schema(this.plan, options);
    for (const name of names) schema.require('approxQuantile', name, 'numeric');
    const found = await this.executor.quantiles(this.plan, names, probabilities, relativeError, options);
    return typeof columns === 'string' ? found[0] : found;
  }

  /** Pearson's correlation of two columns, or null when it is not defined; Spearman's is `Correlation.corr` of vectors. */
  async corr(x: string, y: string, method: 'pearson' | ActionOptions = 'pearson', options?: ActionOptions): Promise<number | null> {
    if (typeof method === 'object') return this.corr(x, y, 'pearson', method);
    if (method !== 'pearson')
      throw new MlError('PARAM_INVALID', `corr: method must be pearson, got ${show(method)}`, { param: 'method', value: method });
    return this.#number(call('corr', [col(x).expression, col(y).expression]), options);
  }

  /** The sample covariance of two columns, or null when there are fewer than two rows. */
  async cov(x: string, y: string, options?: ActionOptions): Promise<number | null> {
    return this.#number(call('covar_samp', [col(x).expression, col(y).expression]), options);
  }

  async #number(aggregate: Expression, options?: ActionOptions): Promise<number | null> {
    const row = await this.select(new Column(aggregate).alias('value')).first(options);
    return (row?.value ?? null) as number | null;
  }
}
