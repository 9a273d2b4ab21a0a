import type { Binder, Slot, Step } from '../block/binder.ts';
import {
  type CodePart,
  type DensePart,
  denseValues,
  denseVectors,
  type NumberColumn,
  type SparsePart,
  type VectorColumn,
  type VectorPart,
} from '../block/column.ts';
import { checkFeatures, type ExpectedFeatures } from '../block/features.ts';
import { exp, softmax } from '../kernels/js/math.ts';
import { type Decision, decide } from '../scoring/decision.ts';

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
  binder.step(import.meta.url, scoreLogistic, scoring, [features], names);
}

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

  return (inputs, block) => {
    const { rows } = block;
    if (rows > capacity || capacity === 0) grow(Math.max(rows, 1));
    const features = inputs[0] as VectorColumn;
    checkFeatures(features, block, scoring);
    for (let c = 0; c < sets; c++) {
      const z = margins.subarray(c * capacity, c * capacity + rows);
      z.fill(multinomial ? intercepts[c] : 0);
      addProducts(z, features, coefficients.subarray(c * numFeatures, (c + 1) * numFeatures), rows);
    }
    const raw = denseValues(columns.rawPrediction);
    const probability = denseValues(columns.probability);
    const prediction = columns.prediction.values;
    for (let i = 0; i < rows; i++) {
      const at = i * k;
      if (multinomial) {
        for (let c = 0; c < k; c++) probability[at + c] = raw[at + c] = margins[c * capacity + i];
        softmax(probability, at, k);
      } else {
        const z = margins[i] + intercepts[0];
        raw[at] = -z;
        raw[at + 1] = z;
        probability[at] = 1 / (1 + exp(z));
        probability[at + 1] = 1 - probability[at];
      }
      prediction[i] = decide(decision, raw, probability, at, k);
    }
    return outputs.map((name) => columns[name]);
  };
}

/** From so many rows on the products of each code are worth a table. */
const MANY_ROWS = 256;
/** Columns of codes that are added in one go: the sums are read and written once for all of them. */
const TOGETHER = 4;
const CODES = 256;
/** By code, for as many columns; -0, which changes no number when added, where the code has no slot. */
const products = new Float64Array(TOGETHER * CODES);

/** z[i] += Σj w[j] x[i][j], slot by slot. */
function addProducts(z: Float64Array, { parts }: VectorColumn, w: Float64Array, rows: number): void {
  let slot = 0;
  for (let p = 0; p < parts.length; p++) {
    const part = parts[p];
    const together = rows >= MANY_ROWS ? parts.slice(p, p + TOGETHER).filter(isByteCodes) : [];
    if (together.length === TOGETHER) {
      addFourCodes(z, together, w, slot, rows);
      for (const { size } of together) slot += size;
      p += TOGETHER - 1;
      continue;
    }
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

interface ByteCodes extends CodePart {
  readonly codes: Uint8Array;
}

function isByteCodes(part: VectorPart): part is ByteCodes {
  return part.kind === 'codes' && part.codes instanceof Uint8Array;
}

function addFourCodes(z: Float64Array, columns: readonly ByteCodes[], w: Float64Array, slot: number, rows: number): void {
  products.fill(-0);
  let from = slot;
  for (const [k, { size, table }] of columns.entries()) {
    for (let code = 0; code < Math.min(size, CODES); code++) products[k * CODES + code] = table ? w[from + code] * table[code] : w[from + code];
    from += size;
  }
  const [a, b, c, d] = columns.map((column) => column.codes);
  for (let i = 0; i < rows; i++) {
    z[i] = z[i] + products[a[i]] + products[CODES + b[i]] + products[2 * CODES + c[i]] + products[3 * CODES + d[i]];
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
