import { denseValues, denseVectors, type VectorColumn, writeDenseRow } from '../../block/column.ts';
import type { ExpectedFeatures } from '../../block/features.ts';
import { type TreeContributions, treeContributions } from '../contributions.ts';
import { type FeatureReader, type FeatureReading, featureReader } from '../reading.ts';
import { leafNumbers, type TreeScorer, treeScorer } from '../scoring.ts';
import type { Trees } from '../trees.ts';

/** A boosted ensemble as row loops need it; plain data. */
export interface BoostedScoring extends ExpectedFeatures {
  readonly trees: Trees;
  readonly start: readonly number[];
  readonly reading?: FeatureReading;
}

/** What both kinds of boosted models compute of blocks of features. Columns are written anew at each call. */
export class BoostedScores {
  /** What the features must be. */
  readonly expected: ExpectedFeatures;
  readonly #scoring: BoostedScoring;
  readonly #scorer: TreeScorer;
  readonly #reader: FeatureReader;
  #leaf: { readonly column: VectorColumn; readonly numbers: Int32Array; readonly rows: number } | undefined;
  #contributions: { readonly column: VectorColumn; readonly of: TreeContributions; readonly x: Float64Array; readonly rows: number } | undefined;

  constructor(scoring: BoostedScoring) {
    this.expected = scoring;
    this.#scoring = scoring;
    this.#scorer = treeScorer(scoring.trees, scoring.numFeatures, { reading: scoring.reading });
    this.#reader = featureReader(scoring.reading);
  }

  /** Raw score c of row i at `i * width + c`, width being the number of start scores. */
  raw(features: VectorColumn, rows: number): Float64Array {
    return this.#scorer.sums(features, rows, this.#scoring.start);
  }

  /** The node number of the leaf of tree t that row i reaches, at `i * trees + t`. */
  leafNodes(features: VectorColumn, rows: number): Int32Array {
    return this.#scorer.leaves(features, rows);
  }

  /** Vectors of one leaf number a tree, leaves counted from 0 within their tree, from left to right. */
  leaf(features: VectorColumn, rows: number): VectorColumn {
    const { count } = this.#scorer;
    if (!this.#leaf || this.#leaf.rows < rows) {
      this.#leaf = { column: denseVectors(count, rows), numbers: this.#leaf?.numbers ?? leafNumbers(this.#scoring.trees), rows };
    }
    const { column, numbers } = this.#leaf;
    const out = denseValues(column);
    const leaves = this.#scorer.leaves(features, rows);
    for (let p = 0; p < rows * count; p++) out[p] = numbers[leaves[p]];
    return column;
  }

  /** Vectors of (features + 1) contributions for each raw score, see {@link treeContributions}. */
  contributions(features: VectorColumn, rows: number): VectorColumn {
    const { trees, numFeatures, start } = this.#scoring;
    if (!this.#contributions || this.#contributions.rows < rows) {
      const of = this.#contributions?.of ?? treeContributions(trees, numFeatures, start);
      this.#contributions = { column: denseVectors(start.length * of.size, rows), of, x: new Float64Array(numFeatures), rows };
    }
    const { column, of, x } = this.#contributions;
    const out = denseValues(column);
    for (let i = 0; i < rows; i++) {
      writeDenseRow(features, i, x);
      this.#reader.row(x);
      of.write(x, out, i * column.size);
    }
    return column;
  }
}
