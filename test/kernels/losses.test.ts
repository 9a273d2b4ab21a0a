import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logistic_f64, logistic_residuals, logistic_rows, softmax_f64 } from '#dist/kernels/js/losses.js';
import { Arena, anyDouble, copyOf, doublesOf, LENGTHS, plainDouble } from './arena.ts';

const arena = new Arena();
const margins = fc.oneof(anyDouble, plainDouble, fc.constantFrom(708, -708, 708.0000001, -745.2, 0, -0));

/** Margins, labels below `classes` and weights or none. */
function rowsOf(classes: number, perRow = 1) {
  return fc.constantFrom(...LENGTHS).chain((n) =>
    fc.record({
      n: fc.constant(n),
      z: doublesOf(n * perRow, margins),
      labels: fc.array(fc.integer({ min: 0, max: classes - 1 }), { minLength: n, maxLength: n }),
      weights: fc.option(doublesOf(n, fc.oneof(fc.constantFrom(0, 1), plainDouble))),
    }),
  );
}

describe('loss kernels give the bits of their twins', () => {
  it('logistic_f64', () => {
    fc.assert(
      fc.property(rowsOf(2), ({ n, z, labels, weights }) => {
        arena.clear();
        const zs = arena.put(Float64Array, z);
        const ys = arena.put(Float64Array, labels);
        const ws = weights && arena.put(Float64Array, weights);
        const expected = copyOf(zs);
        const loss = logistic_f64(expected, copyOf(ys), ws && copyOf(ws), n);
        expect(arena.kernels.logistic_f64(zs.byteOffset, ys.byteOffset, ws?.byteOffset ?? 0, n)).toBe(loss);
        expect(copyOf(zs)).toEqual(expected);
        expect(arena.fences).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('logistic_residuals', () => {
    fc.assert(
      fc.property(rowsOf(2), ({ n, z, labels }) => {
        arena.clear();
        const [fs, ys, out] = [arena.put(Float64Array, z), arena.put(Float64Array, labels), arena.put(Float64Array, z)];
        const expected = copyOf(fs);
        logistic_residuals(expected, copyOf(fs), copyOf(ys), n);
        arena.kernels.logistic_residuals(out.byteOffset, fs.byteOffset, ys.byteOffset, n);
        expect(copyOf(out)).toEqual(expected);
        expect(arena.fences).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('logistic_rows, which says when a margin is beyond it', () => {
    fc.assert(
      fc.property(rowsOf(2), fc.double({ noNaN: true }), fc.boolean(), fc.double({ noNaN: true }), ({ n, z }, intercept, byMargin, above) => {
        arena.clear();
        const zs = arena.put(Float64Array, z);
        const made = [2, 2, 1].map((width) => arena.put(Float64Array, new Float64Array(width * n)));
        const expected = made.map(copyOf) as [Float64Array, Float64Array, Float64Array];
        logistic_rows(...expected, copyOf(zs), intercept, byMargin, above, n);
        const [raw, probabilities, predictions] = made.map((array) => array.byteOffset);
        const fits = arena.kernels.logistic_rows(raw, probabilities, predictions, zs.byteOffset, intercept, Number(byMargin), above, n);
        expect(fits).toBe(Number(z.every((x) => Math.abs(x + intercept) <= 708)));
        if (fits) expect(made.map(copyOf)).toEqual(expected);
        expect(arena.fences).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  for (const classes of [1, 2, 3, 4, 7]) {
    it(`softmax_f64 of ${classes} classes`, () => {
      fc.assert(
        fc.property(rowsOf(classes, classes + 1), fc.boolean(), ({ n, z, labels, weights }, apart) => {
          arena.clear();
          const stride = apart ? n + Math.floor(n / classes) : n;
          const zs = arena.put(Float64Array, z);
          const ys = arena.put(Float64Array, labels);
          const ws = weights && arena.put(Float64Array, weights);
          const expected = copyOf(zs);
          const loss = softmax_f64(expected, stride, copyOf(ys), ws && copyOf(ws), classes, n);
          expect(arena.kernels.softmax_f64(zs.byteOffset, stride, ys.byteOffset, ws?.byteOffset ?? 0, classes, n)).toBe(loss);
          expect(copyOf(zs)).toEqual(expected);
          expect(arena.fences).toBe(true);
        }),
      );
    });
  }
});

describe('losses', () => {
  it('logistic stays finite and exact for margins of any size', () => {
    const z = Float64Array.of(1e300, -1e300, 40, -40, 0);
    const labels = Float64Array.of(1, 1, 0, 1, 1);
    expect(logistic_f64(z.slice(), labels, null, 1)).toBe(0);
    expect(logistic_f64(z.slice(1), labels.slice(1), null, 1)).toBe(1e300);
    expect(logistic_f64(z.slice(4), labels.slice(4), null, 1)).toBeCloseTo(Math.LN2, 15);
    logistic_f64(z, labels, null, 5);
    expect(z[0]).toBe(0);
    expect(z[1]).toBe(-1);
    expect(z[2]).toBe(1);
    expect(z[4]).toBe(-0.5);
  });

  it('softmax of two classes is the logistic loss of the difference', () => {
    fc.assert(
      fc.property(fc.double({ min: -30, max: 30, noNaN: true }), fc.double({ min: -30, max: 30, noNaN: true }), (a, b) => {
        const both = Float64Array.of(a, b);
        const loss = softmax_f64(both, 1, Float64Array.of(1), null, 2, 1);
        const difference = Float64Array.of(b - a);
        expect(loss).toBeCloseTo(logistic_f64(difference, Float64Array.of(1), null, 1), 12);
        expect(both[1]).toBeCloseTo(difference[0] as number, 12);
        expect((both[0] as number) + (both[1] as number)).toBeCloseTo(0, 14);
      }),
    );
  });
});
