import { writeDenseRow } from '../block/column.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import { DenseMatrix } from '../linalg/matrices.ts';
import { CoMoments } from './co-moments.ts';
import { descendingOrder } from './order.ts';
import { foundThere, frameLike, requireVectors, visitVectors } from './vector-rows.ts';

const OWNER = 'Correlation';
/** A deviation up to this is none, as in Spark: the correlations with such a slot are NaN. */
const NO_DEVIATION = 1e-12;

export const Correlation = {
  /**
   * The correlations of each two slots of a vector column: a frame of one row with one column, `pearson(<column>)` or `spearman(<column>)`, a matrix.
   * Spearman's is Pearson's of the ranks, equal values sharing their mean rank; it holds all values in memory, 8 bytes each. NaN in a slot makes all
   * its correlations NaN (to a rank it is the greatest value); the diagonal is 1.
   */
  async corr(frame: Frame, column: string, method: 'pearson' | 'spearman' = 'pearson', options: ActionOptions = {}): Promise<Frame> {
    if (method !== 'pearson' && method !== 'spearman') {
      throw new MlError('PARAM_INVALID', `${OWNER}: method must be pearson or spearman, got ${show(method)}`, { param: 'method', value: method });
    }
    await requireVectors(OWNER, frame, { features: column }, options);
    const there = await foundThere(frame, { owner: OWNER, method: 'correlation', columns: [column], args: [method] }, options);
    if (there) return there;
    const moments = method === 'pearson' ? await pearsonMoments(frame, column, options) : await rankMoments(frame, column, options);
    if (moments.rows < 2)
      throw new MlError('EMPTY_DATASET', `${OWNER}: the frame must have at least two rows, has ${moments.rows}`, { stage: OWNER });
    return frameLike(frame, [{ name: `${method}(${column})`, type: { kind: 'matrix' }, values: [correlations(moments)] }]);
  },
} as const;

async function pearsonMoments(frame: Frame, column: string, options: ActionOptions): Promise<CoMoments> {
  let moments: CoMoments | null = null;
  await visitVectors(
    OWNER,
    frame,
    { features: column },
    ({ rows, vectors }) => {
      moments ??= new CoMoments(vectors.size);
      for (let i = 0; i < rows; i++) moments.add((out, at) => writeDenseRow(vectors, i, out, at));
    },
    options,
  );
  return moments as unknown as CoMoments;
}

async function rankMoments(frame: Frame, column: string, options: ActionOptions): Promise<CoMoments> {
  const blocks: Float64Array[] = [];
  let size = 0;
  let count = 0;
  await visitVectors(
    OWNER,
    frame,
    { features: column },
    ({ rows, vectors }) => {
      size = vectors.size;
      const block = new Float64Array(rows * size);
      for (let i = 0; i < rows; i++) writeDenseRow(vectors, i, block, i * size);
      blocks.push(block);
      count += rows;
    },
    options,
  );
  const slots = Array.from({ length: size }, (_, j) => {
    const values = new Float64Array(count);
    let row = 0;
    for (const block of blocks) for (let p = j; p < block.length; p += size) values[row++] = block[p];
    return ranks(values);
  });
  const moments = new CoMoments(size);
  for (let i = 0; i < count; i++) {
    moments.add((out, at) => {
      for (let j = 0; j < size; j++) out[at + j] = slots[j][i];
    });
  }
  return moments;
}

/** Ranks from the greatest value down, equal values sharing the mean of theirs; NaN is the greatest, and equals itself. */
function ranks(values: Float64Array): Float64Array {
  const order = descendingOrder(values);
  const out = new Float64Array(values.length);
  const same = (a: number, b: number) => a === b || (Number.isNaN(a) && Number.isNaN(b));
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && same(values[order[to]], values[order[from]])) to++;
    for (let k = from; k < to; k++) out[order[k]] = (from + to - 1) / 2;
    from = to;
  }
  return out;
}

function correlations(moments: CoMoments): DenseMatrix {
  const { size: d, rows } = moments;
  const values = new Float64Array(d * d);
  const deviations = Float64Array.from({ length: d }, (_, j) => Math.sqrt(moments.sum(j, j) / (rows - 1)));
  for (let j = 0; j < d; j++) {
    for (let i = 0; i <= j; i++) {
      const none = deviations[i] <= NO_DEVIATION || deviations[j] <= NO_DEVIATION;
      const r = i === j ? 1 : none ? Number.NaN : moments.sum(i, j) / (rows - 1) / (deviations[i] * deviations[j]);
      values[j * d + i] = values[i * d + j] = r;
    }
  }
  return new DenseMatrix(d, d, values);
}
