import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as twins from '#dist/kernels/js/bundles.js';
import { Arena, doublesOf, LENGTHS, plainDouble } from './arena.ts';

const arena = new Arena();
const k = arena.kernels;
const SLOTS = 3;

/** Rows with labels, in slots; bundles of features with their codes. */
const cases = fc
  .record({
    n: fc.constantFrom(...LENGTHS),
    bins: fc.array(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 9 }),
  })
  .chain(({ n, bins }) =>
    fc.record({
      n: fc.constant(n),
      bins: fc.constant(bins),
      labels: doublesOf(n, plainDouble),
      rows: fc.array(fc.nat(Math.max(0, n - 1)), { maxLength: 2 * n }),
      columns: fc.tuple(
        ...bins.map((bundle) => fc.tuple(...bundle.map((count) => fc.array(fc.integer({ min: 0, max: count - 1 }), { minLength: n, maxLength: n })))),
      ),
    }),
  );

describe('bundle kernels give the bits of their twins', () => {
  it('add_codes_u16, add_bundles and add_margin', () => {
    fc.assert(
      fc.property(cases, ({ n, bins, labels, rows, columns }) => {
        arena.clear();
        const expectedCodes = bins.map((bundle, b) => twins.cellCodes(columns[b] as number[][], bundle, n));
        const codes = bins.map((bundle, b) => {
          const own = arena.put(Uint16Array, new Array(n).fill(0));
          let stride = 16;
          bundle.forEach((count, f) => {
            k.add_codes_u16(own.byteOffset, arena.put(Uint8Array, columns[b]?.[f] as number[]).byteOffset, stride, n);
            stride *= count;
          });
          return own;
        });
        expect(codes.map((own) => [...own])).toEqual(expectedCodes.map((own) => [...own]));

        const totals = bins.map((bundle) => bundle.reduce((product, count) => product * count, 1));
        const starts = totals.map((_, b) => totals.slice(0, b).reduce((sum, total) => sum + total, 0));
        const length = 2 * ((starts.at(-1) as number) + (totals.at(-1) as number));
        const cells = arena.put(Float64Array, new Array(SLOTS * length).fill(0));
        const expected = Array.from({ length: SLOTS }, () => totals.map((total) => new Float64Array(2 * total)));
        const slots = rows.map((_, i) => (i * i) % SLOTS);
        twins.addCells(expected, n === 0 ? [] : rows, slots, expectedCodes, labels);
        const bundles = arena.put(
          Uint32Array,
          codes.flatMap((own, b) => [own.byteOffset, 16 * (starts[b] as number)]),
        );
        const rowColumn = arena.put(Uint32Array, rows);
        const slotColumn = arena.put(
          Uint32Array,
          slots.map((slot) => cells.byteOffset + 8 * slot * length),
        );
        const ys = arena.put(Float64Array, labels);
        k.add_bundles(rowColumn.byteOffset, slotColumn.byteOffset, ys.byteOffset, n === 0 ? 0 : rows.length, bundles.byteOffset, bins.length);
        const own = (slot: number, b: number) => cells.subarray(slot * length + 2 * (starts[b] as number)).subarray(0, 2 * (totals[b] as number));
        k.add_bundles_run(0, cells.byteOffset, ys.byteOffset, n, bundles.byteOffset, bins.length);
        const all = Array.from({ length: n }, (_, i) => i);
        twins.addCells(
          expected,
          all,
          all.map(() => 0),
          expectedCodes,
          labels,
        );
        expect(expected.map((slot, s) => slot.map((_, b) => [...own(s, b)]))).toEqual(expected.map((slot) => slot.map((one) => [...one])));

        bins.forEach((bundle, b) => {
          let stride = 1;
          for (const count of bundle) {
            const sums = arena.put(Float64Array, new Array(4 * count).fill(0));
            k.add_margin(sums.byteOffset, own(1, b).byteOffset, count, stride, totals[b] as number);
            expect([...sums]).toEqual([...twins.margin(expected[1]?.[b] as Float64Array, count, stride)]);
            stride *= count;
          }
        });
        expect(arena.fences).toBe(true);
      }),
    );
  });
});
