import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgeTable } from '#dist/kernels/edge-table.js';
import { codeOf } from '#dist/kernels/js/bins.js';
import * as twins from '#dist/kernels/js/boosting.js';
import { sortNumbers } from '#dist/kernels/sort.js';
import { bestNumericSplit } from '#dist/tree/boosting/find-split.js';
import { Arena, copyOf, LENGTHS, type Numbers, type NumbersClass } from './arena.ts';

const arena = new Arena();
const word = fc.integer({ min: 0, max: 0xffffffff });

/** `n` of `total` rows in some order, codes of `columns` columns and a pair a row. */
const leaves = fc
  .record({
    n: fc.constantFrom(...LENGTHS),
    columns: fc.integer({ min: 0, max: 45 }),
    some: fc.constantFrom(1, 7, 16, 1024),
    spread: fc.constantFrom(1, 4),
  })
  .chain(({ n, columns, some, spread }) => {
    const total = (n > 100 ? n : n * spread) + 3;
    return fc.record({
      n: fc.constant(n),
      columns: fc.constant(columns),
      some: fc.constant(some),
      rows: fc.oneof(...[fc.subarray, fc.shuffledSubarray].map((of) => of([...Array(total).keys()], { minLength: n, maxLength: n }))),
      codes: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: total * 48, maxLength: total * 48 }),
      pairs: fc.array(word, { minLength: total, maxLength: total }),
    });
  });

/** Pairs of words as sums of 64 bits: hessians below 2^32, gradients of either sign. */
const sums = fc.constantFrom(...LENGTHS).chain((n) =>
  fc.record({
    n: fc.constant(n),
    a: fc.array(word, { minLength: 2 * n, maxLength: 2 * n }),
    b: fc.array(word, { minLength: 2 * n, maxLength: 2 * n }),
  }),
);

function place(words: readonly number[]): Uint32Array {
  return arena.put(Uint32Array, words);
}

describe('boosting kernels give the bits of their twins', () => {
  it('histogram_u8', () => {
    fc.assert(
      fc.property(leaves, ({ n, columns, some, rows, codes, pairs }) => {
        arena.clear();
        const own = place(new Array(512 * columns).fill(7));
        const expected = copyOf(own);
        const [c, p, r] = [arena.put(Uint8Array, codes), place(pairs), arena.put(Uint16Array, rows)];
        const spare = arena.put(Uint8Array, new Uint8Array(some * 52 + 24));
        twins.histogram_u8(expected, copyOf(c), 48, columns, copyOf(p), copyOf(r), n);
        arena.kernels.histogram_u8(own.byteOffset, c.byteOffset, 48, columns, p.byteOffset, r.byteOffset, n, spare.byteOffset, some);
        // Sums whose hessians stay below 2^32: the words do not run into one another.
        expect(copyOf(own)).toEqual(expected);
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('histogram_u16', () => {
    fc.assert(
      fc.property(leaves, fc.integer({ min: 1, max: 900 }), ({ n, rows, codes, pairs }, bins) => {
        arena.clear();
        const own = place(new Array(2 * bins).fill(0));
        const expected = copyOf(own);
        const c = arena.put(
          Uint16Array,
          pairs.map((_, i) => (codes[i] * 77) % bins),
        );
        const [p, r] = [place(pairs), arena.put(Uint16Array, rows)];
        twins.histogram_u16(expected, copyOf(c), copyOf(p), copyOf(r), n);
        arena.kernels.histogram_u16(own.byteOffset, c.byteOffset, p.byteOffset, r.byteOffset, n);
        expect(copyOf(own)).toEqual(expected);
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('divide_u8 and divide_u16', () => {
    fc.assert(
      fc.property(leaves, fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 256, maxLength: 256 }), ({ n, rows, codes, pairs }, some) => {
        for (const Kind of [Uint8Array, Uint16Array] as const) {
          arena.clear();
          const sides = arena.put(Uint8Array, some);
          const c = arena.put(Kind as typeof Uint16Array, codes.slice(0, pairs.length));
          const r = arena.put(Uint16Array, rows);
          const spare = arena.put(Uint16Array, new Array(n).fill(0));
          const expected = copyOf(r);
          const left = twins.divide(copyOf(c), copyOf(sides), expected, n);
          const divide = Kind === Uint8Array ? arena.kernels.divide_u8 : arena.kernels.divide_u16;
          expect(divide(c.byteOffset, sides.byteOffset, r.byteOffset, spare.byteOffset, n)).toBe(left);
          expect(copyOf(r)).toEqual(expected);
          expect(arena.fences).toBe(true);
        }
      }),
    );
  });

  it('widen_sums, narrow_sums', () => {
    fc.assert(
      fc.property(sums, fc.constantFrom(1, -1), ({ n, a, b }, sign) => {
        arena.clear();
        const words = place(a);
        const wide = arena.put(Float64Array, b);
        const expected = copyOf(wide);
        twins.widen_sums(expected, copyOf(words), sign, n);
        arena.kernels.widen_sums(wide.byteOffset, words.byteOffset, sign, n);
        expect(copyOf(wide)).toEqual(expected);
        const back = place(new Array(2 * n).fill(0));
        const plain = copyOf(back);
        const values = arena.put(
          Float64Array,
          a.map((x, i) => (i % 2 === 0 ? x | 0 : x)),
        );
        twins.narrow_sums(plain, copyOf(values), n);
        arena.kernels.narrow_sums(back.byteOffset, values.byteOffset, n);
        expect(copyOf(back)).toEqual(plain);
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('arrange', () => {
    const kinds: NumbersClass<Numbers>[] = [Uint8Array, Uint16Array, Uint32Array, Float64Array];
    const orders = fc.constantFrom(...LENGTHS).chain((n) => fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n }));
    fc.assert(
      fc.property(orders, (order) => {
        const n = order.length;
        for (const Values of kinds) {
          arena.clear();
          const values = arena.put(
            Values,
            order.map((_, i) => 7 * i),
          );
          const rows = arena.put(Uint16Array, order);
          const spare = arena.put(Values, new Array(n).fill(0));
          const expected = copyOf(values);
          twins.arrange(expected, copyOf(rows), n);
          arena.kernels.arrange(values.byteOffset, values.BYTES_PER_ELEMENT, rows.byteOffset, spare.byteOffset, n);
          expect(copyOf(values)).toEqual(expected);
          expect(arena.fences).toBe(true);
        }
      }),
    );
  });

  it('drain_i64, subtract_i64, add_scaled_f64, add_at_f64, count_up_u16, count_up_u32', () => {
    fc.assert(
      fc.property(sums, ({ n, a, b }) => {
        arena.clear();
        const big = (words: readonly number[]) => new BigInt64Array(Uint32Array.from(words).buffer);
        const [x, y] = [big(a), big(b)];
        const [out, other] = [place(a), place(b)];
        for (const fresh of [false, true]) {
          const [sum, from] = [x.slice(), y.slice()];
          twins.drain_i64(sum, from, fresh, n);
          arena.kernels.drain_i64(out.byteOffset, other.byteOffset, fresh ? 1 : 0, n);
          expect(big([...out])).toEqual(sum);
          expect(big([...other])).toEqual(from);
          out.set(a);
          other.set(b);
        }
        arena.kernels.subtract_i64(out.byteOffset, other.byteOffset, n);
        expect(big([...out])).toEqual(x.map((v, i) => v - y[i]));
        const doubles = arena.put(Float64Array, a);
        const more = arena.put(Float64Array, b);
        arena.kernels.add_scaled_f64(doubles.byteOffset, more.byteOffset, -1, 2 * n);
        expect([...doubles]).toEqual(a.map((v, i) => v - b[i]));
        const rows = arena.put(
          Uint16Array,
          Array.from({ length: n }, (_, i) => 2 * i),
        );
        arena.kernels.add_at_f64(more.byteOffset, rows.byteOffset, 0.5, n);
        expect([...more]).toEqual(b.map((v, i) => (i % 2 === 0 ? v + 0.5 : v)));
        arena.kernels.count_up_u16(rows.byteOffset, n);
        expect([...rows]).toEqual(Array.from({ length: n }, (_, i) => i));
        const numbers = place(new Array(n).fill(0));
        arena.kernels.count_up_u32(numbers.byteOffset, 7, n);
        expect([...numbers]).toEqual(Array.from({ length: n }, (_, i) => 7 + i));
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('scan_numeric', () => {
    const bin = fc.oneof(fc.constant([0, 0]), fc.tuple(fc.integer({ min: -3000, max: 3000 }), fc.integer({ min: 0, max: 4000 })));
    const rules = fc.record({
      minSamplesLeaf: fc.constantFrom(0, 1, 7),
      minChildWeight: fc.constantFrom(0, 1e-3, 2),
      minSplitGain: fc.constantFrom(0, 0.5),
      l2: fc.constantFrom(0, 1),
    });
    const nodes = fc.record({
      sums: fc.array(bin, { minLength: 2, maxLength: 260 }),
      missing: fc.boolean(),
      rules,
      rows: fc.integer({ min: 2, max: 500 }),
      atLeast: fc.constantFrom(Number.NEGATIVE_INFINITY, 0.3),
    });
    fc.assert(
      fc.property(nodes, ({ sums, missing, rules, rows, atLeast }) => {
        arena.clear();
        const bins = sums.length - 1;
        const own = sums.map((sum, c) => (c === bins && !missing ? [0, 0] : sum));
        const [gUnit, hUnit] = [2 ** -10, 2 ** -12];
        const g = Float64Array.from(own, ([x]) => x * gUnit);
        const h = Float64Array.from(own, ([, x]) => x * hUnit);
        const node = {
          g: g.reduce((a, b) => a + b),
          h: h.reduce((a, b) => a + b),
          count: rows,
          low: Number.NEGATIVE_INFINITY,
          high: Number.POSITIVE_INFINITY,
        };
        const all = { ...rules, l1: 0, categorySmoothing: 0, categoryL2: 0, maxCategoryThreshold: 1 };
        const expected = bestNumericSplit({ g, h }, bins, node, { ...all, minSplitGain: Math.max(rules.minSplitGain, atLeast) });
        const words = place(own.flatMap(([x, y]) => [y, x]));
        const share = node.h > 0 ? rows / node.h : 0;
        const ask = arena.put(Float64Array, [
          gUnit,
          hUnit,
          node.g,
          node.h,
          rows,
          share,
          Math.max(rules.minSamplesLeaf, 1),
          rules.minChildWeight,
          rules.l2,
        ]);
        const out = arena.put(Float64Array, new Array(5).fill(0));
        const found = arena.kernels.scan_numeric(words.byteOffset, bins, ask.byteOffset, Math.max(rules.minSplitGain, atLeast), out.byteOffset);
        expect(found).toBe(expected ? 1 : 0);
        if (expected) {
          const hasMissing = own[bins][1] > 0;
          expect([...out]).toEqual([expected.gain, expected.bin, hasMissing && expected.missingLeft ? 1 : 0, expected.left.g, expected.left.h]);
        }
        expect(arena.fences).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('code_f64 and spread_u8', () => {
    const value = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double());
    const columns = fc.constantFrom(...LENGTHS).chain((n) =>
      fc.record({
        values: fc.array(value, { minLength: n, maxLength: n }),
        edges: fc.uniqueArray(fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ noNaN: true })), { maxLength: 40 }),
      }),
    );
    fc.assert(
      fc.property(columns, fc.constantFrom(1, 2), fc.integer({ min: 1, max: 9 }), ({ values, edges }, width, stride) => {
        arena.clear();
        const bins = { kind: 'numeric' as const, edges: Float64Array.from(new Set(edges.map((x) => x + 0))).sort() };
        const n = values.length;
        const [x, e] = [arena.put(Float64Array, values), arena.put(Float64Array, bins.edges)];
        const codes = width === 1 ? arena.put(Uint8Array, new Array(n).fill(0)) : arena.put(Uint16Array, new Array(n).fill(0));
        arena.kernels.code_f64(codes.byteOffset, x.byteOffset, e.byteOffset, bins.edges.length, width, n);
        expect([...codes]).toEqual(values.map((v) => codeOf(bins, v)));
        if (width === 1) {
          const rows = arena.put(Uint8Array, new Array(n * stride).fill(9));
          const expected = copyOf(rows);
          twins.spread_u8(expected, stride, copyOf(codes) as Uint8Array, n);
          arena.kernels.spread_u8(rows.byteOffset, stride, codes.byteOffset, n);
          expect(copyOf(rows)).toEqual(expected);
        }
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('code_cells_f64, by the table of edges of which no three are close', () => {
    const spread = fc.record({
      edges: fc.uniqueArray(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -40, max: 40 }) }, fc.double({ min: -40, max: 40, noNaN: true })), {
        minLength: 4,
        maxLength: 60,
      }),
      unit: fc.constantFrom(1, 0.1, 1e-300, 1e300, 1 / 3),
      others: fc.array(fc.double(), { maxLength: 9 }),
    });
    let tables = 0;
    fc.assert(
      fc.property(spread, fc.constantFrom(1, 2), ({ edges: whole, unit, others }, width) => {
        const edges = Float64Array.from(new Set(whole.map((x) => (x + 0) * unit))).sort();
        const table = edgeTable(edges);
        if (!table) return;
        tables++;
        arena.clear();
        const values = [...others, Number.NaN, ...[...edges].flatMap((x) => [x, x * (1 + Number.EPSILON), x * (1 - Number.EPSILON)])];
        const x = arena.put(Float64Array, values);
        const e = arena.put(Float64Array, [...edges, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
        const starts = arena.put(Uint16Array, table.starts);
        const codes =
          width === 1 ? arena.put(Uint8Array, new Array(values.length).fill(0)) : arena.put(Uint16Array, new Array(values.length).fill(0));
        const [to, from, at, cells] = [codes.byteOffset, x.byteOffset, e.byteOffset, starts.byteOffset];
        arena.kernels.code_cells_f64(to, from, at, edges.length, cells, table.from, table.scale, table.last, width, values.length);
        expect([...codes]).toEqual(values.map((v) => codeOf({ kind: 'numeric', edges }, v)));
        expect(arena.fences).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(tables).toBeGreaterThan(50);
    expect(edgeTable(Float64Array.of(0, 1e-9, 2e-9, 1, 2))).toBeNull();
  });

  it('sort_f64', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -9, max: 9 }), fc.constant(-0)), { maxLength: 3000, size: 'max' }),
        (values) => {
          const sorted = Float64Array.from(values);
          sortNumbers(sorted);
          expect(sorted).toEqual(Float64Array.from(values).sort());
        },
      ),
    );
  });

  it('logistic_pairs', () => {
    const score = fc.oneof(fc.double({ min: -20, max: 20, noNaN: true }), fc.double({ min: -1e4, max: 1e4, noNaN: true }));
    const rows = fc.constantFrom(...LENGTHS).chain((n) =>
      fc.record({
        n: fc.constant(n),
        scores: fc.array(score, { minLength: n, maxLength: n }),
        labels: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: n, maxLength: n }),
        weights: fc.option(fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: n, maxLength: n })),
      }),
    );
    fc.assert(
      fc.property(rows, fc.integer(), fc.integer({ min: 0, max: 2 ** 31 }), ({ n, scores, labels, weights }, seed, first) => {
        arena.clear();
        const [z, y] = [arena.put(Float64Array, scores), arena.put(Float64Array, labels)];
        const w = weights && arena.put(Float64Array, weights);
        const pairs = place(new Array(n).fill(0));
        const expected = copyOf(pairs);
        const numbers = place(Array.from({ length: n }, (_, i) => (i % 2 === 0 ? first + i : first - i)));
        const loss = twins.logistic_pairs(expected, copyOf(z), copyOf(y), w && copyOf(w), 16383, 32767, seed, copyOf(numbers), n);
        const args = [z.byteOffset, y.byteOffset, w ? w.byteOffset : 0, 16383, 32767, seed, numbers.byteOffset, n] as const;
        expect(arena.kernels.logistic_pairs(pairs.byteOffset, ...args)).toBe(loss);
        expect(copyOf(pairs)).toEqual(expected);
        expect(arena.kernels.logistic_pairs(0, ...args)).toBe(loss);
        const exact = scores.reduce(
          (sum, s, i) => sum + (weights ? weights[i] : 1) * (Math.max(s, 0) - labels[i] * s + Math.log1p(Math.exp(-Math.abs(s)))),
          0,
        );
        expect(Math.abs(loss - exact)).toBeLessThan(1e-5 * (1 + Math.abs(exact)));
        expect(arena.fences).toBe(true);
      }),
    );
  });
});
