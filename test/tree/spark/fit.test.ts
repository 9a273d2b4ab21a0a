import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '#dist/random.js';
import type { ForestRequest } from '#dist/tree/spark/request.js';
import type { SparkTrees } from '#dist/tree/spark/spark-trees.js';
import { refuses, session } from '../../engine/harness.ts';
import {
  BOOSTED,
  boost,
  COLUMNS,
  frameOf,
  gainOf,
  goesLeft,
  grow,
  impurityOf,
  leafOf,
  mostGain,
  type Plain,
  type Row,
  statsOf,
  sum,
} from './plain-trees.ts';

const open = session(2);
const WEIGHTED = { ...COLUMNS, weight: 'weight' };

/** Every node has the statistics of its rows, every split is as good as any, and nothing is split that need not be. */
function verify(trees: SparkTrees, t: number, all: readonly Row[], plain: Plain): void {
  const visit = (i: number, rows: readonly Row[], level: number): void => {
    const stats = statsOf(rows, plain.numClasses);
    const own = trees.impurityStats.subarray(i * trees.statsSize, (i + 1) * trees.statsSize);
    for (const [s, stat] of stats.entries()) expect(own[s]).toBeCloseTo(stat, 9);
    expect(trees.rawCount[i]).toBe(rows.length);
    const mean = (stats[1] as number) / (stats[0] as number);
    expect(trees.value[i]).toBeCloseTo(plain.numClasses > 0 ? own.indexOf(Math.max(...own)) : mean, 9);
    const feature = trees.feature[i] as number;
    const most = mostGain(rows, all, plain);
    if (feature < 0) {
      expect(level === plain.maxDepth || most < 1e-9 || impurityOf(rows, plain) < 1e-9).toBe(true);
      expect(trees.gain[i]).toBe(-1);
      return;
    }
    const sides = [rows.filter(({ x }) => goesLeft(trees, i, x)), rows.filter(({ x }) => !goesLeft(trees, i, x))] as const;
    expect(trees.impurity[i]).toBeCloseTo(impurityOf(rows, plain), 9);
    expect(trees.gain[i]).toBeCloseTo(gainOf(rows, sides, plain), 9);
    expect(trees.gain[i]).toBeCloseTo(most, 9);
    visit(trees.left[i] as number, sides[0], level + 1);
    visit(trees.right[i] as number, sides[1], level + 1);
  };
  visit(trees.starts[t] as number, all, 0);
}

const tables = fc
  .record({ numClasses: fc.constantFrom(0, 2, 3), counts: fc.array(fc.constantFrom(0, 0, 2, 4), { minLength: 1, maxLength: 3 }) })
  .chain(({ numClasses, counts }) =>
    fc.record({
      numClasses: fc.constant(numClasses),
      counts: fc.constant(counts),
      rows: fc.array(
        fc.record({
          x: fc.tuple(...counts.map((count) => (count > 0 ? fc.integer({ min: 0, max: count - 1 }) : fc.integer({ min: -4, max: 4 })))),
          y: fc.integer({ min: 0, max: numClasses > 0 ? numClasses - 1 : 6 }),
          w: fc.integer({ min: 1, max: 3 }),
        }),
        { minLength: 16, maxLength: 40 },
      ),
      minInstancesPerNode: fc.integer({ min: 1, max: 3 }),
      maxDepth: fc.integer({ min: 0, max: 4 }),
    }),
  );

describe('a tree', () => {
  it('has in every node the best of all splits, and the statistics of its rows', () =>
    fc.assert(
      fc.asyncProperty(tables, fc.constantFrom('gini', 'entropy'), async ({ numClasses, counts, rows, minInstancesPerNode, maxDepth }, ofClasses) => {
        const impurity = numClasses === 0 ? ('variance' as const) : (ofClasses as 'gini' | 'entropy');
        const changes = { impurity, minInstancesPerNode, maxDepth, pruneTree: false, columns: WEIGHTED, ...(numClasses > 0 && { numClasses }) };
        const trees = await grow(frameOf(open(), rows, counts), changes);
        verify(trees, 0, rows, { numClasses, impurity, counts, minInstancesPerNode, maxDepth });
      }),
      { numRuns: 60 },
    ));

  it('takes a row of weight 2 for the row twice', () =>
    fc.assert(
      fc.asyncProperty(tables, async ({ numClasses, counts, rows, maxDepth }) => {
        const changes = { maxDepth, impurity: numClasses === 0 ? ('variance' as const) : ('gini' as const), ...(numClasses > 0 && { numClasses }) };
        const weighted = await grow(frameOf(open(), rows, counts), { ...changes, columns: WEIGHTED });
        const repeated = rows.flatMap((row) => Array.from({ length: row.w as number }, () => row));
        const plain = await grow(frameOf(open(), repeated, counts), changes);
        expect({ ...weighted, rawCount: null }).toEqual({ ...plain, rawCount: null });
        expect([...weighted.cover]).toEqual([...plain.rawCount]);
      }),
      { numRuns: 30 },
    ));

  it('merges leaves of one parent that predict the same, unless told not to', async () => {
    const rows: Row[] = [...Array(20).keys()].map((i) => ({ x: [i], y: i < 4 ? 1 : i % 9 === 0 ? 1 : 0 }));
    const merged = await grow(frameOf(open(), rows), { maxDepth: 2 });
    const whole = await grow(frameOf(open(), rows), { maxDepth: 2, pruneTree: false });
    expect(merged.feature.length).toBeLessThan(whole.feature.length);
    for (const { x } of rows) expect(merged.value[leafOf(merged, 0, x)]).toBe(whole.value[leafOf(whole, 0, x)]);
  });

  it('is a single leaf for one row, for constant features and for equal labels', async () => {
    for (const impurity of ['gini', 'variance'] as const) {
      const one = await grow(frameOf(open(), [{ x: [3, 4], y: 1 }]), { impurity });
      expect([...one.feature]).toEqual([-1]);
      expect([...one.value]).toEqual([1]);
      const rows = [...Array(9).keys()].map((i) => ({ x: [2, 0], y: i % 2 }));
      expect((await grow(frameOf(open(), rows), { impurity })).feature).toHaveLength(1);
      const same = await grow(
        frameOf(
          open(),
          rows.map((row, i) => ({ x: [i, -i], y: row.x[0] as number })),
        ),
        { impurity },
      );
      expect([...same.value]).toEqual([2]);
    }
  });

  it('looks at no row of weight 0 but to count it', async () => {
    const rows: Row[] = [...Array(30).keys()].map((i) => ({ x: [i % 7], y: i % 7 > 3 ? 1 : 0, w: 1 }));
    const more = [...rows, ...rows.map(({ x, y }) => ({ x, y: 1 - y, w: 0 }))];
    const [few, many] = [await grow(frameOf(open(), rows), { columns: WEIGHTED }), await grow(frameOf(open(), more), { columns: WEIGHTED })];
    expect({ ...many, rawCount: null }).toEqual({ ...few, rawCount: null });
    expect([...many.rawCount]).toEqual([...few.rawCount].map((count) => 2 * count));
  });

  it('has codes of more than 255 bins too', async () => {
    const random = new Random(3);
    const rows = Array.from({ length: 900 }, () => ({ x: [random.next(), random.nextInt(300)], y: random.nextInt(2) }));
    const trees = await grow(frameOf(open(), rows, [0, 300]), { maxBins: 1000, maxDepth: 3, pruneTree: false });
    verify(trees, 0, rows, { numClasses: 2, impurity: 'gini', counts: [0, 300], minInstancesPerNode: 1, maxDepth: 3 });
  });
});

/** A hash of everything that trees hold. */
function bytesOf(trees: SparkTrees): string {
  const hash = createHash('sha256');
  for (const [name, values] of Object.entries(trees))
    hash.update(name).update(typeof values === 'number' ? String(values) : new Uint8Array(values.buffer));
  return hash.digest('hex');
}

/** Labels that follow from the features and chance. */
function manyRows(n: number, seed: number): Row[] {
  const random = new Random(seed);
  return Array.from({ length: n }, () => {
    const x = [random.nextInt(40), random.nextInt(25) / 5, random.nextInt(4), random.nextInt(30), random.nextInt(3)];
    const score = Math.sin((x[0] as number) / 5) + (x[1] as number) / 5 + (x[2] === 2 ? 1 : 0) + random.nextGaussian();
    return { x, y: score > 1 ? 1 : 0, w: 1 + random.nextInt(3) };
  });
}

describe('many rows', () => {
  const rows = manyRows(30_000, 5);
  const counts = [0, 0, 4, 0, 3];

  it('give a tree whose nodes have the statistics of their rows, though siblings are subtracted', async () => {
    for (const [impurity, columns, maxDepth] of [
      ['gini', WEIGHTED, 4],
      ['variance', WEIGHTED, 4],
      ['variance', COLUMNS, 8],
    ] as const) {
      const numClasses = impurity === 'gini' ? 2 : 0;
      const taken = columns === WEIGHTED ? rows : rows.map(({ x, y }) => ({ x, y }));
      const trees = await grow(frameOf(open(), taken, counts), { impurity, maxDepth, maxBins: 40, pruneTree: false, columns });
      const thresholds = counts.map((_, j) => [...trees.threshold].filter((_, i) => trees.feature[i] === j && !Number.isNaN(trees.threshold[i])));
      const plain = { numClasses, impurity, counts, minInstancesPerNode: 1, maxDepth, thresholds };
      const visit = (i: number, own: readonly Row[]): void => {
        expect(trees.rawCount[i]).toBe(own.length);
        const stats = statsOf(own, numClasses);
        for (const [s, stat] of stats.entries()) expect(trees.impurityStats[i * trees.statsSize + s]).toBeCloseTo(stat, 6);
        if ((trees.feature[i] as number) < 0) return;
        const sides = [own.filter(({ x }) => goesLeft(trees, i, x)), own.filter(({ x }) => !goesLeft(trees, i, x))] as const;
        expect(trees.gain[i]).toBeCloseTo(gainOf(own, sides, plain), 9);
        visit(trees.left[i] as number, sides[0]);
        visit(trees.right[i] as number, sides[1]);
      };
      visit(0, taken);
      expect(trees.feature.length).toBeGreaterThan(20);
    }
  });

  it('are split by the first of features that part them alike', async () => {
    const same = rows.map(({ x: [a = 0, b = 0, c = 0], y }) => ({ x: [b, a, c, 2 * a, b, -b, c, a], y }));
    const { trees } = await boost(frameOf(open(), same), { loss: 'logistic', maxIter: 12, maxDepth: 5 });
    expect(new Set(trees.feature)).toEqual(new Set([-1, 0, 1, 2]));
  });

  it('are not split where all labels are the same', async () => {
    for (const y of [0.25, 0.3, 3, 1e5]) {
      const same = rows.map(({ x }) => ({ x, y: x[2] === 2 ? y : 0 }));
      const trees = await grow(frameOf(open(), same, counts), { impurity: 'variance', maxDepth: 6, pruneTree: false });
      expect([...trees.rawCount]).toEqual([30_000, same.filter((row) => row.y === 0).length, same.filter((row) => row.y > 0).length]);
      const one = same.map(({ x }) => ({ x, y: 3 }));
      expect((await grow(frameOf(open(), one, counts), { impurity: 'variance' })).feature).toHaveLength(1);
    }
  });

  it('are not split where labels vary by less than a double tells from 1', async () => {
    const tiny = rows.map(({ x }) => ({ x, y: 1e-9 * x[2] }));
    const frame = frameOf(open(), tiny, counts);
    const { feature, value, impurity } = await grow(frame, { impurity: 'variance', maxDepth: 4 });
    expect([...feature]).toEqual([-1]);
    expect(value[0]).toBeCloseTo(sum(tiny.map(({ y }) => y)) / tiny.length, 15);
    expect(impurity[0]).toBeLessThan(Number.EPSILON);
    const { trees } = await boost(frame, { loss: 'squared', maxIter: 2 });
    expect([...trees.feature]).toEqual([-1, -1]);
  });

  const forest: Partial<ForestRequest> = { numTrees: 11, bootstrap: true, featureSubsetStrategy: 'sqrt', maxDepth: 6, subsamplingRate: 0.7 };

  it('give the same bits on 1, 2 and 4 threads', async () => {
    // Rows enough for four threads, and a task each, with other last digits of a node's sums.
    const random = new Random(1);
    const more = Array.from({ length: 50_001 }, () => {
      const x = Array.from({ length: 5 }, () => random.next()) as [number, number, number, number, number];
      return { x, y: 3 * x[4] + x[3] * x[2] + x[0] + random.next() };
    });
    const fits = async (workers: number) => {
      const { Session } = await import('#dist/engine/session.js');
      const own = await Session.local({ workers });
      try {
        const frame = frameOf(own, rows, counts).cache();
        const fitted = [
          await grow(frame, { maxDepth: 7, columns: WEIGHTED }),
          await grow(frame, forest),
          await grow(frame, { ...forest, impurity: 'variance', bootstrap: false, maxDepth: 17, numTrees: 3 }),
          await boost(frame, { loss: 'logistic', subsamplingRate: 0.8, featureSubsetStrategy: '3', maxIter: 3 }),
          await boost(frame, { loss: 'absolute', maxIter: 3, columns: WEIGHTED }),
          await boost(frame, { loss: 'logistic', maxIter: 4, subsamplingRate: 0.9 }),
          await grow(frame, { impurity: 'variance', maxDepth: 9, numTrees: 2 }),
          await grow(frameOf(own, more), { impurity: 'variance' }),
        ];
        return fitted.map((one) => bytesOf('trees' in one ? one.trees : one));
      } finally {
        await own.close();
      }
    };
    const one = await fits(1);
    for (const workers of [2, 4]) expect(await fits(workers)).toEqual(one);
  });

  it('are drawn as they should be: each tree has its own, of the size asked for', async () => {
    for (const bootstrap of [true, false]) {
      const trees = await grow(frameOf(open(), rows, counts), { ...forest, bootstrap });
      const roots = [...trees.starts.subarray(0, -1)].map((start) => trees.rawCount[start] as number);
      expect(new Set(roots).size).toBeGreaterThan(8);
      for (const root of roots) expect(Math.abs(root / rows.length - 0.7)).toBeLessThan(0.02);
    }
  });

  it('are counted as often as they were drawn', async () => {
    const trees = await grow(frameOf(open(), rows, counts), { ...forest, columns: WEIGHTED });
    for (let i = 0; i < trees.feature.length; i++) {
      if ((trees.feature[i] as number) < 0) continue;
      const [left, right] = [trees.left[i] as number, trees.right[i] as number];
      expect(trees.rawCount[i]).toBe((trees.rawCount[left] as number) + (trees.rawCount[right] as number));
      expect(trees.cover[i]).toBe((trees.cover[left] as number) + (trees.cover[right] as number));
    }
  });

  it('tell how far the fit is, and let it be ended at once', async () => {
    const events: Record<string, unknown>[] = [];
    await grow(frameOf(open(), rows, counts), { ...forest, numTrees: 3 }, { onProgress: (event) => events.push({ ...event }) });
    expect(events.at(-1)).toMatchObject({ trees: 3 });
    expect(events.map(({ level }) => level).filter((level) => level !== undefined)).toEqual([0, 1, 2, 3, 4, 5]);
    const abort = new AbortController();
    const fit = grow(frameOf(open(), rows, counts), { ...forest, numTrees: 400 }, { signal: abort.signal, onProgress: () => abort.abort() });
    await refuses(() => fit, 'ABORTED');
  });
});

describe('boosting', () => {
  const rows = manyRows(400, 8).map((row, i) => ({ ...row, held: i % 5 === 0 }));
  const predict = ({ trees, treeWeights }: { trees: SparkTrees; treeWeights: Float64Array }, x: readonly number[]) =>
    sum([...treeWeights].map((weight, t) => weight * (trees.value[leafOf(trees, t, x)] as number)));

  it('fits each tree to what the trees before leave, for every loss', async () => {
    const residuals = {
      squared: (f: number, y: number) => 2 * (y - f),
      absolute: (f: number, y: number) => (y - f < 0 ? -1 : 1),
      logistic: (f: number, y: number) => (4 * (2 * y - 1)) / (1 + Math.exp(2 * (2 * y - 1) * f)),
    };
    for (const loss of ['squared', 'absolute', 'logistic'] as const) {
      const { trees, treeWeights } = await boost(frameOf(open(), rows), { loss, maxIter: 3, maxDepth: 2, stepSize: 0.3 });
      expect([...treeWeights]).toEqual([1, 0.3, 0.3]);
      for (let t = 0; t < 3; t++) {
        const before = { trees, treeWeights: treeWeights.slice(0, t) };
        const sums = new Map<number, { total: number; count: number }>();
        for (const { x, y } of rows) {
          const target = t === 0 ? (loss === 'logistic' ? 2 * y - 1 : y) : residuals[loss](predict(before, x), y);
          const own = sums.get(leafOf(trees, t, x)) ?? { total: 0, count: 0 };
          sums.set(leafOf(trees, t, x), { total: own.total + target, count: own.count + 1 });
        }
        for (const [leaf, { total, count }] of sums) expect(trees.value[leaf]).toBeCloseTo(total / count, 12);
      }
    }
  });

  it('does not look at rows held out, and stops when they are predicted no better', async () => {
    const options = { validationIndicatorCol: 'held', loss: 'logistic' as const, stepSize: 0.9, maxIter: 60, maxDepth: 4 };
    const judged: (number | undefined)[] = [];
    const stopped = await boost(frameOf(open(), rows), options, { onProgress: ({ level, validation }) => level ?? judged.push(validation) });
    expect(judged.length).toBeGreaterThan(stopped.treeWeights.length);
    expect(judged.every(Number.isFinite)).toBe(true);
    expect(stopped.treeWeights.length).toBeLessThan(60);
    const trained = rows.filter(({ held }) => !held);
    expect(stopped.trees.rawCount[0]).toBe(trained.length);
    const alone = await boost(frameOf(open(), trained), { ...options, validationIndicatorCol: undefined, maxIter: stopped.treeWeights.length });
    expect(alone).toEqual(stopped);
  });

  it('refuses labels that are no two classes, and validation with no rows or all rows held out', async () => {
    await refuses(
      () => boost(frameOf(open(), [...rows, { x: [0, 0, 0, 0, 0], y: 2 }]), { loss: 'logistic' }),
      'VALUE_INVALID',
      { row: 400, value: 2 },
      'Boosting: column "label"',
    );
    for (const held of [true, false]) {
      const all = rows.map((row) => ({ ...row, held }));
      await refuses(() => boost(frameOf(open(), all), { validationIndicatorCol: 'held' }), 'VALUE_INVALID', { column: 'held' }, `${held} in all`);
    }
    expect(BOOSTED.loss).toBe('squared');
  });
});

describe('bad input is refused before any tree grows', () => {
  const rows = manyRows(60, 2);

  it('fewer bins, or fewer rows, than a feature has categories', async () => {
    const counts = [0, 0, 33, 0, 3];
    const frame = frameOf(open(), rows, counts);
    await refuses(
      () => grow(frame),
      'PARAM_INVALID',
      { feature: 'c2', param: 'maxBins', value: 33 },
      /maxBins \(32\) must be at least .* feature "c2" \(number 2\) has 33; set maxBins to 33 or more/,
    );
    await refuses(
      () => grow(frameOf(open(), rows.slice(0, 20), counts), { maxBins: 40 }),
      'PARAM_INVALID',
      { feature: 'c2' },
      'at least as many rows (20)',
    );
    expect((await grow(frame, { maxBins: 33 })).feature.length).toBeGreaterThan(1);
  });

  it('labels that are no classes, by row', async () => {
    for (const y of [-1, 0.5, 100]) {
      await refuses(() => grow(frameOf(open(), [...rows, { x: [0, 0, 0, 0, 0], y }])), 'VALUE_INVALID', { column: 'label', row: 60, value: y });
    }
    await refuses(() => grow(frameOf(open(), rows), { numClasses: 1 }), 'VALUE_INVALID', { column: 'label', value: 1 });
    expect((await grow(frameOf(open(), [...rows, { x: [0, 0, 0, 0, 0], y: 100 }]), { numClasses: 101 })).statsSize).toBe(101);
  });

  it('categories that are none, weights that are all 0, no features, no rows', async () => {
    await refuses(() => grow(frameOf(open(), [...rows, { x: [0, 0, 7, 0, 0], y: 0 }], [0, 0, 4, 0, 3])), 'VALUE_INVALID', { row: 60 });
    const light = rows.map((row) => ({ ...row, w: 0 }));
    const none = { column: 'weight' };
    for (const impurity of ['gini', 'variance'] as const)
      await refuses(() => grow(frameOf(open(), light), { impurity, columns: WEIGHTED }), 'VALUE_INVALID', none, 'in some row, all are 0');
    await refuses(() => boost(frameOf(open(), light), { columns: WEIGHTED }), 'VALUE_INVALID', none, 'in some row, all are 0');
    for (const w of [1e-300, 1e308]) {
      const extreme = frameOf(
        open(),
        rows.map((row) => ({ ...row, w })),
      );
      for (const impurity of ['gini', 'variance'] as const)
        await refuses(() => grow(extreme, { impurity, columns: WEIGHTED }), 'VALUE_INVALID', none, 'divide all weights by it');
      await refuses(() => boost(extreme, { columns: WEIGHTED }), 'VALUE_INVALID', none, 'divide all weights by it');
    }
    for (const [heavy, rule] of [
      [true, 'that is not held out'],
      [false, 'that is held out'],
    ] as const) {
      const some = rows.map((row, i) => ({ ...row, held: i % 2 === 0, w: (i % 2 === 0) === heavy ? 1 : 0 }));
      const held = { columns: WEIGHTED, validationIndicatorCol: 'held' };
      await refuses(() => boost(frameOf(open(), some), held), 'VALUE_INVALID', none, rule);
    }
    const wide = rows.map((row) => ({ ...row, y: 1e200 * row.y }));
    await refuses(() => grow(frameOf(open(), wide), { impurity: 'variance' }), 'VALUE_INVALID', { column: 'label' }, 'divide them by 1e150');
    await refuses(() => boost(frameOf(open(), wide)), 'VALUE_INVALID', { column: 'label' }, 'Infinity');
    await refuses(() => grow(frameOf(open(), [{ x: [], y: 0 }])), 'VALUE_INVALID', { column: 'features' }, 'at least one feature');
    await refuses(() => grow(frameOf(open(), rows).filter('label > 5')), 'EMPTY_DATASET');
    await refuses(() => grow(frameOf(open(), rows), { featureSubsetStrategy: 'most' }), 'PARAM_INVALID', { param: 'featureSubsetStrategy' });
  });
});
