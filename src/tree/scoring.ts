import { type VectorColumn, writeDenseRow } from '../block/column.ts';
import { planCodes } from './code-plan.ts';
import { CodedTrees } from './coded-trees.ts';
import { type FeatureReading, featureReader } from './reading.ts';
import { steppedTrees } from './stepped-trees.ts';
import { type Trees, treeCount } from './trees.ts';
import { type TreeWalker, treeWalker } from './walk.ts';

/**
 * Scores blocks of feature vectors by trees: what they compute is said here, for one row and for many alike. A scorer owns what it returns
 * and writes it anew at the next call; it allocates for the largest block it has seen.
 */
export interface TreeScorer {
  /** Trees of the ensemble. */
  readonly count: number;
  /** The node number of the leaf that row i reaches in tree t, at `i * count + t`, of rows `[0, rows)`. */
  leaves(features: VectorColumn, rows: number): Int32Array;
  /**
   * `start[c] + Σ_t weight[t] · value of the leaf of tree t`, over the trees with `t mod width = c` and added in tree order, at `i * width + c`;
   * width is `start.length`.
   */
  sums(features: VectorColumn, rows: number, start: ArrayLike<number>): Float64Array;
}

interface TreeScorerOptions {
  /** One a tree; absent: all 1. */
  readonly weights?: ArrayLike<number>;
  readonly reading?: FeatureReading;
}

/** The scorer of `trees`, which must have passed `checkTrees`, on vectors of `numFeatures` slots. */
export function treeScorer(trees: Trees, numFeatures: number, { weights, reading }: TreeScorerOptions = {}): TreeScorer {
  const count = treeCount(trees);
  let walk: TreeWalker | undefined;
  const values = leafValues(trees, weights);
  const coded = (rows: number) => (rows >= CODED_ROWS && count > 0 ? codedTrees(trees, numFeatures, weights, values, reading) : null);
  const reader = featureReader(reading);
  const x = new Float64Array(numFeatures);
  const reached = new Int32Array(count);
  let leaves = new Int32Array(0);
  let sums = new Float64Array(0);

  const walkRow = (features: VectorColumn, i: number) => {
    walk ??= steppedTrees(trees) ?? treeWalker(trees);
    writeDenseRow(features, i, x);
    reader.row(x);
    walk(x, reached);
  };

  return {
    count,
    leaves(features, rows) {
      if (leaves.length < rows * count) leaves = new Int32Array(rows * count);
      const fast = coded(rows);
      if (fast) fast.writeLeaves(features, rows, leaves);
      else
        for (let i = 0; i < rows; i++) {
          walkRow(features, i);
          leaves.set(reached, i * count);
        }
      return leaves;
    },
    sums(features, rows, start) {
      const width = start.length;
      if (sums.length < rows * width) sums = new Float64Array(rows * width);
      const fast = coded(rows);
      if (fast) {
        for (let p = 0, c = 0; p < rows * width; p++, c = c + 1 === width ? 0 : c + 1) sums[p] = start[c];
        fast.addSums(features, rows, width, sums);
        return sums;
      }
      for (let i = 0; i < rows; i++) {
        walkRow(features, i);
        for (let c = 0; c < width; c++) {
          let sum = start[c];
          for (let t = c; t < count; t += width) sum += values[reached[t]];
          sums[i * width + c] = sum;
        }
      }
      return sums;
    },
  };
}

/** Blocks of so many rows are worth to be coded; fewer are walked row by row. Either gives the same bits. */
const CODED_ROWS = 64;
/** One memory an ensemble, however many programs score by it; null where it cannot be coded. */
const known = new WeakMap<Trees, CodedEnsemble>();
interface CodedEnsemble {
  readonly numFeatures: number;
  readonly weights: ArrayLike<number> | undefined;
  readonly reading: FeatureReading | undefined;
  readonly coded: CodedTrees | null;
}

function codedTrees(
  trees: Trees,
  numFeatures: number,
  weights: ArrayLike<number> | undefined,
  values: Float64Array,
  reading: FeatureReading | undefined,
): CodedTrees | null {
  const made = known.get(trees);
  if (made?.numFeatures === numFeatures && made.weights === weights && made.reading === reading) return made.coded;
  const plan = planCodes(trees, numFeatures);
  const coded = plan && new CodedTrees(trees, plan, values, featureReader(reading).column);
  known.set(trees, { numFeatures, weights, reading, coded });
  return coded;
}

/** Each node's value times the weight of its tree. */
function leafValues(trees: Trees, weights: ArrayLike<number> | undefined): Float64Array {
  if (!weights) return trees.value;
  const values = trees.value.slice();
  for (let t = 0; t < treeCount(trees); t++) for (let i = trees.starts[t]; i < trees.starts[t + 1]; i++) values[i] *= weights[t];
  return values;
}

/**
 * Adds the vectors of the leaves reached in trees `0, 1 …`, in tree order: `out[i * size + c] = Σ_t vectors[leaf · size + c]`, rows `[0, rows)`,
 * `leaves` as {@link TreeScorer.leaves} gives them. `vectors` is (nodes, size) row-major.
 */
export function addLeafVectors(leaves: Int32Array, count: number, rows: number, vectors: Float64Array, size: number, out: Float64Array): void {
  out.fill(0, 0, rows * size);
  for (let i = 0, p = 0; i < rows; i++) {
    for (let t = 0; t < count; t++, p++) {
      const from = leaves[p] * size;
      for (let c = 0; c < size; c++) out[i * size + c] += vectors[from + c];
    }
  }
}

/** Each leaf's number within its tree, from left to right; -1 in inner nodes. What `leafCol` shows. */
export function leafNumbers({ starts, feature }: Trees): Int32Array {
  const numbers = new Int32Array(feature.length).fill(-1);
  for (let t = 0; t < starts.length - 1; t++) {
    let leaf = 0;
    for (let i = starts[t]; i < starts[t + 1]; i++) if (feature[i] < 0) numbers[i] = leaf++;
  }
  return numbers;
}
