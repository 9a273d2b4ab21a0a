import type { Binder, Slot, Step } from '../block/binder.ts';
import { type CodePart, type DensePart, denseValues, denseVectors, type NumberColumn, type SparsePart, type VectorColumn } from '../block/column.ts';
import { checkFeatures, type ExpectedFeatures } from '../block/features.ts';
import { logistic_rows } from '../kernels/js/losses.ts';
import { softmax } from '../kernels/js/math.ts';
import { type Decision, decide } from '../scoring/decision.ts';
import { LogisticTiles } from './logistic-tiles.ts';

/** A fitted model as the row loop needs it; plain data. */
export interface LogisticScoring extends ExpectedFeatures {
  /** (sets, numFeatures) row-major. */
  readonly coefficients: Float64Array;
  readonly intercepts: Float64Array;
  readonly multinomial: boolean;
  readonly decision: Decision;
  /** Which columns to make, in this order. */
  readonly outputs: readonly ('rawPrediction' | 'probability' | 'prediction')[];
}

/** Adds the scoring step to a program. */
export function bindLogistic(binder: Binder, features: Slot, scoring: LogisticScoring, names: readonly string[]): void {
  binder.step(import.meta.url, scoreLogistic, scoring, [features], names, true);
}

/** From so many rows on the kernels are worth it. */
const MANY_ROWS = 256;
let tiles: LogisticTiles | undefined;

/**
 * Scores blocks. Margins add up slot by slot in feature order: of binary models `Σ w x` and then the intercept, raw prediction
 * `[-z, z]`, `p0 = 1 / (1 + e^z)`, `p1 = 1 - p0`; of multinomial ones the intercept first, probabilities by softmax.
 */
export function scoreLogistic(scoring: LogisticScoring): Step {
  const { coefficients, intercepts, multinomial, numFeatures, decision, outputs } = scoring;
  const sets = intercepts.length;
  const k = multinomial ? sets : 2;
  let capacity = 0;
  let margins = new Float64Array(0);
  let columns: { rawPrediction: VectorColumn; probability: VectorColumn; prediction: NumberColumn };

  const grow = (rows: number) => {
    capacity = rows;
    margins = new Float64Array(rows * sets);
    columns = {
      rawPrediction: denseVectors(k, rows),
      probability: denseVectors(k, rows),
      prediction: { kind: 'numbers', values: new Float64Array(rows), valid: null },
    };
  };

  const { above } = decision;
  const byMargin = decision.by === 'margin';

  return (inputs, block) => {
    const { rows } = block;
    if (rows > capacity || capacity === 0) grow(Math.max(rows, 1));
    const features = inputs[0] as VectorColumn;
    checkFeatures(features, block, scoring);
    const raw = denseValues(columns.rawPrediction);
    const probability = denseValues(columns.probability);
    const prediction = columns.prediction.values;
    const made = outputs.map((name) => columns[name]);
    if (!multinomial && above !== null && rows >= MANY_ROWS && LogisticTiles.take(features)) {
      tiles ??= new LogisticTiles();
      const model = { coefficients, intercept: intercepts[0], byMargin, above };
      if (tiles.write(model, features, rows, raw, probability, prediction)) return made;
    }
    for (let c = 0; c < sets; c++) {
      const z = margins.subarray(c * capacity, c * capacity + rows);
      z.fill(multinomial ? intercepts[c] : 0);
      addProducts(z, features, coefficients.subarray(c * numFeatures, (c + 1) * numFeatures), rows);
    }
    if (multinomial) {
      for (let i = 0; i < rows; i++) {
        const at = i * k;
        for (let c = 0; c < k; c++) probability[at + c] = raw[at + c] = margins[c * capacity + i];
        softmax(probability, at, k);
      }
    } else logistic_rows(raw, probability, prediction, margins, intercepts[0], byMargin, above ?? Number.NaN, rows);
    if (multinomial || above === null) for (let i = 0; i < rows; i++) prediction[i] = decide(decision, raw, probability, i * k, k);
    return made;
  };
}

/** z[i] += Σj w[j] x[i][j], slot by slot. */
function addProducts(z: Float64Array, { parts }: VectorColumn, w: Float64Array, rows: number): void {
  let slot = 0;
  for (const part of parts) {
    switch (part.kind) {
      case 'numbers':
        addNumbers(z, part.values, w[slot], rows);
        break;
      case 'codes':
        addCodes(z, part, w, slot, rows);
        break;
      case 'dense':
        addDense(z, part, w, slot, rows);
        break;
      case 'sparse':
        addSparse(z, part, w, slot, rows);
        break;
    }
    slot += part.size;
  }
}

function addNumbers(z: Float64Array, values: Float64Array, weight: number, rows: number): void {
  for (let i = 0; i < rows; i++) z[i] += weight * values[i];
}

function addCodes(z: Float64Array, { size, codes, table }: CodePart, w: Float64Array, slot: number, rows: number): void {
  for (let i = 0; i < rows; i++) {
    const code = codes[i];
    if (code < size) z[i] += table ? w[slot + code] * table[code] : w[slot + code];
  }
}

function addDense(z: Float64Array, { size, values }: DensePart, w: Float64Array, slot: number, rows: number): void {
  for (let i = 0, p = 0; i < rows; i++) {
    let sum = z[i];
    for (let j = slot; j < slot + size; j++, p++) sum += w[j] * values[p];
    z[i] = sum;
  }
}

function addSparse(z: Float64Array, { starts, indices, values }: SparsePart, w: Float64Array, slot: number, rows: number): void {
  for (let i = 0; i < rows; i++) {
    let sum = z[i];
    for (let p = starts[i], end = starts[i + 1]; p < end; p++) sum += w[slot + indices[p]] * values[p];
    z[i] = sum;
  }
}
