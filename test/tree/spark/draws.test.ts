import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { featureSubset, RowDraw, treeSeed } from '#dist/tree/spark/draws.js';
import { exp, log } from '#dist/tree/spark/exact.js';

const ROWS = 40_000;
const countsOf = (draw: RowDraw, seed: number) => Array.from({ length: ROWS }, (_, row) => draw.count(seed, row));
const share = (counts: readonly number[], of: number) => counts.filter((count) => count === of).length / ROWS;

describe('rows are drawn', () => {
  it('with replacement as often as Poisson says', () => {
    for (const rate of [0.3, 1]) {
      const counts = countsOf(new RowDraw(rate, true), treeSeed(7n, 0));
      let p = Math.exp(-rate);
      for (let c = 0; c < 5; c++, p *= rate / c) expect(Math.abs(share(counts, c) - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / ROWS));
    }
  });

  it('without replacement once or not at all', () => {
    const counts = countsOf(new RowDraw(0.25, false), treeSeed(7n, 0));
    expect(Math.max(...counts)).toBe(1);
    expect(Math.abs(share(counts, 1) - 0.25)).toBeLessThan(0.01);
    expect(new Set(countsOf(new RowDraw(1, false), 3))).toEqual(new Set([1]));
  });

  it('anew for every tree and every seed', () => {
    const draw = new RowDraw(0.5, false);
    const [one, other, third] = [treeSeed(7n, 0), treeSeed(7n, 1), treeSeed(7n + (1n << 40n), 0)].map((seed) => countsOf(draw, seed));
    for (const counts of [other, third]) expect(Math.abs(counts.filter((count, i) => count === one[i]).length / ROWS - 0.5)).toBeLessThan(0.02);
  });
});

describe('features are drawn', () => {
  it('without repetition, ascending, each as often as the others', () => {
    const seen = new Array(9).fill(0);
    for (let node = 1; node <= 9000; node++) {
      const subset = [...featureSubset([11, node], 9, 3)];
      expect(new Set(subset).size).toBe(3);
      expect([...subset].sort((a, b) => a - b)).toEqual(subset);
      for (const j of subset) seen[j]++;
    }
    for (const count of seen) expect(Math.abs(count - 3000)).toBeLessThan(250);
    expect([...featureSubset([11, 2 ** 31], 4, 4)]).toEqual([0, 1, 2, 3]);
  });
});

/** e^x in 200 bits, from x as a fraction. */
function expBits(x: number): bigint {
  const one = 1n << 200n;
  let value = (BigInt(Math.round(x * 2 ** 52)) << 148n) >> 16n;
  value = one + series(value, one);
  for (let i = 0; i < 16; i++) value = (value * value) >> 200n;
  return value;
}

function series(x: bigint, one: bigint): bigint {
  let sum = 0n;
  for (let term = x, i = 2n; term !== 0n; term = (term * x) / (one * i++)) sum += term;
  return sum;
}

describe('exp and log', () => {
  it('are off by hardly more than half of the last digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 52) * 4, max: 2 ** 52 * 4 }), (n) => {
        const x = n / 2 ** 52;
        const digit = 2 ** (Math.floor(Math.log2(exp(x))) - 52);
        const off = Number(BigInt(exp(x) * 2 ** 200) - expBits(x)) / 2 ** 200;
        expect(Math.abs(off)).toBeLessThan(0.52 * digit);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1, noNaN: true }), (x) => {
        expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(1.6e-16 * Math.max(1, Math.abs(Math.log(x))) * 2);
      }),
    );
  });

  it('have the right ends', () => {
    expect([exp(0), exp(-800), exp(800), exp(Number.NaN)]).toEqual([1, 0, Number.POSITIVE_INFINITY, Number.NaN]);
    expect([log(1), log(0), log(-1), log(Number.POSITIVE_INFINITY)]).toEqual([0, Number.NEGATIVE_INFINITY, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(exp(1)).toBe(Math.E);
    expect(log(2)).toBe(Math.LN2);
  });
});
