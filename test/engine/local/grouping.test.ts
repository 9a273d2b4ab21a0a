import { describe, expect, it } from 'vitest';
import { Binarizer } from '#dist/feature/index.js';
import { col, count, grouping, groupingId, max, sum } from '#dist/frame/functions.js';
import { refuses, session } from '../harness.ts';

const open = session(2);
const rows = [
  { k: 'a', p: 'x', v: 1 },
  { k: 'a', p: '__proto__', v: 2 },
  { k: 'b', p: 'x', v: 3 },
  { k: 'b', p: null, v: 4 },
];
const frame = () => open().createFrame(rows, { k: 'string', p: 'string', v: 'double' });

describe('pivot without values', () => {
  it('has the columns that the rows make, ascending, from the first await on', async () => {
    const made = frame().groupBy('k').pivot('p').sum('v').orderBy('k');
    expect(await made.columns()).toEqual(['k', 'null', '__proto__', 'x']);
    expect(await made.select('k', 'x').collect()).toEqual([
      { k: 'a', x: 1 },
      { k: 'b', x: 3 },
    ]);
  });

  it('looks up the values once: its schema and its rows agree', async () => {
    const at = frame().groupBy('k').pivot('p').agg(max('v').as('top'), sum('v').as('all'));
    const names = await at.columns();
    expect(names).toEqual(['k', 'null_top', 'null_all', '__proto___top', '__proto___all', 'x_top', 'x_all']);
    expect(Object.keys((await at.filter(col('k').eq('a')).collect())[0] as object)).toEqual(names);
  });

  it('sees what a transformer and a function on batches made', async () => {
    const made = new Binarizer({ inputCol: 'v', outputCol: 'large', threshold: 2 }).transform(frame());
    expect(await made.groupBy('k').pivot('large').count().orderBy('k').collect()).toEqual([
      { k: 'a', '0.0': 2n, '1.0': null },
      { k: 'b', '0.0': null, '1.0': 2n },
    ]);
  });

  it('refuses columns without an order of values, and more values than can be columns', async () => {
    const lists = open().createFrame([{ a: [1] }], { a: 'array<int>' });
    await refuses(() => lists.groupBy().pivot('a').count().columns(), 'COLUMN_TYPE', { column: 'a' });
    await refuses(() => open().range(10_001).groupBy().pivot('id').count().columns(), 'VALUE_INVALID', {}, 'give the list');
    await refuses(() => frame().groupBy('k').pivot('nope').count().columns(), 'COLUMN_NOT_FOUND', { column: 'nope' });
    await refuses(() => frame().groupBy('k').pivot('p', []), 'PARAM_INVALID', { param: 'values' });
    for (const grouped of [frame().rollup('k'), frame().groupBy('k').pivot('p')]) await refuses(() => grouped.pivot('p'), 'NOT_SUPPORTED');
  });
});

describe('rollup and cube', () => {
  it('group by fewer keys, too; grouping tells a missing key from a null', async () => {
    const of = (grouped: ReturnType<ReturnType<typeof frame>['rollup']>) =>
      grouped.agg(sum('v').as('s'), groupingId().as('g'), grouping('p').as('gp')).orderBy('g', 'k', 'p').collect();
    const all = [
      { k: 'a', p: '__proto__', s: 2, g: 0n, gp: 0 },
      { k: 'a', p: 'x', s: 1, g: 0n, gp: 0 },
      { k: 'b', p: null, s: 4, g: 0n, gp: 0 },
      { k: 'b', p: 'x', s: 3, g: 0n, gp: 0 },
      { k: 'a', p: null, s: 3, g: 1n, gp: 1 },
      { k: 'b', p: null, s: 7, g: 1n, gp: 1 },
    ];
    const byP = [
      { k: null, p: null, s: 4, g: 2n, gp: 0 },
      { k: null, p: '__proto__', s: 2, g: 2n, gp: 0 },
      { k: null, p: 'x', s: 4, g: 2n, gp: 0 },
    ];
    const total = { k: null, p: null, s: 10, g: 3n, gp: 1 };
    expect(await of(frame().rollup('k', 'p'))).toEqual([...all, total]);
    expect(await of(frame().cube('k', 'p'))).toEqual([...all, ...byP, total]);
  });

  it('keys may be null in what comes out', async () => {
    const made = open()
      .createFrame([{ id: 1 }], { id: { type: 'int', nullable: false } })
      .rollup('id')
      .agg(count('*').as('n'));
    expect((await made.schema()).find('id')?.nullable).toBe(true);
  });

  it('grouping stands only there, and of a key', async () => {
    await refuses(() => frame().groupBy('k').agg(grouping('k')).columns(), 'EXPRESSION_INVALID', {}, 'rollup');
    await refuses(() => frame().select(groupingId()).columns(), 'EXPRESSION_INVALID', {}, 'rollup');
    await refuses(() => frame().cube('k').agg(grouping('p')).columns(), 'EXPRESSION_INVALID', {}, 'one of the keys');
    await refuses(() => frame().cube('k', 'p').agg(groupingId('p', 'k')).columns(), 'EXPRESSION_INVALID', {}, 'all keys');
  });
});

describe('sample with replacement', () => {
  const ids = (n = 20_000) => open().range(n);
  const taken = async (fraction: number, seed: number, frame = ids()) =>
    (await frame.sample(true, fraction, seed).collect()).map((r) => Number(r.id));

  it('takes each row as often as a Poisson number of that mean says, in their order', async () => {
    for (const mean of [0.3, 1, 5]) {
      const found = await taken(mean, 7);
      expect([...found].sort((a, b) => a - b)).toEqual(found);
      const times = new Int32Array(20_000);
      for (const id of found) times[id]++;
      const average = found.length / 20_000;
      const spread = times.reduce((total, t) => total + (t - average) ** 2, 0) / 20_000;
      expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(mean / 20_000));
      expect(Math.abs(spread / mean - 1)).toBeLessThan(0.06);
    }
  });

  it('takes the same rows at every run, whatever the partitions, and others for another seed', async () => {
    const found = await taken(0.5, 3);
    expect(await taken(0.5, 3)).toEqual(found);
    expect(await taken(0.5, 3, ids().repartition(7))).toEqual(found);
    expect(await taken(0.5, 4)).not.toEqual(found);
  });

  it('may be asked for by one object, and takes no row of fraction 0', async () => {
    expect(await ids(50).sample({ withReplacement: true, fraction: 2, seed: 1 }).collect()).toEqual(await ids(50).sample(true, 2, 1).collect());
    expect(await ids(50).sample({ fraction: 0.5, seed: 1 }).collect()).toEqual(await ids(50).sample(0.5, 1).collect());
    expect(await ids(50).sample(false, 0.5, 1).collect()).toEqual(await ids(50).sample(0.5, 1).collect());
    expect(await ids(50).sample(true, 0).count()).toBe(0);
  });

  it('refuses a fraction below 0, beyond 100, or beyond 1 without replacement', async () => {
    for (const fraction of [-0.1, 101, Number.NaN, '1' as never]) await refuses(() => ids().sample(true, fraction), 'PARAM_INVALID');
    for (const fraction of [-0.1, 1.5]) await refuses(() => ids().sample(fraction), 'PARAM_INVALID');
    await refuses(() => ids().sample({ withReplacement: 'yes' as never, fraction: 1 }), 'PARAM_INVALID', { param: 'withReplacement' });
  });
});
