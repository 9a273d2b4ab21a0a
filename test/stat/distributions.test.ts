import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquaredTail, fTail, incompleteBeta, kolmogorovCumulative, logGamma, normalCumulative, upperGamma } from '#dist/stat/distributions.js';

const near = (found: number, want: number, relative = 1e-12) => expect(Math.abs(found - want)).toBeLessThanOrEqual(relative * Math.abs(want));

/** Closed forms, and values of tables that every statistics package prints. */
describe('tails', () => {
  it('of χ² with two degrees of freedom are e^(-x/2), with four (1 + x/2) e^(-x/2)', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 600, noNaN: true }), (x) => {
        near(chiSquaredTail(x, 2), Math.exp(-x / 2));
        near(chiSquaredTail(x, 4), (1 + x / 2) * Math.exp(-x / 2));
      }),
    );
  });

  it.each([
    [3.841458820694124, 1, 0.05],
    [6.634896601021214, 1, 0.01],
    [18.307038053275146, 10, 0.05],
    [124.34211340400407, 100, 0.05],
  ])('of χ² above the quantile %d at %d degrees of freedom are %d', (x, freedom, p) => near(chiSquaredTail(x, freedom), p));

  it.each([
    [161.44763879758827, 1, 1, 0.05],
    [4.964602743730711, 1, 10, 0.05],
  ])('of F above %d at %d and %d degrees of freedom are %d', (x, a, b, p) => near(fTail(x, a, b), p, 1e-11));

  it('of F with two degrees of freedom above are (1 + 2x/d)^(-d/2)', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e4, noNaN: true }), fc.integer({ min: 1, max: 500 }), (x, d) => {
        near(fTail(x, 2, d), (1 + (2 * x) / d) ** (-d / 2), 1e-10);
      }),
    );
  });

  it('reach from 1 to 0, and NaN stays NaN', () => {
    expect([chiSquaredTail(0, 3), chiSquaredTail(Number.POSITIVE_INFINITY, 3), fTail(0, 2, 3), fTail(Number.POSITIVE_INFINITY, 2, 3)]).toEqual([
      1, 0, 1, 0,
    ]);
    expect([chiSquaredTail(Number.NaN, 3), fTail(Number.NaN, 2, 3)]).toEqual([Number.NaN, Number.NaN]);
  });
});

it('logGamma is the logarithm of the factorial, and of √π at a half', () => {
  let factorial = 0;
  for (let n = 1; n < 170; n++) {
    expect(Math.abs(logGamma(n + 1) - (factorial += Math.log(n)))).toBeLessThan(1e-12 * Math.max(1, factorial));
  }
  near(logGamma(0.5), Math.log(Math.PI) / 2);
});

it('the incomplete beta function is symmetric, and x^a where b = 1', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 200, noNaN: true }),
      fc.double({ min: 0.1, max: 200, noNaN: true }),
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      (a, b, x) => {
        expect(Math.abs(incompleteBeta(a, b, x) + incompleteBeta(b, a, 1 - x) - 1)).toBeLessThan(1e-11);
        near(incompleteBeta(a, 1, x), x ** a, 1e-10);
      },
    ),
  );
});

it('the upper gamma function falls with x', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 1e4, noNaN: true }), fc.double({ min: 0, max: 2e4, noNaN: true }), (a, x) => {
      const q = upperGamma(a, x);
      expect(q).toBeGreaterThanOrEqual(-1e-12);
      expect(q).toBeLessThanOrEqual(1);
      expect(upperGamma(a, x * 1.01)).toBeLessThanOrEqual(q + 1e-12);
    }),
  );
});

it.each([
  [0, 0.5],
  [1.959963984540054, 0.975],
  [-1.6448536269514722, 0.05],
  [-6, 9.865876450376946e-10],
])('the normal distribution up to %d is %d', (x, p) => near(normalCumulative(x), p, 1e-11));

it("Kolmogorov's distribution is 2d - 1 for one value, meets its limit for many, and joins where the ways to it change", () => {
  near(kolmogorovCumulative(0.8, 1), 0.6);
  near(kolmogorovCumulative(0.274, 10), 0.6284796154565043, 1e-12);
  near(kolmogorovCumulative(1.3580986393225505 / 1e3, 1e6), 0.95, 1e-3);
  for (const z of [0.6, 0.9, 1.3]) {
    const [a, b, c] = [139, 140, 141].map((n) => kolmogorovCumulative(z / Math.sqrt(n), n)) as [number, number, number];
    expect(Math.abs(c - b - (b - a))).toBeLessThan(1e-4);
  }
  expect([kolmogorovCumulative(0.001, 10), kolmogorovCumulative(1, 10)]).toEqual([0, 1]);
});
