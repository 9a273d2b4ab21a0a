import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numericEdges } from '#dist/tree/boosting/edges.js';
import { sortDoubles } from '#dist/tree/boosting/sort-doubles.js';

const anyValue = fc.oneof(
  fc.double(),
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 5e-324, 1e-323, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE),
);
const edgesOf = (values: readonly number[], maxBins = 255, weights?: readonly number[]) => [
  ...numericEdges(Float64Array.from(values), weights ? Float64Array.from(weights) : null, maxBins),
];

function codeOf(x: number, edges: readonly number[]): number {
  return edges.filter((e) => e < x).length;
}

describe('numericEdges', () => {
  it('ascends, is free of NaN and gives at most maxBins bins', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 200 }), fc.integer({ min: 2, max: 20 }), (values, maxBins) => {
        const edges = edgesOf(values, maxBins);
        expect(edges.length).toBeLessThan(maxBins);
        for (let i = 0; i < edges.length; i++) expect(i === 0 ? !Number.isNaN(edges[0]) : edges[i] > edges[i - 1]).toBe(true);
        // Every bin holds a value of the sample.
        const codes = new Set(values.filter((x) => !Number.isNaN(x)).map((x) => codeOf(x, edges)));
        if (codes.size > 0) expect(codes.size).toBe(edges.length + 1);
      }),
      { numRuns: 500 },
    );
  });

  it('tells all values apart where they are few enough', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 60 }), (values) => {
        const distinct = new Set(values.filter((x) => !Number.isNaN(x)).map((x) => x + 0));
        const edges = edgesOf(values, 60);
        expect(new Set([...distinct].map((x) => codeOf(x, edges))).size).toBe(distinct.size);
      }),
      { numRuns: 500 },
    );
  });

  it('takes a weight of 2 as the row twice and a weight of 0 as none', () => {
    const row = fc.tuple(anyValue, fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 100 }), fc.integer({ min: 2, max: 12 }), (rows, maxBins) => {
        const repeated = rows.flatMap(([x, w]) => Array<number>(w).fill(x));
        const values = rows.map(([x]) => x);
        const weights = rows.map(([, w]) => w);
        expect(edgesOf(values, maxBins, weights)).toEqual(edgesOf(repeated, maxBins));
      }),
    );
  });

  it('has none for a constant, nothing at all, or all missing', () => {
    expect(edgesOf([3, 3, 3])).toEqual([]);
    expect(edgesOf([0, -0])).toEqual([]);
    expect(edgesOf([])).toEqual([]);
    expect(edgesOf([Number.NaN, Number.NaN])).toEqual([]);
    expect(edgesOf([1, 2], 255, [0, 5])).toEqual([]);
  });

  it('lies midway, and on the lower one of neighbouring doubles', () => {
    expect(edgesOf([4, 1, 2])).toEqual([1.5, 3]);
    expect(edgesOf([0, 5e-324])).toEqual([0]);
    expect(edgesOf([Number.MAX_VALUE, Number.MAX_VALUE / 2])).toEqual([Number.MAX_VALUE * 0.75]);
  });

  it('sets infinities apart from all finite numbers', () => {
    expect(edgesOf([-Infinity, 1, 2, Infinity])).toEqual([-Infinity, 1.5, Number.MAX_VALUE]);
  });

  it('holds near-equal shares of many values', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => Math.sqrt((i * 7919) % 100_000));
    const edges = edgesOf(values);
    expect(edges.length).toBe(254);
    const counts = new Int32Array(255);
    for (const x of values) {
      let code = 0;
      while (code < edges.length && edges[code] < x) code++;
      counts[code]++;
    }
    expect(Math.max(...counts)).toBeLessThan((1.05 * 100_000) / 255);
    expect(Math.min(...counts)).toBeGreaterThan((0.5 * 100_000) / 255);
  });

  it('gives values of more than a share their own bin', () => {
    const values = [...Array<number>(500).fill(0), ...Array<number>(300).fill(10), ...Array.from({ length: 200 }, (_, i) => 1 + i / 100)];
    const edges = edgesOf(values, 10);
    expect(edges.length).toBe(9);
    expect([codeOf(0, edges), codeOf(1, edges), codeOf(2.99, edges), codeOf(10, edges)]).toEqual([0, 1, 8, 9]);
  });

  it('reaches 65,535 bins', () => {
    expect(
      edgesOf(
        Array.from({ length: 100_000 }, (_, i) => i),
        65_535,
      ).length,
    ).toBe(65_534);
  });
});

describe('sortDoubles', () => {
  it('sorts as the numbers do, and says where they stood', () => {
    fc.assert(
      fc.property(
        fc.array(
          anyValue.filter((x) => !Number.isNaN(x)),
          { maxLength: 300 },
        ),
        (values) => {
          const sorted = Float64Array.from(values);
          const order = Uint32Array.from(values.keys());
          sortDoubles(sorted, order);
          expect([...sorted]).toEqual([...Float64Array.from(values).sort()]);
          expect(Array.from(order, (i) => values[i])).toEqual([...sorted]);
          const alone = Float64Array.from([7, ...values]).subarray(1);
          sortDoubles(alone, null);
          expect(alone).toEqual(sorted);
        },
      ),
    );
  });
});
