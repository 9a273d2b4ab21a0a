import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as twins from '#dist/kernels/js/columns.js';
import { Arena, anyDouble, COUNTS, copyOf, doublesOf, LENGTHS } from './arena.ts';

const arena = new Arena();

/** Columns of n + lo rows, one more array of n and one number a column. */
const tables = fc
  .record({ n: fc.constantFrom(...LENGTHS), lo: fc.integer({ min: 0, max: 5 }), count: fc.constantFrom(...COUNTS) })
  .chain(({ n, lo, count }) =>
    fc.record({
      n: fc.constant(n),
      lo: fc.constant(lo),
      columns: fc.array(doublesOf(n + lo), { minLength: count, maxLength: count }),
      rows: doublesOf(n),
      numbers: doublesOf(count),
    }),
  );

const weighted = fc
  .constantFrom(...LENGTHS)
  .chain((n) => fc.record({ n: fc.constant(n), x: doublesOf(n), w: fc.option(doublesOf(n)), centre: anyDouble }));

function place({ columns, rows, numbers }: { columns: number[][]; rows: number[]; numbers: number[] }) {
  arena.clear();
  return {
    columns: columns.map((column) => arena.put(Float64Array, column)),
    rows: arena.put(Float64Array, rows),
    numbers: arena.put(Float64Array, numbers),
  };
}

describe('column kernels give the bits of their twins', () => {
  it('axpy_columns_f64', () => {
    fc.assert(
      fc.property(tables, ({ n, lo, ...data }) => {
        const { columns, rows, numbers } = place(data);
        const z = copyOf(rows);
        twins.axpy_columns_f64(z, columns.map(copyOf), copyOf(numbers), lo, n);
        arena.kernels.axpy_columns_f64(rows.byteOffset, arena.pointers(columns), numbers.byteOffset, columns.length, lo, n);
        expect(copyOf(rows)).toEqual(z);
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('dot_columns_f64', () => {
    fc.assert(
      fc.property(tables, ({ n, lo, ...data }) => {
        const { columns, rows, numbers } = place(data);
        const out = copyOf(numbers);
        twins.dot_columns_f64(out, columns.map(copyOf), copyOf(rows), lo, n);
        arena.kernels.dot_columns_f64(numbers.byteOffset, arena.pointers(columns), rows.byteOffset, columns.length, lo, n);
        expect(copyOf(numbers)).toEqual(out);
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('sum_f64, shifted_sum_f64 and centred_squares_f64, with weights and without', () => {
    fc.assert(
      fc.property(weighted, ({ n, x, w, centre }) => {
        arena.clear();
        const xs = arena.put(Float64Array, x);
        const ws = w && arena.put(Float64Array, w);
        const at = ws?.byteOffset ?? 0;
        const { kernels } = arena;
        expect(kernels.sum_f64(xs.byteOffset, at, n)).toBe(twins.sum_f64(xs, ws, n));
        expect(kernels.shifted_sum_f64(xs.byteOffset, at, centre, n)).toBe(twins.shifted_sum_f64(xs, ws, centre, n));
        expect(kernels.centred_squares_f64(xs.byteOffset, at, centre, n)).toBe(twins.centred_squares_f64(xs, ws, centre, n));
      }),
    );
  });

  it('fill_f64', () => {
    for (const n of LENGTHS) {
      arena.clear();
      const out = arena.put(Float64Array, new Float64Array(n));
      arena.kernels.fill_f64(out.byteOffset, -0, n);
      expect(copyOf(out)).toEqual(new Float64Array(n).fill(-0));
      expect(arena.fences).toBe(true);
    }
  });
});
