import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { HistGradientBoostingClassificationModel, HistGradientBoostingClassifier, LogisticRegression } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import { StringIndexer, StringIndexerModel } from '#dist/feature/index.js';
import { Vectors } from '#dist/linalg/index.js';
import { load } from '#dist/persistence/load.js';
import { PipelineModel } from '#dist/pipeline/index.js';
import { folder, refuses } from '../engine/harness.ts';
import { SparkServer } from './server.ts';

// A file system of the server's that is not this machine's, as far as anybody can tell by the path.
const VIEW = 'spark.hadoop.fs.viewfs.mounttable.far.link./models';

describe.each(['file:', 'viewfs:'])('%s paths, on a connected session', { timeout: 300_000 }, (scheme) => {
  const path = folder();
  const server = (name: string) => (scheme === 'file:' ? `file:${path(name)}` : `viewfs://far/models/${name}`);
  let [session, other]: [Session?, SparkServer?] = [];
  beforeAll(async () => {
    if (scheme !== 'file:') other = await SparkServer.start(process.env.SPARK_PYTHON as string, { settings: { [VIEW]: `file:${path()}` } });
    session = await Session.connect(other?.address ?? inject('sparkAddress'));
  });
  afterAll(async () => {
    await session?.close();
    await other?.stop();
  });

  it('are read by other sessions of this machine as folders', async () => {
    const model = StringIndexerModel.fromLabels(['b', 'a'], { inputCol: 'x', outputCol: 'y' });
    await model.save(server('indexer'));
    expect((await StringIndexerModel.load(path('indexer'))).labels).toEqual(['b', 'a']);
    expect(existsSync(path('indexer', 'data'))).toBe(true);
  });

  it('hold stages that Spark lacks too', async () => {
    const local = await Session.local({ workers: 1 });
    const rows = Array.from({ length: 60 }, (_, i) => ({ features: Vectors.dense([i % 7, i % 5]), label: i % 2 }));
    const model = await new HistGradientBoostingClassifier({ maxIter: 3 }).fit(local.createFrame(rows, { features: 'vector', label: 'double' }));
    await local.close();
    await model.save(server('boosted'));
    const again = await HistGradientBoostingClassificationModel.load(server('boosted'));
    for (const { features } of rows) expect(again.predictRaw(features)).toEqual(model.predictRaw(features));
  });

  it('are refused where there are files, unless a saved stage is to be replaced', async () => {
    const [first, second] = [new LogisticRegression({ maxIter: 3 }), new StringIndexer({ inputCol: 'x', outputCol: 'y' })];
    await first.save(server('taken'));
    await refuses(() => second.save(server('taken')), 'ALREADY_EXISTS', { path: server('taken') }, 'overwrite: true');
    await second.save(server('taken'), { overwrite: true });
    expect((await load(server('taken'))).uid).toBe(second.uid);
    mkdirSync(path('mine', 'nested'), { recursive: true });
    writeFileSync(path('mine', 'notes.txt'), 'keep me');
    await second.save(server('mine/nested/stage'));
    for (const name of ['mine', 'mine/nested'])
      await refuses(() => first.save(server(name), { overwrite: true }), 'ALREADY_EXISTS', {}, 'no saved stage');
    await first.save(server('mine/nested/stage'), { overwrite: true });
  });

  it('are rid of what a killed save left beside them long ago, by the next save that replaces', async () => {
    const stage = new LogisticRegression({ maxIter: 3 });
    await stage.save(server('left'));
    await stage.save(server('left.saving-old'));
    await stage.save(server('left.saving-new'));
    const files = readdirSync(path('left.saving-old'), { recursive: true }).map((name) => path('left.saving-old', String(name)));
    for (const file of files) utimesSync(file, 1, 1);
    await stage.save(server('left'), { overwrite: true });
    expect(readdirSync(path()).filter((name) => name.startsWith('left'))).toEqual(['left', 'left.saving-new']);
  });

  it('must hold a saved stage of the class asked for', async () => {
    await refuses(() => load(server('nowhere')), 'NOT_FOUND');
    await new LogisticRegression().save(server('lr'));
    await refuses(() => PipelineModel.load(server('lr')), 'MODEL_FORMAT', { path: server('lr') }, 'PipelineModel');
  });

  it('need a connected session, or are this machine’s', async () => {
    await new LogisticRegression().save(server('here'));
    await session?.close();
    expect((await load(`file://${path('here')}`)).owner).toBe('LogisticRegression');
    await refuses(() => load('hdfs://somewhere/model'), 'NOT_SUPPORTED', {}, 'Session.connect');
  });
});
