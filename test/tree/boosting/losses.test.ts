import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LossSpec } from '#dist/tree/boosting/contract.js';
import { type Link, linkOf, predictionOf, toProbabilities } from '#dist/tree/boosting/link.js';
import { labelRule, renewedValue, scalarLoss, scoreCount, softmaxGradients, softmaxLoss, startScores } from '#dist/tree/boosting/losses.js';
import { weightedQuantile } from '#dist/tree/boosting/quantile.js';

const SPECS: readonly LossSpec[] = [
  { name: 'logistic' },
  { name: 'squared' },
  { name: 'absolute' },
  { name: 'huber', alpha: 0.7 },
  { name: 'quantile', alpha: 0.2 },
  { name: 'poisson' },
  { name: 'gamma' },
  { name: 'tweedie', power: 1.3 },
];
const score = fc.double({ min: -4, max: 4, noNaN: true });

function labelOf(name: LossSpec['name']): fc.Arbitrary<number> {
  if (name === 'logistic') return fc.constantFrom(0, 1);
  if (name === 'poisson' || name === 'tweedie') return fc.constantFrom(0, 1, 2.5, 7);
  if (name === 'gamma') return fc.constantFrom(0.25, 1, 7);
  return fc.double({ min: -4, max: 4, noNaN: true });
}

/** (f(x + e) - f(x - e)) / 2e */
function slope(f: (x: number) => number, x: number): number {
  const e = 1e-5;
  return (f(x + e) - f(x - e)) / (2 * e);
}

describe('losses', () => {
  for (const spec of SPECS) {
    const loss = scalarLoss(spec);
    it(`${spec.name}: the gradient is the slope of the value`, () => {
      fc.assert(
        fc.property(score, labelOf(spec.name), (f, y) => {
          // Corners have no slope.
          fc.pre(!['absolute', 'quantile', 'huber'].includes(spec.name) || Math.min(Math.abs(f - y), Math.abs(Math.abs(f - y) - 0.7)) > 1e-4);
          const g = loss.gradient(f, y);
          expect(Math.abs(slope((x) => loss.value(x, y), f) - g)).toBeLessThan(1e-5 * (1 + Math.abs(g)));
        }),
      );
    });

    it(`${spec.name}: the hessian is the slope of the gradient, or the stand-in of its docs`, () => {
      fc.assert(
        fc.property(score, labelOf(spec.name), (f, y) => {
          const h = loss.hessian(f, y);
          const isStandIn = ['absolute', 'quantile', 'huber'].includes(spec.name);
          const exact = isStandIn ? 1 : slope((x) => loss.gradient(x, y), f) * (spec.name === 'poisson' ? Math.exp(0.7) : 1);
          expect(Math.abs(exact - h)).toBeLessThan(1e-5 * (1 + h));
        }),
      );
    });
  }

  it('softmax: gradients are slopes of the value, hessians k/(k-1) p (1 - p)', () => {
    fc.assert(
      fc.property(fc.array(score, { minLength: 2, maxLength: 5 }), fc.nat(), (scores, which) => {
        const y = which % scores.length;
        const p = Float64Array.from(scores);
        const [g, h] = [new Float64Array(p.length), new Float64Array(p.length)];
        softmaxGradients(p, y, g, h);
        for (let c = 0; c < p.length; c++) {
          const along = (x: number) =>
            softmaxLoss(
              scores.map((s, i) => (i === c ? x : s)),
              y,
            );
          expect(Math.abs(slope(along, scores[c]) - g[c])).toBeLessThan(1e-6);
          expect(h[c]).toBeCloseTo((p.length / (p.length - 1)) * p[c] * (1 - p[c]), 14);
        }
      }),
    );
  });

  it('of two classes, softmax of [0, z] is logistic of z', () => {
    const logistic = scalarLoss({ name: 'logistic' });
    for (const z of [-30, -1, 0, 2.5, 700]) {
      for (const y of [0, 1]) expect(softmaxLoss([0, z], y)).toBeCloseTo(logistic.value(z, y), 12);
    }
  });

  it('start at the constant of least loss', () => {
    const labels: Partial<Record<LossSpec['name'], number[]>> = { logistic: [0, 1, 1, 0, 1], poisson: [0, 3, 1, 1, 9], tweedie: [0, 3, 1, 1, 9] };
    const weights = [1, 0.5, 2, 3, 1.5];
    for (const spec of SPECS) {
      if (spec.name === 'huber') continue; // starts at the median, by design
      const y = labels[spec.name] ?? [1, 3, 0.5, 1.25, 9];
      const loss = scalarLoss(spec);
      const [start] = startScores(spec, [
        { labels: y.slice(0, 2), weights: weights.slice(0, 2) },
        { labels: y.slice(2), weights: weights.slice(2) },
      ]);
      const total = (f: number) => y.reduce((sum, label, i) => sum + weights[i] * loss.value(f, label), 0);
      for (const e of [-0.01, 0.01]) expect(total(start + e)).toBeGreaterThanOrEqual(total(start));
    }
    const shares = startScores({ name: 'softmax', numClasses: 4 }, [{ labels: [0, 1, 2, 2], weights: null }]);
    expect(shares.slice(0, 3).map(Math.exp)).toEqual([expect.closeTo(0.25), expect.closeTo(0.25), expect.closeTo(0.5)]);
    expect(Number.isFinite(shares[3])).toBe(true);
  });

  it('start finite where one class has all rows, and ignore rows of weight 0', () => {
    expect(Number.isFinite(startScores({ name: 'logistic' }, [{ labels: [1, 1], weights: null }])[0])).toBe(true);
    for (const spec of SPECS) {
      const all = startScores(spec, [{ labels: [1, 0.5, 1], weights: [1, 0, 2] }]);
      expect(startScores(spec, [{ labels: [1, 1], weights: [1, 2] }])).toEqual(all);
    }
  });

  it('say which labels they take', () => {
    const accepts = (spec: LossSpec) => [-1, 0, 0.5, 1, 2, Number.NaN, Number.POSITIVE_INFINITY].filter((y) => labelRule(spec).accepts(y));
    expect(accepts({ name: 'logistic' })).toEqual([0, 1]);
    expect(accepts({ name: 'softmax', numClasses: 3 })).toEqual([0, 1, 2]);
    expect(accepts({ name: 'squared' })).toEqual([-1, 0, 0.5, 1, 2]);
    expect(accepts({ name: 'poisson' })).toEqual([0, 0.5, 1, 2]);
    expect(accepts({ name: 'gamma' })).toEqual([0.5, 1, 2]);
    expect(labelRule({ name: 'softmax', numClasses: 3 }).rule).toBe('a class number 0 … 2');
  });

  it('predict the score itself, or e to it', () => {
    expect(predictionOf(linkOf({ name: 'squared' }), 2)).toBe(2);
    expect(predictionOf(linkOf({ name: 'gamma' }), 2)).toBeCloseTo(Math.exp(2), 12);
    expect([scoreCount({ name: 'softmax', numClasses: 5 }), scoreCount({ name: 'gamma' })]).toEqual([5, 1]);
  });
});

describe('links of other libraries', () => {
  it('predict what those do', () => {
    const at = (link: Link) => [-1, 0, 2].map((f) => predictionOf(link, f));
    expect(at('sigmoid')[1]).toBe(0.5);
    expect(at('softplus')[2]).toBeCloseTo(Math.log(1 + Math.exp(2)), 12);
    expect(at('signedSquare')).toEqual([-1, 0, 4]);
    expect(at('step')).toEqual([0, 0, 1]);
    const probabilities = (link: Link, ...scores: number[]) => {
      const all = Float64Array.from(scores);
      toProbabilities(link, all, 0, all.length);
      return [...all];
    };
    expect(probabilities('step', 0, 0)).toEqual([1, 0]);
    expect(probabilities('step', -3, 3)).toEqual([0, 1]);
    expect(probabilities('sigmoid', 0, 0, 0)).toEqual([0.5, 0.5, 0.5]);
  });
});

describe('renewed leaves', () => {
  it('hold the value of least loss', () => {
    const row = fc.record({ r: fc.integer({ min: -5, max: 5 }), w: fc.integer({ min: 0, max: 3 }) });
    const specs = SPECS.filter((s) => s.name === 'absolute' || s.name === 'quantile');
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), fc.constantFrom(...specs), (rows, spec) => {
        fc.pre(rows.some(({ w }) => w > 0));
        const value = renewedValue(
          spec,
          Float64Array.from(rows, ({ r }) => r),
          Float64Array.from(rows, ({ w }) => w),
        );
        const loss = scalarLoss(spec);
        const total = (v: number) => rows.reduce((sum, { r, w }) => sum + w * loss.value(v, r), 0);
        for (let v = -5; v <= 5; v++) expect(total(value)).toBeLessThanOrEqual(total(v) + 1e-9);
      }),
    );
  });

  it('of huber lie at the median of few residuals far apart, near the mean of many within alpha', () => {
    expect(renewedValue({ name: 'huber', alpha: 1 }, Float64Array.of(0, 0, 1000), null)).toBeCloseTo(1 / 3, 12);
    expect(renewedValue({ name: 'huber', alpha: 100 }, Float64Array.of(1, 2, 6), null)).toBe(3);
  });
});

describe('weightedQuantile', () => {
  /** The definition: sort, then walk. */
  function byDefinition(values: readonly number[], p: number): number {
    const sorted = [...values].sort((a, b) => a - b);
    const target = p * sorted.length;
    const i = Math.max(Math.ceil(target) - 1, 0);
    const next = sorted[i + 1];
    return target === i + 1 && next !== undefined ? sorted[i] + (next - sorted[i]) / 2 : sorted[i];
  }

  it('is that of the rows repeated by weight', () => {
    const row = fc.tuple(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 })), fc.integer({ min: 0, max: 4 }));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), fc.constantFrom(0, 0.1, 0.25, 0.5, 0.75, 0.9, 1), (rows, p) => {
        const repeated = rows.flatMap(([v, w]) => Array<number>(w).fill(v));
        fc.pre(repeated.length > 0);
        const values = Float64Array.from(rows, ([v]) => v);
        const weights = Float64Array.from(rows, ([, w]) => w);
        const expected = byDefinition(repeated, p);
        expect(weightedQuantile(values, weights, p)).toBe(expected);
        expect(weightedQuantile(Float64Array.from(repeated), null, p)).toBe(expected);
      }),
    );
  });

  it('ends on weights whose sums round', () => {
    const weights = Float64Array.from({ length: 999 }, (_, i) => 1 / (i + 3));
    const values = Float64Array.from({ length: 999 }, (_, i) => (i * 7919) % 999);
    for (const p of [0.01, 0.3, 0.5, 0.999999, 1]) expect(Number.isInteger(weightedQuantile(values.slice(), weights.slice(), p))).toBe(true);
  });
});
