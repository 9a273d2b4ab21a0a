import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block, NumberColumn, VectorColumn, VectorPart } from '#dist/block/column.js';
import { denseValues } from '#dist/block/column.js';
import { scoreLogistic } from '#dist/classification/logistic-scoring.js';
import type { Decision } from '#dist/scoring/decision.js';

/** Enough for more than one tile. */
const ROWS = 2500;

/** The parts of rows `[lo, lo + n)`. */
function slice(part: VectorPart, lo: number, n: number): VectorPart {
  if (part.kind === 'codes') return { ...part, codes: part.codes.slice(lo, lo + n) };
  return part.kind === 'numbers' ? { ...part, values: part.values.slice(lo, lo + n) } : part;
}

/** A part whose entries follow from a seed: numbers, or codes of which some have no slot. */
function partOf(seed: number, size: number | null): VectorPart {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 8;
  };
  if (size === null) return { kind: 'numbers', size: 1, values: Float64Array.from({ length: ROWS }, () => (next() % 2001) / 100 - 10) };
  const codes = Uint8Array.from({ length: ROWS }, () => next() % (size + 2));
  return { kind: 'codes', size, codes, table: seed % 2 === 0 ? null : Float64Array.from({ length: size }, (_, c) => c - 1.5) };
}

const decisions: Decision[] = [
  { by: 'margin', above: 0.25 },
  { by: 'probability', above: 0.4 },
  { by: 'probability', above: null, thresholds: [0.3, 0.7] },
];

function score(parts: readonly VectorPart[], rows: number, coefficients: Float64Array, intercept: number, decision: Decision): number[][] {
  const features: VectorColumn = { kind: 'vectors', size: coefficients.length, parts, valid: null };
  const block: Block = { rows, firstRow: 0, columns: [features], keep: null };
  const scoring = {
    owner: 'test',
    stage: 'test',
    featuresCol: 'features',
    numFeatures: coefficients.length,
    coefficients,
    intercepts: Float64Array.of(intercept),
    multinomial: false,
    decision,
    outputs: ['rawPrediction', 'probability', 'prediction'] as const,
  };
  const [raw, probability, prediction] = scoreLogistic(scoring)([features], block) as [VectorColumn, VectorColumn, NumberColumn];
  const made = [denseValues(raw).subarray(0, 2 * rows), denseValues(probability).subarray(0, 2 * rows), prediction.values.subarray(0, rows)];
  return made.map((values) => [...values]);
}

describe('scores of a logistic model', () => {
  it('are the same bits for many rows as for few', () => {
    const part = fc.record({ seed: fc.integer({ min: 1, max: 1e6 }), size: fc.option(fc.integer({ min: 0, max: 250 })) });
    const scale = fc.constantFrom(0.01, 1, 100);
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 20 }),
        scale,
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.constantFrom(...decisions),
        (kinds, by, intercept, decision) => {
          const parts = kinds.map(({ seed, size }) => partOf(seed, size));
          const numFeatures = parts.reduce((sum, { size }) => sum + size, 0);
          const coefficients = Float64Array.from({ length: numFeatures }, (_, j) => by * Math.sin(j + 1));
          const many = score(parts, ROWS, coefficients, intercept, decision);
          for (let lo = 0; lo < ROWS; lo += 250) {
            const few = score(
              parts.map((one) => slice(one, lo, 250)),
              250,
              coefficients,
              intercept,
              decision,
            );
            for (const [k, values] of few.entries()) {
              const width = k < 2 ? 2 : 1;
              expect(many[k].slice(lo * width, (lo + 250) * width)).toEqual(values);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
