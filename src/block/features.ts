import { MlError, show } from '../error.ts';
import type { Block, VectorColumn } from './column.ts';

/** The column of features that a fitted model scores, for messages. */
export interface ExpectedFeatures {
  readonly owner: string;
  readonly stage: string;
  readonly featuresCol: string;
  readonly numFeatures: number;
}

/** Refuses null vectors in rows that have not been dropped, and vectors of another size than the model was fitted on. */
export function checkFeatures(
  features: VectorColumn,
  { rows, firstRow, keep }: Block,
  { owner, stage, featuresCol, numFeatures }: ExpectedFeatures,
): void {
  // A block of nulls alone has vectors of no size, so nulls come first.
  for (let i = 0; features.valid && i < rows; i++) {
    if (features.valid[i] === 0 && keep?.[i] !== 0) {
      throw new MlError(
        'VALUE_INVALID',
        `${owner}: column ${show(featuresCol)} must not be null, row ${firstRow + i} is; fill or drop such rows first`,
        {
          stage,
          column: featuresCol,
          row: firstRow + i,
          value: null,
        },
      );
    }
  }
  if (features.size !== numFeatures) {
    throw new MlError(
      'VALUE_INVALID',
      `${owner}: column ${show(featuresCol)} must have the ${numFeatures} features of the fit, row ${firstRow} has ${features.size}`,
      { stage, column: featuresCol, row: firstRow, value: features.size },
    );
  }
}
