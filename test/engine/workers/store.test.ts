import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColumnStore, MemoryLedger, rowsPerPartition } from '#dist/engine/local/workers/store.js';
import { MlError } from '#dist/error.js';
import { BLOCK_ROWS, type ColumnSpec } from '#dist/kernels/contract.js';
import { columnView, sparseView } from '#dist/kernels/partition-view.js';

const COLUMNS: ColumnSpec[] = [{ type: 'f64' }, { type: 'u8' }, { type: 'u16' }, { type: 'u32' }, { type: 'csr' }];
const ROWS = 2 * BLOCK_ROWS + 77;

/** Row i of everything is a function of i. */
const number = (i: number) => (i % 10 === 3 ? Number.NaN : i / 3);
const entries = (i: number) => Array.from({ length: i % 4 }, (_, k) => ({ index: 3 * k + (i % 3), value: i + k / 8 }));

function slice(lo: number, hi: number) {
  const rows = Array.from({ length: hi - lo }, (_, i) => lo + i);
  const starts = [0];
  for (const i of rows) starts.push((starts.at(-1) as number) + entries(i).length);
  return [
    Float64Array.from(rows, number),
    rows.map((i) => i % 256),
    Uint16Array.from(rows),
    Uint32Array.from(rows, (i) => 4294967295 - i),
    { starts, indices: rows.flatMap((i) => entries(i).map(({ index }) => index)), values: rows.flatMap((i) => entries(i).map(({ value }) => value)) },
  ];
}

/** All rows, column by column, as the partitions hold them. */
function content(store: ColumnStore) {
  return store.partitions.map((partition) => {
    const { starts, indices, values } = sparseView(partition, 4);
    return {
      firstRow: partition.firstRow,
      rows: partition.rows,
      dense: [0, 1, 2, 3].map((j) => columnView(partition, j).slice()),
      sparse: [starts.slice(), indices.slice(), values.slice()],
    };
  });
}

function filled(borders: readonly number[]): ColumnStore {
  const store = new ColumnStore(COLUMNS, { rowsPerPartition: BLOCK_ROWS });
  borders.forEach((lo, b) => {
    store.append(slice(lo, borders[b + 1] ?? ROWS));
  });
  store.seal();
  return store;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof MlError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

describe('a column store', () => {
  it('holds every row in its place', () => {
    const store = filled([0]);
    expect(store.rows).toBe(ROWS);
    expect(store.partitions.map(({ firstRow, rows }) => [firstRow, rows])).toEqual([
      [0, BLOCK_ROWS],
      [BLOCK_ROWS, BLOCK_ROWS],
      [2 * BLOCK_ROWS, 77],
    ]);
    for (const partition of store.partitions) {
      const [x, bytes, shorts, words] = [0, 1, 2, 3].map((j) => columnView(partition, j));
      const { starts, indices, values } = sparseView(partition, 4);
      for (const i of [0, 1, 2, 3, 50, 76]) {
        const row = partition.firstRow + i;
        expect([x[i], bytes[i], shorts[i], words[i]]).toEqual([number(row), row % 256, row % 65536, 4294967295 - row]);
        const stored = Array.from({ length: starts[i + 1] - starts[i] }, (_, k) => ({ index: indices[starts[i] + k], value: values[starts[i] + k] }));
        expect(stored).toEqual(entries(row));
      }
    }
    store.release();
  });

  it('is the same whatever slices the rows came in', () => {
    const whole = filled([0]);
    const expected = content(whole);
    whole.release();
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: ROWS - 1 }), { maxLength: 5 }), (cuts) => {
        const store = filled([0, ...cuts.sort((a, b) => a - b)]);
        expect(content(store)).toEqual(expected);
        store.release();
      }),
      { numRuns: 10 },
    );
  });

  it('is cut after a number of rows that follows from the columns alone', () => {
    expect(rowsPerPartition([{ type: 'u8' }])).toBe(8 * 131072);
    expect(rowsPerPartition(new Array(51).fill({ type: 'f64' }))).toBe(2 * 131072);
    expect(rowsPerPartition(new Array(2000).fill({ type: 'f64' })) % BLOCK_ROWS).toBe(0);
    expect(2000 * 8 * rowsPerPartition(new Array(2000).fill({ type: 'f64' }))).toBeLessThanOrEqual(1073741824);
    expect(codeOf(() => rowsPerPartition(new Array(70000).fill({ type: 'f64' })))).toBe('MEMORY_LIMIT');
  });

  it('counts its bytes in the ledger and gives them back, once', () => {
    const ledger = new MemoryLedger();
    const store = new ColumnStore(COLUMNS, { ledger, rowsPerPartition: BLOCK_ROWS });
    store.append(slice(0, 10));
    expect(ledger.used).toBeGreaterThanOrEqual(10 * 19);
    store.append(slice(10, ROWS));
    store.seal();
    const held = ledger.used;
    const region = store.lend(1, 1000);
    expect(ledger.used).toBeGreaterThanOrEqual(held + 1000);
    store.takeBack(1, region);
    expect(ledger.used).toBe(held);
    store.release();
    store.release();
    expect(ledger.used).toBe(0);
  });

  it('is refused when the ledger has no room, and leaves it as it was', () => {
    const ledger = new MemoryLedger(BLOCK_ROWS * 8 + 100);
    const store = new ColumnStore([{ type: 'f64' }], { ledger, rowsPerPartition: BLOCK_ROWS });
    store.append([new Float64Array(BLOCK_ROWS)]);
    expect(codeOf(() => store.append([new Float64Array(1)]))).toBe('MEMORY_LIMIT');
    store.seal();
    expect(codeOf(() => store.lend(0, 1000))).toBe('MEMORY_LIMIT');
    store.release();
    expect(ledger.used).toBe(0);
  });

  it('lends regions that overlap neither columns nor each other', () => {
    const store = filled([0]);
    const before = content(store);
    const regions = [100, 100000, 64, 1].map((bytes) => store.lend(0, bytes));
    const { memory } = store.partitions[0];
    regions.forEach(({ ptr, bytes }, r) => {
      new Uint8Array(memory.buffer, ptr, bytes).fill(r + 1);
    });
    regions.forEach(({ ptr, bytes }, r) => {
      expect(new Uint8Array(memory.buffer, ptr, bytes).every((byte) => byte === r + 1)).toBe(true);
    });
    expect(content(store)).toEqual(before);
    store.release();
  });

  it('is written in place when it is allocated', () => {
    const store = ColumnStore.allocate([{ type: 'f64' }], 3 * BLOCK_ROWS + 5, { rowsPerPartition: BLOCK_ROWS });
    expect(store.partitions.map(({ rows }) => rows)).toEqual([BLOCK_ROWS, BLOCK_ROWS, BLOCK_ROWS, 5]);
    columnView(store.partitions[3], 0)[4] = 7;
    expect(columnView(store.partitions[3], 0)[4]).toBe(7);
    store.release();
  });

  it('refuses odd columns, wrong numbers of them and use at the wrong time', () => {
    const store = new ColumnStore([{ type: 'f64' }, { type: 'u8' }], { rowsPerPartition: BLOCK_ROWS });
    expect(codeOf(() => store.append([[1, 2]]))).toBe('VALUE_INVALID');
    expect(codeOf(() => store.append([[1, 2], [1]]))).toBe('VALUE_INVALID');
    expect(codeOf(() => store.partitions)).toBe('VALUE_INVALID');
    store.seal();
    expect(codeOf(() => store.append([[1], [1]]))).toBe('VALUE_INVALID');
    expect(codeOf(() => new ColumnStore([{ type: 'f64' }], { rowsPerPartition: 100 }))).toBe('VALUE_INVALID');
    expect(codeOf(() => ColumnStore.allocate([{ type: 'csr' }], 5))).toBe('VALUE_INVALID');
    store.release();
    expect(codeOf(() => store.partitions)).toBe('VALUE_INVALID');
  });

  it('of no rows has no partitions', () => {
    const store = new ColumnStore([{ type: 'f64' }]);
    store.append([[]]);
    store.seal();
    expect(store.partitions).toEqual([]);
    store.release();
  });
});
