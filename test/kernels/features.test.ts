import { describe, expect, it } from 'vitest';
import { planBundles } from '#dist/kernels/bundles.js';
import type { FeaturePart, LinearArgs } from '#dist/kernels/contract.js';
import { TILE_ROWS } from '#dist/kernels/features.js';
import { Random } from '#dist/random.js';
import { type ColumnContent, denseRows, TestPartition } from './partitions.ts';

/** Small integers: their sums are exact, so every layout and order must give the same bits. */
function integers(random: Random, n: number, most: number): number[] {
  return Array.from({ length: n }, () => random.nextInt(most));
}

/** The margins and the gradient of `classes` weight vectors, tile by tile, as one pass over a block does. */
function pass(partition: TestPartition, args: LinearArgs, classes: number, weights: Float64Array) {
  const features = partition.features(args, classes);
  const { rows } = partition.handle;
  const margins = Array.from({ length: classes }, () => new Float64Array(rows));
  features.load(weights);
  features.clear();
  for (let lo = 0; lo < rows; lo += TILE_ROWS) {
    const n = Math.min(TILE_ROWS, rows - lo);
    features.computeMargins(lo, n);
    for (let c = 0; c < classes; c++) {
      const tile = partition.doubles(features.margins + 8 * TILE_ROWS * c, n);
      margins[c].set(tile, lo);
      tile.forEach((_, i) => {
        tile[i] = ((lo + i) % 5) - 2 + c;
      });
    }
    features.addGradient(lo, n);
  }
  const gradient = new Float64Array(classes * args.numFeatures);
  features.store(gradient);
  return signless({ margins, gradient });
}

/** The same from dense rows. */
function plain(rows: number, matrix: Float64Array, d: number, classes: number, weights: Float64Array) {
  const margins = Array.from({ length: classes }, () => new Float64Array(rows));
  const gradient = new Float64Array(classes * d);
  for (let c = 0; c < classes; c++) {
    for (let i = 0; i < rows; i++) {
      margins[c][i] = weights[classes * d + c];
      for (let j = 0; j < d; j++) {
        margins[c][i] += matrix[i * d + j] * weights[c * d + j];
        gradient[c * d + j] += matrix[i * d + j] * ((i % 5) - 2 + c);
      }
    }
  }
  return signless({ margins, gradient });
}

/** -0 becomes 0: what is not stored is not multiplied. */
function signless({ margins, gradient }: { margins: Float64Array[]; gradient: Float64Array }) {
  return { margins: margins.map((z) => z.map((x) => x + 0)), gradient: gradient.map((x) => x + 0) };
}

/** Columns and parts: codes of all widths, with values and without, unknown codes among them, numbers and sparse rows. */
function mixture(random: Random, rows: number): { columns: ColumnContent[]; parts: FeaturePart[]; numFeatures: number } {
  const columns: ColumnContent[] = [];
  const parts: FeaturePart[] = [];
  let offset = 0;
  const codes = (type: 'u8' | 'u16' | 'u32', size: number, values?: Float64Array) => {
    columns.push({ type, data: integers(random, rows, size + 2) });
    parts.push({ kind: 'codes', column: columns.length - 1, offset, size, ...(values ? { values } : {}) });
    offset += size;
  };
  const dense = (count: number) => {
    const first = columns.length;
    for (let j = 0; j < count; j++) columns.push({ type: 'f64', data: integers(random, rows, 9).map((x) => x - 4) });
    parts.push({ kind: 'dense', columns: Array.from({ length: count }, (_, j) => first + j), offset });
    offset += count;
  };
  for (const size of [2, 3, 1, 4, 100]) codes('u8', size);
  dense(13);
  codes('u8', 5, Float64Array.of(3, -1, 0, 2, 7));
  codes('u16', 300);
  columns.push({
    type: 'csr',
    data: Array.from({ length: rows }, () => {
      const indices = [...new Set(integers(random, random.nextInt(6), 30))].sort((a, b) => a - b);
      return { indices, values: indices.map(() => random.nextInt(7) - 3) };
    }),
  });
  parts.push({ kind: 'csr', column: columns.length - 1, offset, size: 30 });
  offset += 30;
  codes(
    'u32',
    70,
    Float64Array.from({ length: 70 }, (_, i) => i % 4),
  );
  for (const size of [2, 2, 250, 6]) codes('u8', size);
  return { columns, parts, numFeatures: offset };
}

describe('features', () => {
  for (const classes of [1, 3]) {
    it(`of dense columns, codes and sparse rows together equal dense rows, ${classes} weight vector(s)`, () => {
      for (const rows of [1, 2, 17, 511, 512, 513, 1500]) {
        const random = new Random(rows);
        const { columns, parts, numFeatures } = mixture(random, rows);
        const args = { parts, numFeatures, label: 0 };
        const weights = Float64Array.from(integers(random, classes * (numFeatures + 1), 15), (w) => w - 7);
        expect(pass(new TestPartition(rows, columns), args, classes, weights)).toEqual(
          plain(rows, denseRows(rows, columns, args), numFeatures, classes, weights),
        );
      }
    });
  }

  it('are the same as codes, as sparse rows and as dense columns', () => {
    const random = new Random(3);
    const rows = 700;
    const codes = integers(random, rows, 6);
    const weights = Float64Array.from(integers(random, 6, 9));
    const size = 5;
    const versions: { columns: ColumnContent[]; part: FeaturePart }[] = [
      { columns: [{ type: 'u8', data: codes }], part: { kind: 'codes', column: 0, offset: 0, size } },
      { columns: [{ type: 'u16', data: codes }], part: { kind: 'codes', column: 0, offset: 0, size } },
      {
        columns: [{ type: 'csr', data: codes.map((c) => (c < size ? { indices: [c], values: [1] } : { indices: [], values: [] })) }],
        part: { kind: 'csr', column: 0, offset: 0, size },
      },
      {
        columns: Array.from({ length: size }, (_, j) => ({ type: 'f64' as const, data: codes.map((c) => (c === j ? 1 : 0)) })),
        part: { kind: 'dense', columns: [0, 1, 2, 3, 4], offset: 0 },
      },
    ];
    const results = versions.map(({ columns, part }) =>
      pass(new TestPartition(rows, columns), { parts: [part], numFeatures: size, label: 0 }, 1, weights),
    );
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it('read labels and weights of any type', () => {
    const data = integers(new Random(5), 40, 2);
    for (const type of ['f64', 'u8', 'u16', 'u32'] as const) {
      const partition = new TestPartition(40, [
        { type, data },
        { type: 'f64', data: data.map((x) => x + 0.5) },
      ]);
      const features = partition.features({ parts: [], numFeatures: 0, label: 0, weight: 1 }, 1);
      expect([...partition.doubles(features.labels(8, 32), 32)]).toEqual(data.slice(8));
      expect([...partition.doubles(features.weights(8), 32)]).toEqual(data.slice(8).map((x) => x + 0.5));
    }
  });
});

describe('bundles', () => {
  const plan = (sizes: readonly number[], types: readonly ('u8' | 'u16')[] = sizes.map(() => 'u8' as const)) =>
    planBundles(
      sizes.map((size, column) => ({ kind: 'codes', column, offset: 0, size })),
      types.map((type) => ({ type, ptr: 0, length: 0 })),
    );

  it('hold every u8 column once, and their levels multiply to at most 256', () => {
    const random = new Random(1);
    for (let turn = 0; turn < 50; turn++) {
      const sizes = integers(random, 1 + random.nextInt(20), 200).map((size) => size + 1);
      const bundles = plan(sizes);
      const members = bundles.flatMap((bundle) => bundle.members.map(({ part }) => part.column));
      expect(members.sort((a, b) => a - b)).toEqual([...sizes.keys()]);
      for (const bundle of bundles) {
        const product = bundle.members.reduce((p, { levels }) => p * levels, 1);
        expect(product <= 256 || bundle.members.length === 1).toBe(true);
        expect(bundle.combinations).toBe(bundle.members.length === 1 ? 256 : product);
      }
    }
  });

  it('take sixteen columns of two levels in two', () => {
    expect(plan(new Array(16).fill(1))).toHaveLength(2);
  });

  it('leave wider codes out', () => {
    expect(plan([2, 300, 2], ['u8', 'u16', 'u8'])).toHaveLength(1);
  });
});
