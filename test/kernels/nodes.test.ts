import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as twins from '#dist/kernels/js/nodes.js';
import { Arena, copyOf, LENGTHS } from './arena.ts';

const arena = new Arena();
const k = arena.kernels;
const list = (n: number, most: number) => fc.array(fc.integer({ min: 0, max: most }), { minLength: n, maxLength: n });
const FIRST = 5;
const SPAN = 4;
const BINS = 6;

/** Rows with a node, a count, a label, a weight and codes of some features, wide ones among them; slots for some of the nodes. */
const cases = fc
  .record({ n: fc.constantFrom(...LENGTHS), lo: fc.integer({ min: 0, max: 3 }), d: fc.integer({ min: 1, max: 9 }) })
  .chain(({ n, lo, d }) =>
    fc.record({
      n: fc.constant(n),
      lo: fc.constant(lo),
      nodes: list(n + lo, FIRST + SPAN + 1),
      wideNodes: fc.boolean(),
      counts: fc.option(list(n + lo, 3), { nil: null }),
      labels: list(n + lo, 2),
      weights: fc.option(list(n + lo, 4), { nil: null }),
      columns: fc.array(list(n + lo, BINS - 1), { minLength: d, maxLength: d }),
      wide: fc.array(fc.boolean(), { minLength: d, maxLength: d }),
      open: fc.array(fc.boolean(), { minLength: SPAN, maxLength: SPAN }),
      shuffled: fc.boolean(),
    }),
  );
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

/** The case laid out in the arena as the kernels want it. */
function laidOut({ nodes, wideNodes, counts, labels, weights, columns, wide, open, shuffled, n, lo }: Case, numClasses: number) {
  arena.clear();
  const binLength = numClasses === 0 ? 4 : numClasses + 1;
  const codes = columns.map((column, j) => (wide[j] ? arena.put(Uint16Array, column) : arena.put(Uint8Array, column)));
  const nodeColumn = wideNodes ? arena.put(Uint32Array, nodes) : arena.put(Uint16Array, nodes);
  const countColumn = counts && arena.put(Uint8Array, counts);
  const labelColumn = arena.put(Float64Array, labels);
  const weightColumn =
    weights &&
    arena.put(
      Float64Array,
      weights.map((w) => w / 3),
    );
  let slot = 0;
  const table = open.map((one) => (one ? slot++ : -1));
  const header = Math.ceil(codes.length / 4) * 2;
  const featureLength = binLength * BINS;
  const slotLength = header + codes.length * featureLength;
  const sums = arena.put(Float64Array, new Array(slot * slotLength).fill(0));
  const slotAt = (s: number) => sums.byteOffset + 8 * s * slotLength;
  const features = Array.from({ length: slot }, (_, s) =>
    codes.map((_, f) => codes[(f + (shuffled ? s : 0)) % codes.length] as Uint8Array | Uint16Array),
  );
  features.forEach((own, s) => {
    const addresses = new Uint32Array(arena.memory.buffer, slotAt(s), own.length);
    addresses.set(own.map((column) => column.byteOffset + (column instanceof Uint16Array ? 1 : 0)));
  });
  const slots = arena.put(
    Uint32Array,
    [...table, -1].map((s) => (s < 0 ? 0 : slotAt(s))),
  );
  const out = { rows: arena.put(Uint32Array, new Array(n).fill(0)), slots: arena.put(Uint32Array, new Array(n).fill(0)) };
  const values = arena.put(Float64Array, new Array(4 * n).fill(0));
  const classes = arena.put(Uint32Array, new Array(n).fill(0));
  const at = (array: { byteOffset: number } | null) => array?.byteOffset ?? 0;
  const kept = k.gather_nodes(at(out.rows), at(out.slots), at(nodeColumn), wideNodes ? 4 : 2, at(countColumn), at(slots), FIRST, SPAN, lo, n);
  const expected = twins.gather(nodes, counts, table, FIRST, lo, n);
  const plain: number[][][][] = features.map((own) => own.map(() => Array.from({ length: BINS }, () => new Array(binLength).fill(0))));
  twins.addRows(plain, expected.rows, expected.slots, features, (i) => twins.added(labels[i], weightColumn?.[i] ?? 1, counts?.[i] ?? 1, numClasses));
  const read = () =>
    features.map((own, s) =>
      own.map((_, f) =>
        Array.from({ length: BINS }, (_, b) => [
          ...sums.subarray(s * slotLength + header + f * featureLength + b * binLength).subarray(0, binLength),
        ]),
      ),
    );
  return {
    kept,
    expected,
    out,
    slotAt,
    values,
    classes,
    codes,
    labelColumn,
    weightColumn,
    countColumn,
    plain,
    read,
    featureBytes: 8 * featureLength,
    at,
  };
}

describe('node kernels give the bits of their twins', () => {
  it('gather_nodes', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { kept, expected, out, slotAt } = laidOut(one, 0);
        expect(kept).toBe(expected.rows.length);
        expect([...out.rows.subarray(0, kept)]).toEqual(expected.rows);
        expect([...out.slots.subarray(0, kept)]).toEqual(expected.slots.map(slotAt));
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('add_moments, and add_moments_u8 where it applies', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { kept, out, values, codes, labelColumn, weightColumn, countColumn, plain, read, featureBytes, at } = laidOut(one, 0);
        const squares = one.n % 2;
        k.node_moments(at(values), at(out.rows), at(labelColumn), at(weightColumn), at(countColumn), squares, kept);
        if (squares === 0) for (const bin of plain.flat(2)) bin[2] = 0;
        if (one.wide.some((wide) => wide) || one.shuffled) {
          k.add_moments(at(out.rows), at(out.slots), at(values), kept, codes.length, featureBytes);
        } else {
          const columns = arena.pointers(codes);
          k.add_moments_u8(at(out.rows), at(out.slots), at(values), kept, columns, codes.length, featureBytes);
        }
        expect(read()).toEqual(plain);
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('add_classes', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { kept, out, values, classes, codes, labelColumn, weightColumn, countColumn, plain, read, featureBytes, at } = laidOut(one, 3);
        k.node_classes(at(values), at(classes), at(out.rows), at(labelColumn), at(weightColumn), at(countColumn), kept);
        k.add_classes(at(out.rows), at(out.slots), at(values), at(classes), kept, codes.length, featureBytes, 3);
        expect(read()).toEqual(plain);
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('add_node_values', () => {
    fc.assert(
      fc.property(cases, ({ n, nodes, wideNodes, labels }) => {
        arena.clear();
        const column = wideNodes ? arena.put(Uint32Array, nodes) : arena.put(Uint16Array, nodes);
        const predictions = arena.put(Float64Array, labels);
        const values = arena.put(
          Float64Array,
          Array.from({ length: FIRST + SPAN + 2 }, (_, node) => node / 3),
        );
        const expected = labels.map((y, i) => (i < n ? y + (values[nodes[i]] as number) : y));
        k.add_node_values(predictions.byteOffset, values.byteOffset, column.byteOffset, wideNodes ? 4 : 2, n);
        expect([...predictions]).toEqual(expected);
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('advance_nodes and add_squares', () => {
    const splits = fc.array(
      fc.option(fc.record({ feature: fc.nat(8), bin: fc.integer({ min: -1, max: BINS - 1 }), bits: fc.integer({ min: 0, max: 63 }) })),
      {
        minLength: SPAN,
        maxLength: SPAN,
      },
    );
    fc.assert(
      fc.property(cases, splits, ({ n, lo, nodes, wideNodes, columns, wide, counts, labels }, chosen) => {
        arena.clear();
        const codes = columns.map((column, j) => (wide[j] ? arena.put(Uint16Array, column) : arena.put(Uint8Array, column)));
        const column = wideNodes ? arena.put(Uint32Array, nodes) : arena.put(Uint16Array, nodes);
        const entries = chosen.flatMap((split, s) => {
          if (!split) return [0, 0, 0, 0];
          const own = codes[split.feature % codes.length] as Uint8Array | Uint16Array;
          const flags = (own instanceof Uint16Array ? 1 : 0) + (split.bin < 0 ? 2 : 0);
          return [own.byteOffset + flags, 100 + 2 * s, 101 + 2 * s, split.bin < 0 ? arena.put(Uint32Array, [split.bits]).byteOffset : split.bin];
        });
        const table = arena.put(Uint32Array, entries);
        const expected = copyOf(column);
        const moves = chosen.map(
          (split, s) =>
            split && {
              codes: codes[split.feature % codes.length] as Uint8Array | Uint16Array,
              left: (code: number) => (split.bin < 0 ? ((split.bits >> code) & 1) === 1 : code <= split.bin),
              to: [100 + 2 * s, 101 + 2 * s] as const,
            },
        );
        twins.advance(expected, moves, FIRST, lo, n);
        const width = wideNodes ? 4 : 2;
        const labelColumn = arena.put(Float64Array, labels);
        const countColumn = counts && arena.put(Uint8Array, counts);
        const sums = arena.put(Float64Array, new Array(8 * SPAN + 4).fill(0));
        const squares = new Float64Array(8 * SPAN);
        twins.squares(squares, labels, expected, counts, 100, lo, n);
        const [ys, cs] = [labelColumn.byteOffset, countColumn?.byteOffset ?? 0];
        k.advance_nodes(column.byteOffset, width, table.byteOffset, FIRST, SPAN, lo, n);
        k.add_squares(sums.byteOffset, ys, column.byteOffset, width, cs, 100, 2 * SPAN, lo, n);
        expect(copyOf(column)).toEqual(expected);
        expect(sums.slice(0, 8 * SPAN)).toEqual(squares);
        expect(arena.fences).toBe(true);
      }),
    );
  });
});
