import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MlError } from '#dist/error.js';
import type { StreamedCodec } from '#dist/persistence/codec.js';
import { columnFields } from '#dist/persistence/layout.js';
import { load } from '#dist/persistence/load.js';
import { writeParquet } from '#dist/persistence/parquet-write.js';
import type { EnsembleState, TreeState } from '#dist/predictor/tree-codec.js';
import { FIXTURES, saved, withFile } from '../persistence/files.ts';

const SINGLE = ['DecisionTreeClassificationModel-categorical', 'DecisionTreeClassificationModel', 'DecisionTreeRegressionModel'];
const ENSEMBLES = ['RandomForestClassificationModel-categorical', 'RandomForestRegressionModel', 'GBTClassificationModel', 'GBTRegressionModel'];

type Cells = unknown[];
interface Loaded {
  readonly state: TreeState;
  readonly uid: string;
  setParams(): ReadonlyMap<string, unknown>;
  defaultParams(): ReadonlyMap<string, unknown>;
}
const codecOf = (model: Loaded) => (model.constructor as unknown as { codec: StreamedCodec<TreeState> }).codec;
const model = async (name: string) => (await load(join(FIXTURES, name))) as unknown as Loaded;

/** Changes rows in place, or gives others. */
type Change = (rows: Cells[]) => unknown;

/** The saved files with other rows of nodes. */
async function withNodes(name: string, change: Change, columns?: Record<string, string>) {
  const whole = await model(name);
  const codec = codecOf(whole);
  const rows = structuredClone([...codec.encode(whole.state)]) as Cells[];
  const fields = columnFields(columns ?? (codec.columns as Record<string, string>));
  return withFile(saved(whole), 'data/part-00000.parquet', writeParquet(fields, (change(rows) as Cells[] | undefined) ?? rows, '4.3.0'));
}

/** The saved files with other rows of `treesMetadata`. */
async function withTrees(name: string, change: Change, columns?: Record<string, string>) {
  const whole = await model(name);
  const table = codecOf(whole).tables!.get('treesMetadata')!;
  const rows = structuredClone(table.encode(whole.state, whole, 0)) as Cells[];
  const bytes = writeParquet(
    columnFields(columns ?? (table.columns as Record<string, string>)),
    (change(rows) as Cells[] | undefined) ?? rows,
    '4.3.0',
  );
  return withFile(saved(whole), 'treesMetadata/part-00000.parquet', bytes);
}

async function withMetadata(name: string, change: (line: string) => string) {
  const files = saved(await model(name));
  const line = new TextDecoder().decode(files.get('metadata/part-00000.txt'));
  const changed = change(line.trim());
  expect(changed).not.toBe(line);
  return withFile(files, 'metadata/part-00000.txt', changed);
}

async function expectRefused(files: ReadonlyMap<string, Uint8Array>, what = ''): Promise<void> {
  const error = await load(files).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error, what).toBeInstanceOf(MlError);
  expect((error as MlError).code, `${what}: ${(error as MlError).message}`).toBe('MODEL_FORMAT');
}

/** The nodes alone, of a single tree or of an ensemble's first. */
const nodes = (rows: Cells[]): Cells[] => (rows[0].length === 2 ? rows.filter(([t]) => t === 0).map(([, node]) => node as Cells) : rows);
const [PREDICTION, STATS, LEFT, RIGHT, SPLIT] = [1, 3, 6, 7, 8];
const inner = (rows: Cells[]): Cells => nodes(rows)[0];
const split = (rows: Cells[]): Cells => inner(rows)[SPLIT] as Cells;
const leaf = (rows: Cells[]): Cells => nodes(rows).find((node) => node[LEFT] === -1)!;
const set = (cells: Cells, at: number, value: unknown): void => {
  cells[at] = value;
};

const splitBy =
  (values: number[], numCategories: number): Change =>
  (rows) => {
    set(split(rows), 1, values);
    set(split(rows), 2, numCategories);
  };

const NONSENSE: readonly (readonly [string, Change])[] = [
  ['a child that is the node itself', (rows) => set(inner(rows), RIGHT, 0)],
  [
    'a child that is an ancestor',
    (rows) =>
      set(
        nodes(rows)
          .filter((node) => node[LEFT] !== -1)
          .at(-1)!,
        LEFT,
        0,
      ),
  ],
  ['two children that are one', (rows) => set(inner(rows), RIGHT, inner(rows)[LEFT])],
  ['a child that is not there', (rows) => set(inner(rows), RIGHT, 1_000_000)],
  ['a child of a negative number', (rows) => set(inner(rows), LEFT, -2)],
  ['one child', (rows) => set(inner(rows), RIGHT, -1)],
  ['nodes that hang on no other', (rows) => nodes(rows)[0].fill(-1, LEFT, RIGHT + 1) && undefined],
  ['a number that stands twice', (rows) => set(nodes(rows)[1], 0, 0)],
  ['a number beyond the nodes', (rows) => set(nodes(rows)[1], 0, 2_000_000_000)],
  ['a negative number', (rows) => set(nodes(rows)[1], 0, -1)],
  ['a missing root', (rows) => rows.slice(1)],
  ['no nodes', () => []],
  ['a feature that is not there', (rows) => set(split(rows), 0, 99)],
  ['an inner node without a feature', (rows) => set(split(rows), 0, -1)],
  ['a threshold that is NaN', splitBy([Number.NaN], -1)],
  ['no threshold', splitBy([], -1)],
  ['two thresholds', splitBy([1, 2], -1)],
  ['a category that is not there', splitBy([3], 3)],
  ['a category that is no whole number', splitBy([0.5], 3)],
  ['a negative category', splitBy([-1], 3)],
  ['no categories', splitBy([], 0)],
  ['a negative number of categories', (rows) => set(split(rows), 2, -5)],
  ['2^31 - 1 categories', splitBy([0], 0x7fffffff)],
  ['too few statistics', (rows) => set(leaf(rows), STATS, [1])],
  ['no statistics', (rows) => set(leaf(rows), STATS, null)],
  [
    'statistics that are NaN',
    (rows) => set(leaf(rows), STATS, (leaf(rows)[STATS] as ArrayLike<number>).length === 3 ? [Number.NaN, 0, 0] : [0, Number.NaN]),
  ],
  ['a prediction that is NaN', (rows) => set(leaf(rows), PREDICTION, Number.NaN)],
];

describe.each([...SINGLE, ...ENSEMBLES])('%s', (name) => {
  it('is the same from rows in any order, in several part files', async () => {
    const mixed = (rows: Cells[]) =>
      rows
        .map((row, i) => [(i * 7919) % 101, row] as const)
        .sort(([a], [b]) => a - b)
        .map(([, row]) => row);
    const first = await withNodes(name, (rows) => mixed(rows).slice(0, 2));
    const rest = await withNodes(name, (rows) => mixed(rows).slice(2));
    const files = withFile(first, 'data/part-00001.parquet', rest.get('data/part-00000.parquet')!);
    expect(((await load(files)) as unknown as Loaded).state).toEqual((await model(name)).state);
  });

  it('is the same from nodes numbered otherwise, as long as the root is 0', async () => {
    const files = await withNodes(name, (rows) => {
      const own = nodes(rows);
      const swap = (id: unknown) => (id === 1 ? own.length - 1 : id === own.length - 1 ? 1 : id);
      for (const node of own) for (const at of [0, LEFT, RIGHT]) node[at] = swap(node[at]);
    });
    expect(((await load(files)) as unknown as Loaded).state).toEqual((await model(name)).state);
  });

  it('loads without counts of rows, as Spark 2 saved it', async () => {
    const columns = Object.fromEntries(
      Object.entries(codecOf(await model(name)).columns as Record<string, string>)
        .filter(([column]) => column !== 'rawCount')
        .map(([column, type]) => [column, type.replace('rawCount: long?, ', '')]),
    );
    const without = (node: Cells) => node.filter((_, at) => at !== 4);
    const files = await withNodes(name, (rows) => rows.map((row) => (row.length === 2 ? [row[0], without(row[1] as Cells)] : without(row))), columns);
    const { trees } = ((await load(files)) as unknown as Loaded).state;
    expect(trees).toEqual({ ...(await model(name)).state.trees, rawCount: trees.rawCount.slice().fill(-1) });
  });

  it.each(NONSENSE)('refuses %s', async (_, change) => {
    await expectRefused(await withNodes(name, change));
  });

  it('refuses numbers in its metadata that are not there, out of range or beyond its nodes', async () => {
    for (const key of ['numFeatures', 'numClasses', 'numTrees']) {
      // The class's own keys stand behind the params, one of which may have the same name.
      const own = new RegExp(`(?<="defaultParamMap".*)"${key}":\\d+(?=[^}]*}$)`);
      const files = saved(await model(name));
      if (!new TextDecoder().decode(files.get('metadata/part-00000.txt')).trim().match(own)) continue;
      for (const value of ['-1', '"3"', '1.5', 'null', '1000000000000', '0', '1000000000']) {
        const line = (text: string) => text.replace(own, `"${key}":${value}`);
        await expectRefused(await withMetadata(name, line), `${key} ${value}`);
      }
      await expectRefused(await withMetadata(name, (text) => text.replace(own, `"other":1`)), `no ${key}`);
    }
  });

  it('refuses files that are cut off', async () => {
    const files = saved(await model(name));
    for (const [file, bytes] of files) {
      if (!file.endsWith('.parquet')) continue;
      for (let part = 0; part < 8; part++) {
        await expectRefused(withFile(files, file, bytes.slice(0, Math.floor((bytes.length * part) / 8))), `${file}, ${part} of 8`);
      }
    }
  });
});

describe.each(ENSEMBLES)('the trees of %s', (name) => {
  it('are the same in any order, and under the names that other versions of Spark give the columns', async () => {
    const columns = { treeID: 'int!', metadata: 'string', weights: 'double!' };
    const files = await withTrees(name, (rows) => rows.reverse(), columns);
    expect(((await load(files)) as unknown as Loaded).state).toEqual((await model(name)).state);
  });

  it('have weights and uids of their own', async () => {
    const { treeWeights, treeUids } = (await model(name)).state as EnsembleState;
    expect(treeUids.every((uid) => /^dt[cr]_[0-9a-f]{12}$/.test(uid))).toBe(true);
    expect(new Set(treeUids).size).toBe(treeWeights.length);
  });

  it.each([
    ['a tree less', (rows: Cells[]) => rows.slice(1)],
    ['a tree twice', (rows: Cells[]) => set(rows[1], 0, 0)],
    ['a tree beyond the last', (rows: Cells[]) => set(rows[1], 0, 1_000_000_000)],
    ['a negative tree', (rows: Cells[]) => set(rows[1], 0, -1)],
    ['a weight that is NaN', (rows: Cells[]) => set(rows[0], 2, Number.NaN)],
    ['no metadata', (rows: Cells[]) => set(rows[0], 1, null)],
    ['metadata that is no JSON', (rows: Cells[]) => set(rows[0], 1, '{')],
    ['metadata of another class', (rows: Cells[]) => set(rows[0], 1, String(rows[0][1]).replace(/DecisionTree\w+Model/, 'LinearRegressionModel'))],
    ['no rows', () => []],
  ] as const)('refuses %s', async (_, change) => {
    await expectRefused(await withTrees(name, change));
  });

  it('refuses nodes of a tree that is not there', async () => {
    for (const t of [-1, 99, 2_000_000_000]) await expectRefused(await withNodes(name, (rows) => set(rows[0], 0, t)), `tree ${t}`);
  });
});
