import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Session } from '#dist/engine/session.js';
import type { SparkEngine } from '#dist/engine/spark/engine.js';
import { BinaryClassificationEvaluator } from '#dist/evaluation/index.js';
import { Binarizer, StringIndexerModel } from '#dist/feature/index.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import * as F from '#dist/frame/functions.js';
import { PipelineModel } from '#dist/pipeline/index.js';
import { filesIn, folder, SILENT } from '../engine/harness.ts';
import { type Cut, FaultProxy } from './proxy.ts';
import { soon } from './soon.ts';

const path = folder();
const RUNS = ['ExecutePlan', 'ReattachExecute'];
const ASKED = ['AnalyzePlan', 'AddArtifacts', 'ArtifactStatus'];
/** Rows of a frame that is uploaded: 3 MB. */
const UPLOADED = 30_000;

describe('whatever is cut', { timeout: 240_000 }, () => {
  let proxy: FaultProxy;
  let session: Session;
  let scores: Frame;
  let area: number;
  let turn = 0;
  const indexer = StringIndexerModel.fromLabels(['b', 'a'], { inputCol: 's', outputCol: 'ix' });
  const saved = new PipelineModel({}, { stages: [indexer, new Binarizer({ inputCol: 'ix' }, 'b')] as never }, 'saved');
  const evaluator = new BinaryClassificationEvaluator();
  const judged = () => evaluator.evaluate(scores);

  /** Each does its work, looks at what came of it, and leaves nothing. */
  const ACTIONS: Record<string, () => Promise<void>> = {
    'an upload': async () => {
      // The server keeps what it has had: each turn has rows of its own.
      const text = `${turn++} ${'and some more text '.repeat(5)}`;
      const frame = session.createFrame(Array.from({ length: UPLOADED }, (_, id) => ({ id, text: text + id })));
      expect(await frame.agg(F.count('id').alias('n'), F.sum('id').alias('s'), F.countDistinct('text').alias('d')).collect()).toEqual([
        { n: BigInt(UPLOADED), s: (UPLOADED * (UPLOADED - 1)) / 2, d: BigInt(UPLOADED) },
      ]);
    },
    'a save': async () => {
      const target = path(`saved-${turn++}`);
      await saved.save(`file:${target}`);
      expect(String(await PipelineModel.load(target))).toBe(String(saved));
      expect(filesIn(target).filter((name) => /(txt|parquet)$/.test(name))).toHaveLength(4);
      expect(readdirSync(path()).filter((name) => name.includes('.saving-'))).toEqual([]);
    },
    "a model's upload": async () => {
      const frame = session.createFrame([{ s: 'a' }, { s: 'b' }, { s: 'a' }]);
      await using model = indexer.copy({ outputCol: 'i' });
      expect((await model.transform(frame).collect()).map((row) => row.i)).toEqual([1, 0, 1]);
    },
    'a judgement': async () => expect(await judged()).toBe(area),
    'an appending write': async () => {
      const target = `file:${path(`written-${turn++}`)}`;
      for (const from of [0, 100]) await session.range(from, from + 100).write.parquet(target, { mode: 'append' });
      expect(await session.read.parquet(target).agg(F.count('id').alias('n'), F.countDistinct('id').alias('d')).collect()).toEqual([
        { n: 200n, d: 200n },
      ]);
    },
  };

  beforeAll(async () => {
    proxy = await FaultProxy.start(Number(inject('sparkAddress').split(':').at(-1)));
    session = await Session.connect(proxy.address, { logger: SILENT });
    const by = (n: number) => col('id').mod(n).cast('double');
    scores = session.range(500).select(by(7).alias('rawPrediction'), by(2).alias('label'));
    area = await judged();
  });
  afterAll(async () => {
    proxy?.breakNext(null);
    await session?.close();
    await proxy?.close();
  });

  const nothingLeft = async () => {
    proxy.breakNext(null);
    expect(await (scores.executor as SparkEngine).stages.kept()).toEqual([]);
    expect(await soon([], () => session.sql("SHOW TABLES LIKE 'millstream_*'").collect())).toEqual([]);
  };

  const cuts: Cut[] = [0, 1, 3].map((after) => ({ calls: RUNS, after, how: 'stream', times: after === 0 ? 3 : 1000 }));
  const asked: Cut[] = [0, 1].map((after) => ({ calls: ASKED, after, how: after === 0 ? 'connection' : 'stream', times: 2 }));
  const uploads: Cut[] = [1, 2].map((after) => ({ calls: ['AddArtifacts'], of: 'request', after, how: 'connection', times: 2 }));
  const told = ({ calls, after, how, of = 'answer' }: Cut) => `${calls} after ${after} of the ${of}, ${how}`;
  it.each([...cuts, ...asked, ...uploads].map((cut) => [told(cut), cut] as const))('is done once all the same: %s', async (_, cut) => {
    for (const [name, action] of Object.entries(ACTIONS)) {
      if (cut.of === 'request' && name !== 'an upload') continue;
      proxy.breakNext(cut);
      await action();
    }
    await nothingLeft();
  });
});
