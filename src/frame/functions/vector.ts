import { type Column, type ColumnOrName, lit, nameToExpression } from '../column.ts';
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

const normed =
  (name: string) =>
  (x: ColumnOrName, degree?: number | Column): Column =>
    of(name, nameToExpression(x), ...(degree === undefined ? [] : [lit(degree).cast('float').expression]));

/** The norm of an array of floats: `√Σxᵢ²`, of degree 1 `Σ|xᵢ|`, of degree Infinity the largest `|xᵢ|`. */
export const vectorNorm = normed('vector_norm');

/** The array of floats divided by its norm, as {@link vectorNorm} has it; null where that is 0. */
export const vectorNormalize = normed('vector_normalize');
