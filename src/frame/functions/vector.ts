import { type Column, type ColumnOrName, nameToExpression } from '../column.ts';
import { of } from './of.ts';

const pair =
  (name: string) =>
  (x: ColumnOrName, y: ColumnOrName): Column =>
    of(name, nameToExpression(x), nameToExpression(y));

/** The cosine of the angle between two arrays of floats of one length; null where one of them is all 0. */
export const vectorCosineSimilarity = pair('vector_cosine_similarity');

/** `Σ xᵢ·yᵢ` of two arrays of floats of one length. */
export const vectorInnerProduct = pair('vector_inner_product');

/** `√Σ(xᵢ - yᵢ)²` of two arrays of floats of one length. */
export const vectorL2Distance = pair('vector_l2_distance');
