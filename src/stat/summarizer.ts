import { SUMMARY_METRICS, type SummaryMetric } from '../block/vector-summary.ts';
import { MlError, show } from '../error.ts';
import { Column, type ColumnOrName, nameToExpression } from '../frame/column.ts';

/** Metrics that are wanted of a vector column; made by {@link Summarizer.metrics}. */
export class SummaryBuilder {
  readonly #metrics: readonly SummaryMetric[];

  constructor(metrics: readonly SummaryMetric[]) {
    this.#metrics = metrics;
  }

  /** The metrics of `features` as one struct, rows counting by `weight` (1 when it is not given). */
  summary(features: ColumnOrName, weight?: ColumnOrName): Column {
    return new Column({
      kind: 'summary',
      metrics: this.#metrics,
      child: nameToExpression(features),
      weight: weight === undefined ? null : nameToExpression(weight),
    });
  }
}

function metrics(...names: SummaryMetric[]): SummaryBuilder {
  const odd = names.find((name) => !SUMMARY_METRICS.includes(name));
  if (names.length === 0 || odd !== undefined) {
    throw new MlError(
      'PARAM_INVALID',
      `Summarizer: metrics must be some of ${SUMMARY_METRICS.join(', ')}, got ${odd === undefined ? 'none' : show(odd)}`,
      {
        param: 'metrics',
        value: odd,
      },
    );
  }
  return new SummaryBuilder([...new Set(names)]);
}

const one =
  (metric: SummaryMetric) =>
  (features: ColumnOrName, weight?: ColumnOrName): Column => {
    const { expression } = metrics(metric).summary(features, weight);
    const child = nameToExpression(features);
    const name = child.kind === 'column' ? `${metric}(${child.name})` : metric;
    return new Column({ kind: 'alias', child: { kind: 'field', child: expression, name: metric }, name });
  };

/**
 * Statistics of the slots of a vector column, for `select` and `groupBy().agg()`:
 * `Summarizer.metrics('mean', 'variance').summary('features', 'weight')` is a struct, `Summarizer.mean('features')` and the like are one of them.
 * With w the rows' weights (rows of weight 0 do not count):
 *
 *     mean = Σ w x / Σ w     sum = Σ w x     variance = Σ w (x - mean)² / (Σ w - Σ w² / Σ w)     std = √variance
 *     normL1 = Σ w |x|       normL2 = √(Σ w x²)     numNonZeros, max, min, count: of the rows, whatever their weight
 *
 * `count` is a long, the others are vectors. Sums go row by row, so they do not depend on threads.
 */
export const Summarizer = {
  metrics,
  mean: one('mean'),
  sum: one('sum'),
  variance: one('variance'),
  std: one('std'),
  count: one('count'),
  numNonZeros: one('numNonZeros'),
  max: one('max'),
  min: one('min'),
  normL1: one('normL1'),
  normL2: one('normL2'),
} as const;
