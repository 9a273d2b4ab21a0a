import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFit } from '#dist/engine/local/workers/crew.js';
import { WorkerPool } from '#dist/engine/local/workers/pool.js';
import { ColumnStore, MemoryLedger } from '#dist/engine/local/workers/store.js';
import { MlError } from '#dist/error.js';
import { BLOCK_ROWS, type ColumnSpec, type LinearArgs, type PartitionHandle } from '#dist/kernels/contract.js';
import { linearAggregator } from '#dist/kernels/linear.js';
import { momentsAggregator } from '#dist/kernels/moments.js';
import { columnView, sparseView } from '#dist/kernels/partition-view.js';
import { Random } from '#dist/random.js';

const module = new URL('./tasks.mjs', import.meta.url).href;
const ROWS = 9 * BLOCK_ROWS + 321;
const SIZE = 6;
const D = 3 + 2 + 3 + SIZE;
const columns: ColumnSpec[] = [
  { type: 'f64' },
  { type: 'f64' },
  { type: 'f64' },
  { type: 'u8' },
  { type: 'u8' },
  { type: 'csr' },
  { type: 'u8' },
  { type: 'f64' },
];
const args: LinearArgs = {
  parts: [
    { kind: 'dense', columns: [0, 1, 2], offset: 0 },
    { kind: 'codes', column: 3, offset: 3, size: 2 },
    { kind: 'codes', column: 4, offset: 5, size: 3 },
    { kind: 'csr', column: 5, offset: 8, size: SIZE },
  ],
  numFeatures: D,
  label: 6,
  weight: 7,
};
const aggregators = { loss: linearAggregator('binaryLogistic', args), moments: momentsAggregator(args) };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spill-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The same rows, in slices of these lengths; a limit of so many bytes. */
function store(
  limit: number,
  slices: readonly number[] = [ROWS],
  spillTo: (() => string) | null = () => folder,
  rowsPerPartition = 4 * BLOCK_ROWS,
): ColumnStore {
  const random = new Random(11);
  const numbers = [0, 1, 2].map((shift) => Float64Array.from({ length: ROWS }, () => shift + random.nextGaussian()));
  const codes = [3, 4].map((levels) => Uint8Array.from({ length: ROWS }, () => random.nextInt(levels)));
  const starts = [0];
  const indices: number[] = [];
  for (let i = 0; i < ROWS; i++) {
    for (let j = 0; j < SIZE; j++) if (random.nextInt(i < ROWS / 2 ? 3 : 9) === 0) indices.push(j);
    starts.push(indices.length);
  }
  const values = indices.map(() => random.nextGaussian());
  const [label, weight] = [
    Uint8Array.from({ length: ROWS }, () => random.nextInt(2)),
    Float64Array.from({ length: ROWS }, () => random.nextInt(3) / 2),
  ];
  const made = new ColumnStore(columns, { ledger: new MemoryLedger(limit), rowsPerPartition, owner: 'Test', ...(spillTo && { spillTo }) });
  let at = 0;
  try {
    for (const n of slices) {
      const cut = <T extends Float64Array | Uint8Array>(of: T) => of.slice(at, at + n) as T;
      const [lo, hi] = [starts[at] as number, starts[at + n] as number];
      const sparse = { starts: starts.slice(at, at + n + 1).map((s) => s - lo), indices: indices.slice(lo, hi), values: values.slice(lo, hi) };
      made.append([...numbers.map(cut), ...codes.map(cut), sparse, cut(label), cut(weight)]);
      at += n;
    }
    made.seal();
  } catch (error) {
    made.release();
    throw error;
  }
  return made;
}

async function fitted(of: ColumnStore, workers: number) {
  const pool = new WorkerPool({ workers });
  try {
    const descent = await runFit(pool, { module, name: 'descend', args: { steps: 5, d: D }, store: of, aggregators });
    const moments = await runFit(pool, { module, name: 'aggregateOnce', args: { name: 'moments' }, store: of, aggregators });
    return { descent, moments };
  } finally {
    await pool.close();
  }
}

function content(partitions: readonly PartitionHandle[]) {
  const rows: unknown[][] = [];
  for (const partition of partitions) {
    const views = columns.map(({ type }, j) => (type === 'csr' ? null : columnView(partition, j)));
    const { starts, indices, values } = sparseView(partition, 5);
    for (let i = 0; i < partition.rows; i += 97) {
      const own = [starts[i] as number, starts[i + 1] as number] as const;
      rows.push([partition.firstRow + i, ...views.map((view) => view?.[i]), [...indices.subarray(...own)], [...values.subarray(...own)]]);
    }
  }
  return new Map(rows.map(([row, ...rest]) => [row, rest]));
}

const LIMIT = 4_000_000;

describe('a training set beyond the memory limit', () => {
  it('gives the same bits as one in memory, on one thread and on several', async () => {
    const inMemory = store(Number.POSITIVE_INFINITY);
    const wanted = await fitted(inMemory, 1);
    expect(inMemory.spilled).toBeNull();
    for (const slices of [[ROWS], [5, BLOCK_ROWS, 4 * BLOCK_ROWS + 1, ROWS - 5 * BLOCK_ROWS - 6]]) {
      for (const workers of [1, 2]) {
        const spilled = store(LIMIT, slices);
        expect(spilled.spilled?.rows).toBe(ROWS);
        expect(await fitted(spilled, workers)).toEqual(wanted);
        spilled.release();
      }
    }
    inMemory.release();
  });

  it('holds every row in its place, for the host too', () => {
    const [inMemory, spilled] = [store(Number.POSITIVE_INFINITY), store(LIMIT, [100, ROWS - 100])];
    const wanted = content(inMemory.partitions);
    const found = content(spilled.partitions);
    for (const [row, values] of found) if (wanted.has(row)) expect(values).toEqual(wanted.get(row));
    expect([...found.keys()].filter((row) => wanted.has(row)).length).toBeGreaterThan(300);
    for (const one of [inMemory, spilled]) one.release();
  });

  it('has one file, that goes when the set is released, and holds no memory by then', () => {
    const ledger = new MemoryLedger(1);
    const spilled = new ColumnStore([{ type: 'f64' }], { ledger, spillTo: () => folder });
    spilled.append([new Float64Array(20_000)]);
    expect(readdirSync(folder)).toHaveLength(1);
    spilled.seal();
    expect(ledger.used).toBe(0);
    expect(spilled.partitions.reduce((sum, { rows }) => sum + rows, 0)).toBe(20_000);
    spilled.release();
    spilled.release();
    expect(readdirSync(folder)).toEqual([]);
    expect(ledger.used).toBe(0);
  });

  it('is refused where nothing may be spilled, and where not even a block fits', async () => {
    expect(() => store(LIMIT, [ROWS], null)).toThrow(expect.objectContaining({ code: 'MEMORY_LIMIT' }));
    const spilled = store(1000);
    await expect(fitted(spilled, 1)).rejects.toMatchObject({ code: 'MEMORY_LIMIT' });
    spilled.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('tells of a disk that cannot be written or read, and leaves nothing', async () => {
    expect(() => store(LIMIT, [ROWS], () => join(folder, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'IO_FAILED', message: expect.stringContaining('tempDirectory') }),
    );
    const spilled = store(LIMIT);
    const [name] = readdirSync(folder) as [string];
    writeFileSync(join(folder, name), 'cut short');
    const error = await fitted(spilled, 2).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(MlError);
    expect(error).toMatchObject({ code: 'IO_FAILED' });
    spilled.release();
    expect(readdirSync(folder)).toEqual([]);
  });
});
