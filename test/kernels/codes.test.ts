import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as twins from '#dist/kernels/js/codes.js';
import { Arena, COUNTS, copyOf, doublesOf, LENGTHS } from './arena.ts';

const arena = new Arena();
const lengths = fc.constantFrom(...LENGTHS);
const los = fc.integer({ min: 0, max: 5 });

function codesOf(n: number, most: number): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 0, max: most }), { minLength: n, maxLength: n });
}

/** Columns of u8 codes, doubles by row, and a seed to fill tables with. */
const bytes = fc.record({ n: lengths, lo: los, count: fc.constantFrom(...COUNTS), few: fc.boolean() }).chain(({ n, lo, count, few }) =>
  fc.record({
    n: fc.constant(n),
    lo: fc.constant(lo),
    columns: fc.array(codesOf(n + lo, few ? 2 : 255), { minLength: count, maxLength: count }),
    rows: doublesOf(n),
    seed: doublesOf(7),
  }),
);

/** `length` doubles that repeat the seed with a stride of their own. */
function spread(seed: readonly number[], length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => (seed[i % seed.length] as number) + (i % 11));
}

describe('code kernels give the bits of their twins', () => {
  it('lookup_columns_u8', () => {
    fc.assert(
      fc.property(bytes, ({ n, lo, columns, rows, seed }) => {
        arena.clear();
        const codes = columns.map((column) => arena.put(Uint8Array, column));
        const z = arena.put(Float64Array, rows);
        const tables = arena.put(Float64Array, spread(seed, 256 * codes.length));
        const expected = copyOf(z);
        codes.forEach((column, j) => {
          twins.lookup(expected, column, tables.slice(256 * j, 256 * (j + 1)), 255, lo, n);
        });
        arena.kernels.lookup_columns_u8(z.byteOffset, arena.pointers(codes), tables.byteOffset, codes.length, lo, n);
        expect(copyOf(z)).toEqual(expected);
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('scatter_columns_u8, even and odd rows apart', () => {
    fc.assert(
      fc.property(bytes, ({ n, lo, columns, rows, seed }) => {
        arena.clear();
        const codes = columns.map((column) => arena.put(Uint8Array, column));
        const multiplier = arena.put(Float64Array, rows);
        const tables = arena.put(Float64Array, spread(seed, 512 * codes.length));
        const expected = copyOf(tables);
        codes.forEach((column, j) => {
          const [even, odd] = [expected.subarray(512 * j, 512 * j + 256), expected.subarray(512 * j + 256, 512 * (j + 1))];
          twins.scatter(even, column, multiplier, 255, lo, n, odd);
        });
        arena.kernels.scatter_columns_u8(tables.byteOffset, arena.pointers(codes), multiplier.byteOffset, codes.length, lo, n);
        expect(copyOf(tables)).toEqual(expected);
        expect(arena.fences).toBe(true);
      }),
    );
  });

  for (const { bits, Kind, most } of [
    { bits: 16, Kind: Uint16Array, most: 65535 },
    { bits: 32, Kind: Uint32Array, most: 4294967295 },
  ] as const) {
    const wide = fc.record({ n: lengths, size: fc.integer({ min: 0, max: 300 }) }).chain(({ n, size }) =>
      fc.record({
        n: fc.constant(n),
        size: fc.constant(size),
        codes: fc.array(fc.oneof(fc.integer({ min: 0, max: size + 1 }), fc.constant(most)), { minLength: n, maxLength: n }),
        rows: doublesOf(n),
        seed: doublesOf(7),
      }),
    );

    it(`lookup_u${bits} and scatter_u${bits}, all codes from size on in the last entry`, () => {
      fc.assert(
        fc.property(wide, ({ n, size, codes, rows, seed }) => {
          arena.clear();
          const column = arena.put<Uint16Array | Uint32Array>(Kind, codes);
          const doubles = arena.put(Float64Array, rows);
          const table = arena.put(Float64Array, spread(seed, size + 1));
          const { kernels } = arena;

          const z = copyOf(doubles);
          twins.lookup(z, column, copyOf(table), size, 0, n);
          (bits === 16 ? kernels.lookup_u16 : kernels.lookup_u32)(doubles.byteOffset, column.byteOffset, table.byteOffset, size, n);
          expect(copyOf(doubles)).toEqual(z);

          const sums = copyOf(table);
          twins.scatter(sums, column, copyOf(doubles), size, 0, n);
          (bits === 16 ? kernels.scatter_u16 : kernels.scatter_u32)(table.byteOffset, column.byteOffset, doubles.byteOffset, size, n);
          expect(copyOf(table)).toEqual(sums);
          expect(arena.fences).toBe(true);
        }),
      );
    });
  }

  it('csr_axpy and csr_scatter', () => {
    const sparse = fc.record({
      lo: los,
      rows: fc.array(fc.array(fc.tuple(fc.integer({ min: 0, max: 19 }), fc.double()), { maxLength: 6 }), { maxLength: 40 }),
    });
    fc.assert(
      fc.property(sparse, doublesOf(20), doublesOf(45), ({ lo, rows }, features, doubles) => {
        const from = Math.min(lo, rows.length);
        const n = rows.length - from;
        arena.clear();
        const starts = arena.put(Uint32Array, [0, ...rows.map((_, i) => rows.slice(0, i + 1).flat().length)]);
        const indices = arena.put(
          Uint32Array,
          rows.flat().map(([index]) => index),
        );
        const values = arena.put(
          Float64Array,
          rows.flat().map(([, value]) => value),
        );
        const weights = arena.put(Float64Array, features);
        const z = arena.put(Float64Array, doubles.slice(0, n));
        const data = { starts, indices, values };

        const margins = copyOf(z);
        twins.csr_axpy(margins, data, copyOf(weights), from, n);
        const { kernels } = arena;
        kernels.csr_axpy(z.byteOffset, starts.byteOffset, indices.byteOffset, values.byteOffset, weights.byteOffset, from, n);
        expect(copyOf(z)).toEqual(margins);

        const sums = copyOf(weights);
        twins.csr_scatter(sums, data, copyOf(z), from, n);
        kernels.csr_scatter(weights.byteOffset, starts.byteOffset, indices.byteOffset, values.byteOffset, z.byteOffset, from, n);
        expect(copyOf(weights)).toEqual(sums);
        expect(arena.fences).toBe(true);
      }),
    );
  });
});

describe('widen_codes', () => {
  it('gives codes of every width as doubles, the largest too', () => {
    for (const { Kind, most } of [
      { Kind: Uint8Array, most: 255 },
      { Kind: Uint16Array, most: 65535 },
      { Kind: Uint32Array, most: 4294967295 },
    ] as const) {
      for (const n of LENGTHS) {
        arena.clear();
        const codes = Array.from({ length: n }, (_, i) => (i % 3 === 0 ? most - i : i % 256));
        const column = arena.put<Uint8Array | Uint16Array | Uint32Array>(Kind, codes);
        const out = arena.put(Float64Array, new Float64Array(n));
        arena.kernels.widen_codes(out.byteOffset, column.byteOffset, Kind.BYTES_PER_ELEMENT, n);
        expect(copyOf(out)).toEqual(Float64Array.from(column));
        expect(arena.fences).toBe(true);
      }
    }
  });
});

describe('pack_codes', () => {
  it('adds factor · min(code, top) to each byte', () => {
    const packs = lengths.chain((n) =>
      fc.record({
        codes: codesOf(n, 255),
        before: codesOf(n, 255),
        factor: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 128 })),
        top: fc.oneof(fc.integer({ min: 0, max: 17 }), fc.integer({ min: 0, max: 255 })),
      }),
    );
    fc.assert(
      fc.property(packs, ({ codes, before, factor, top }) => {
        arena.clear();
        const column = arena.put(Uint8Array, codes);
        const bundle = arena.put(Uint8Array, before);
        arena.kernels.pack_codes(bundle.byteOffset, column.byteOffset, factor, top, codes.length);
        expect(copyOf(bundle)).toEqual(Uint8Array.from(before, (b, i) => b + factor * Math.min(codes[i] as number, top)));
        expect(arena.fences).toBe(true);
      }),
    );
  });
});
