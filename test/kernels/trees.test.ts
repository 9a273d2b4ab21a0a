import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as twins from '#dist/kernels/js/trees.js';
import { Arena, anyDouble, copyOf, doublesOf, LENGTHS } from './arena.ts';

const arena = new Arena();
const lengths = fc.constantFrom(...LENGTHS);
const value = fc.oneof(
  anyDouble,
  fc.integer({ min: -2, max: 260 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 254, 255, 0.5, -0),
);

describe('tree kernels give the bits of their twins', () => {
  it('code_numbers_u8', () => {
    const edges = fc.uniqueArray(
      fc.oneof(
        anyDouble.filter((x) => !Number.isNaN(x)),
        fc.integer({ min: -5, max: 260 }),
      ),
      { maxLength: 255 },
    );
    fc.assert(
      fc.property(
        lengths.chain((n) => doublesOf(n, value)),
        edges,
        fc.constantFrom(0, 255),
        (values, list, missing) => {
          arena.clear();
          const sorted = Float64Array.from(list).sort();
          const { starts, lowest, scale, top } = twins.codeBuckets(sorted);
          const padded = new Float64Array(sorted.length + 2 * top - 1).fill(Number.POSITIVE_INFINITY);
          padded.set(sorted);
          const at = arena.put(Float64Array, padded);
          const from = arena.put(Uint8Array, starts);
          const x = arena.put(Float64Array, values);
          const out = arena.put(Uint8Array, new Uint8Array(values.length));
          arena.kernels.code_numbers_u8(out.byteOffset, x.byteOffset, at.byteOffset, from.byteOffset, lowest, scale, top, missing, values.length);
          expect([...out]).toEqual(values.map((v) => twins.codeNumber(v, sorted, sorted.length, missing)));
          expect(arena.fences).toBe(true);
        },
      ),
    );
  });

  it('code_categories_u8', () => {
    fc.assert(
      fc.property(
        lengths.chain((n) => doublesOf(n, value)),
        (values) => {
          arena.clear();
          const x = arena.put(Float64Array, values);
          const out = arena.put(Uint8Array, new Uint8Array(values.length));
          arena.kernels.code_categories_u8(out.byteOffset, x.byteOffset, values.length);
          expect(copyOf(out)).toEqual(Uint8Array.from(values, twins.codeCategory));
          expect(arena.fences).toBe(true);
        },
      ),
    );
  });

  const TABLES = 3;
  const COLUMNS = 4;
  const ROOM = 576;
  /** A tree of `splits` splits, its shape by which leaf is split next; each split a column and a test. */
  const tree = fc.array(
    fc.record({
      next: fc.nat(),
      column: fc.nat({ max: COLUMNS - 1 }),
      test: fc.oneof(
        fc.nat({ max: 255 }),
        fc.nat({ max: TABLES - 1 }).map((k) => 256 + 32 * k),
      ),
    }),
    { maxLength: 40 },
  );
  interface Shape {
    split: { column: number; test: number } | null;
    children: Shape[];
  }
  const shapeOf = (list: readonly { next: number; column: number; test: number }[]): Shape => {
    const root: Shape = { split: null, children: [] };
    const leaves = [root];
    for (const { next, column, test } of list) {
      const [leaf] = leaves.splice(next % leaves.length, 1);
      leaf.split = { column, test };
      leaf.children = [
        { split: null, children: [] },
        { split: null, children: [] },
      ];
      leaves.push(...leaf.children);
    }
    return root;
  };
  /** Nodes in preorder, splits and leaves numbered apart. */
  const numbered = (root: Shape) => {
    const order: Shape[] = [];
    const visit = (shape: Shape) => {
      order.push(shape);
      shape.children.forEach(visit);
    };
    visit(root);
    const splits = order.filter(({ split }) => split);
    return { splits, number: new Map([...splits.entries(), ...order.filter(({ split }) => !split).entries()].map(([k, shape]) => [shape, k])) };
  };
  const bytes = fc.record({
    n: lengths,
    list: tree,
    codes: fc.uint8Array({ minLength: COLUMNS * ROOM, maxLength: COLUMNS * ROOM }),
    tables: fc.uint8Array({ minLength: 32 * TABLES, maxLength: 32 * TABLES }),
  });

  it('tree_leaves_u8 and walk_leaves_u32, which find the same leaves', () => {
    fc.assert(
      fc.property(bytes, ({ n, list, codes, tables }) => {
        arena.clear();
        const { splits, number } = numbered(shapeOf(list));
        const count = splits.length;
        const node = (shape: Shape, child: (of: Shape) => number) => [
          ROOM * (shape.split?.column ?? 0),
          child(shape.children[0]),
          child(shape.children[1]),
          shape.split?.test ?? 0,
        ];
        const slot = (of: Shape) => 64 * ((number.get(of) as number) + (of.split ? 256 : 0));
        const next = (of: Shape) => (of.split ? 16 * (number.get(of) as number) : 0x80000000 + (number.get(of) as number));
        const tried = Uint32Array.from([...splits].reverse().flatMap((shape) => node(shape, slot)));
        const walked = Uint32Array.from(splits.flatMap((shape) => node(shape, next)));
        const constants = Uint8Array.from({ length: 64 * (256 + count) }, (_, p) => p >> 6);

        const codesAt = arena.put(Uint8Array, codes);
        const tablesAt = arena.put(Uint8Array, tables);
        const slots = arena.put(Uint8Array, constants);
        const leaves = arena.put(Uint8Array, new Uint8Array(ROOM));
        const nodes = arena.put(Uint32Array, tried);
        arena.kernels.tree_leaves_u8(leaves.byteOffset, nodes.byteOffset, count, codesAt.byteOffset, slots.byteOffset, tablesAt.byteOffset, n);
        const expected = new Uint8Array(n);
        twins.treeLeaves(expected, tried, count, codes, tables, n);
        expect(leaves.slice(0, n)).toEqual(expected);
        if (count > 0) {
          const wide = arena.put(Uint32Array, new Uint32Array(n));
          const from = arena.put(Uint32Array, walked);
          arena.kernels.walk_leaves_u32(wide.byteOffset, from.byteOffset, codesAt.byteOffset, tablesAt.byteOffset, n);
          const plain = new Uint32Array(n);
          twins.walkLeaves(plain, walked, codes, tables, n);
          expect(copyOf(wide)).toEqual(plain);
          expect([...wide]).toEqual([...expected]);
        }
        expect(arena.fences).toBe(true);
      }),
    );
  });

  it('add_leaves_u8 and add_leaves_u32', () => {
    fc.assert(
      fc.property(
        lengths.chain((n) =>
          fc.record({
            n: fc.constant(n),
            leaves: fc.array(fc.nat({ max: 255 }), { minLength: n, maxLength: n }),
            stride: fc.integer({ min: 1, max: 3 }),
            values: doublesOf(256),
            sums: doublesOf(3 * n),
          }),
        ),
        ({ n, leaves, stride, values, sums }) => {
          for (const [Kind, name] of [
            [Uint8Array, 'add_leaves_u8'],
            [Uint32Array, 'add_leaves_u32'],
          ] as const) {
            arena.clear();
            const at = arena.put(Float64Array, sums.slice(0, stride * n));
            const expected = copyOf(at);
            twins.addLeaves(expected, stride, leaves, Float64Array.from(values), n);
            const [from, table] = [arena.put<Uint8Array | Uint32Array>(Kind, leaves), arena.put(Float64Array, values)];
            arena.kernels[name](at.byteOffset, stride, from.byteOffset, table.byteOffset, n);
            expect(copyOf(at)).toEqual(expected);
            expect(arena.fences).toBe(true);
          }
        },
      ),
    );
  });
});
