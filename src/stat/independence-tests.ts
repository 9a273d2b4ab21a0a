import { writeDenseRow } from '../block/column.ts';
import { VectorSummary } from '../block/vector-summary.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { DataType } from '../frame/types.ts';
import { DenseVector } from '../linalg/vectors.ts';
import { CategoryCounts, type ContingencyTable, MOST_CATEGORIES } from './category-counts.ts';
import { CoMoments } from './co-moments.ts';
import { chiSquaredTail, fTail } from './distributions.ts';
import { badValue } from './number-column.ts';
import { foundThere, frameLike, requireVectors, visitVectors } from './vector-rows.ts';

/** What a test finds of one feature. */
interface Finding {
  readonly pValue: number;
  readonly freedom: number;
  readonly statistic: number;
}

interface Shape {
  /** Name of the statistic, and type of the degrees of freedom. */
  readonly statistic: string;
  readonly freedom: DataType & { kind: 'int' | 'long' };
}

/**
 * Pearson's χ² test of each feature against the label, both categories whose distinct values count: with n_vl rows of value v and label l,
 *
 *     χ² = Σ (n_vl - e_vl)² / e_vl,   e_vl = n_v n_l / n,   degrees of freedom (values - 1) (labels - 1)
 *
 * One row of vectors `pValues`, `degreesOfFreedom`, `statistics`; with `flatten` a row a feature: `featureIndex`, `pValue`, `degreesOfFreedom`,
 * `statistic`.
 */
export const ChiSquareTest = {
  async test(frame: Frame, featuresCol: string, labelCol: string, flatten = false, options: ActionOptions = {}): Promise<Frame> {
    const owner = 'ChiSquareTest';
    await requireVectors(owner, frame, { features: featuresCol, numbers: labelCol }, options);
    const there = await foundThere(frame, { owner, method: 'chiSquareTest', columns: [featuresCol, labelCol], args: [flatten] }, options);
    if (there) return flatten ? there.orderBy('featureIndex') : there;
    const counts = new CategoryCounts(owner, featuresCol, labelCol);
    await visitVectors(owner, frame, { features: featuresCol, numbers: labelCol }, (block) => counts.add(block), options);
    return findingsFrame(frame, counts.tables().map(chiSquared), { statistic: 'statistic', freedom: { kind: 'int' } }, flatten);
  },
} as const;

/**
 * The F test of one-way analysis of variance of each feature, a number, against the label, a category: with k labels and n rows
 *
 *     F = (Σ_l n_l (mean_l - mean)² / (k - 1)) / (Σ (x - mean_l)² / (n - k)),   `degreesOfFreedom` n - 1
 *
 * One row: `pValues`, `degreesOfFreedom`, `fValues`; with `flatten` a row a feature.
 */
export const ANOVATest = {
  async test(frame: Frame, featuresCol: string, labelCol: string, flatten = false, options: ActionOptions = {}): Promise<Frame> {
    const owner = 'ANOVATest';
    const groups = new Map<number, VectorSummary>();
    await visitVectors(
      owner,
      frame,
      { features: featuresCol, numbers: labelCol },
      ({ rows, firstRow, vectors, numbers }) => {
        for (let i = 0; i < rows; i++) {
          if (Number.isNaN(numbers[i])) throw badValue(owner, labelCol, 'hold labels', firstRow + i, numbers[i]);
          let group = groups.get(numbers[i]);
          if (!group) {
            if (groups.size === MOST_CATEGORIES) throw badValue(owner, labelCol, `have at most ${MOST_CATEGORIES} labels`, firstRow + i, numbers[i]);
            group = new VectorSummary(vectors.size);
            groups.set(numbers[i], group);
          }
          group.add(vectors.parts, i, 1);
        }
      },
      options,
    );
    const byLabel = [...groups.values()];
    const total = byLabel.reduce((sum, g) => sum + g.rows, 0);
    const [between, within] = [byLabel.length - 1, total - byLabel.length];
    if (between < 1 || within < 1) {
      throw new MlError(
        'VALUE_INVALID',
        `${owner}: column ${show(labelCol)} must have at least two labels, and fewer than rows, got ${byLabel.length} in ${total} rows`,
        {
          stage: owner,
          column: labelCol,
          value: byLabel.length,
        },
      );
    }
    const [means, variances] = (['mean', 'variance'] as const).map((of) => byLabel.map((g) => (g.metric(of) as DenseVector).values));
    const over = (of: (group: VectorSummary, k: number) => number) => byLabel.reduce((sum, group, k) => sum + of(group, k), 0);
    const findings = Array.from({ length: byLabel[0].size }, (_, j): Finding => {
      const mean = over((g, k) => means[k][j] * g.rows) / total;
      const explained = over((g, k) => g.rows * (means[k][j] - mean) ** 2);
      const rest = over((g, k) => variances[k][j] * (g.rows - 1));
      const statistic = explained / between / (rest / within);
      return { statistic, freedom: between + within, pValue: fTail(statistic, between, within) };
    });
    return findingsFrame(frame, findings, { statistic: 'fValue', freedom: { kind: 'long' } }, flatten);
  },
} as const;

/**
 * The F test of a linear relation of each feature with the label, both numbers: with r their correlation and n rows
 *
 *     F = r² / (1 - r²) · (n - 2),   `degreesOfFreedom` n - 2
 *
 * One row: `pValues`, `degreesOfFreedom`, `fValues`; with `flatten` a row a feature.
 */
export const FValueTest = {
  async test(frame: Frame, featuresCol: string, labelCol: string, flatten = false, options: ActionOptions = {}): Promise<Frame> {
    const owner = 'FValueTest';
    let slots: CoMoments[] = [];
    await visitVectors(
      owner,
      frame,
      { features: featuresCol, numbers: labelCol },
      ({ rows, vectors, numbers }) => {
        if (slots.length === 0) slots = Array.from({ length: vectors.size }, () => new CoMoments(2));
        const row = new Float64Array(vectors.size);
        for (let i = 0; i < rows; i++) {
          writeDenseRow(vectors, i, row);
          for (let j = 0; j < row.length; j++) {
            slots[j].add((out, at) => {
              out[at] = row[j];
              out[at + 1] = numbers[i];
            });
          }
        }
      },
      options,
    );
    const freedom = slots[0].rows - 2;
    if (freedom < 1) throw new MlError('EMPTY_DATASET', `${owner}: the frame must have at least three rows, has ${slots[0].rows}`, { stage: owner });
    const findings = slots.map((moments): Finding => {
      const squared = moments.sum(0, 1) ** 2 / (moments.sum(0, 0) * moments.sum(1, 1));
      const statistic = (squared / (1 - squared)) * freedom;
      return { statistic, freedom, pValue: fTail(statistic, 1, freedom) };
    });
    return findingsFrame(frame, findings, { statistic: 'fValue', freedom: { kind: 'long' } }, flatten);
  },
} as const;

function chiSquared({ values, labels, counts }: ContingencyTable): Finding {
  const rows = counts.reduce((sum, of) => sum + of.reduce((a, b) => a + b, 0), 0);
  const freedom = (values - 1) * (labels - 1);
  if (freedom === 0) return { statistic: 0, freedom, pValue: 1 };
  const ofLabel = Array.from({ length: labels }, (_, l) => counts.reduce((sum, of) => sum + of[l], 0));
  let statistic = 0;
  for (const of of counts) {
    const ofValue = of.reduce((a, b) => a + b, 0);
    for (let l = 0; l < labels; l++) {
      const expected = (ofValue * ofLabel[l]) / rows;
      statistic += (of[l] - expected) ** 2 / expected;
    }
  }
  return { statistic, freedom, pValue: chiSquaredTail(statistic, freedom) };
}

function findingsFrame(frame: Frame, findings: readonly Finding[], { statistic, freedom }: Shape, flatten: boolean): Frame {
  const whole = (n: number) => (freedom.kind === 'long' ? BigInt(n) : n);
  const degrees = findings.map((f) => whole(f.freedom));
  if (flatten) {
    return frameLike(frame, [
      { name: 'featureIndex', type: { kind: 'int' }, values: findings.map((_, j) => j) },
      { name: 'pValue', type: { kind: 'double' }, values: findings.map((f) => f.pValue) },
      { name: 'degreesOfFreedom', type: freedom, values: degrees },
      { name: statistic, type: { kind: 'double' }, values: findings.map((f) => f.statistic) },
    ]);
  }
  const vector = (of: (finding: Finding) => number) => [new DenseVector(Float64Array.from(findings, of))];
  return frameLike(frame, [
    { name: 'pValues', type: { kind: 'vector' }, values: vector((f) => f.pValue) },
    { name: 'degreesOfFreedom', type: { kind: 'array', element: freedom }, values: [degrees] },
    { name: `${statistic}s`, type: { kind: 'vector' }, values: vector((f) => f.statistic) },
  ]);
}
