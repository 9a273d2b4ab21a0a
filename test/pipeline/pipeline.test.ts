import { beforeEach, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '#dist/frame/executor.js';
import type { Plan } from '#dist/frame/plan.js';
import type { Schema } from '#dist/frame/schema.js';
import { ParamMap, Pipeline, PipelineModel, registeredStage, registerStage, Transformer, UnaryParams } from '#dist/pipeline/index.js';
import { ParamGridBuilder } from '#dist/tuning/index.js';
import { MemoryEngine } from './memory-engine.ts';
import { Adder, Centerer, watch } from './stages.ts';

const engine = new MemoryEngine();
const frame = engine.frame({ x: 'double' }, [{ x: 1 }, { x: 2 }, { x: 6 }]);

const before = new Adder({ inputCol: 'x', outputCol: 'x1', by: 1 });
const centerer = new Centerer({ inputCol: 'x1', outputCol: 'c' });
const after = new Adder({ inputCol: 'c', outputCol: 'd', by: 10 });
const pipeline = new Pipeline({ stages: [before, centerer, after] });

beforeEach(() => {
  engine.reads = 0;
  watch.onFit = async () => {};
});

describe('Pipeline', () => {
  it('fits each estimator to the frame as the stages before it left it', async () => {
    const model = await pipeline.fit(frame);
    expect(model.stages.map((stage) => stage.uid)).toEqual([before.uid, centerer.uid, after.uid]);
    expect((model.stages[1] as { state?: unknown }).state).toEqual({ mean: 4 });
    expect(await model.transform(frame).collect()).toEqual([
      { x: 1, x1: 2, c: -2, d: 8 },
      { x: 2, x1: 3, c: -1, d: 9 },
      { x: 6, x1: 7, c: 3, d: 13 },
    ]);
  });

  it('gives a model with its own uid, whose parent it is', async () => {
    const model = await pipeline.fit(frame);
    expect(model.uid).toBe(pipeline.uid);
    expect(model.uid).toMatch(/^Pipeline_[0-9a-f]{12}$/);
    expect(model.parent).toBe(pipeline);
  });

  it('does not run transformers after the last estimator', async () => {
    const seen: string[] = [];
    class Spy extends Adder {
      override transform(input: Parameters<Adder['transform']>[0]) {
        seen.push(this.params.outputCol);
        return super.transform(input);
      }
    }
    const spies = ['a', 'b'].map((outputCol, i) => new Spy({ inputCol: i === 0 ? 'x' : 'c', outputCol }));
    await new Pipeline({ stages: [spies[0], centerer.copy({ inputCol: 'a' }), spies[1]] }).fit(frame);
    expect(seen).toEqual(['a']);
  });

  it('folds the schema through all stages before any data is read', async () => {
    const wrong = new Adder({ inputCol: 'nowhere', outputCol: 'e' });
    const outer = new Pipeline({ stages: [new Pipeline({ stages: [before, centerer] }), wrong] });
    await expect(outer.fit(frame)).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND', details: { column: 'nowhere' } });
    expect(engine.reads).toBe(0);
  });

  it('has the schema that its model’s frame has', async () => {
    const folded = pipeline.transformSchema({ x: 'double' });
    expect(folded.names).toEqual(['x', 'x1', 'c', 'd']);
    const model = await pipeline.fit(frame);
    expect((await model.transform(frame).schema()).toLiteral()).toEqual(folded.toLiteral());
    expect(model.transformSchema({ x: 'double' }).toLiteral()).toEqual(folded.toLiteral());
  });

  it('may be a stage of another', async () => {
    const outer = new Pipeline({ stages: [new Pipeline({ stages: [before] }), new Pipeline({ stages: [centerer, after] })] });
    const flat = await (await pipeline.fit(frame)).transform(frame).collect();
    expect(await (await outer.fit(frame)).transform(frame).collect()).toEqual(flat);
  });

  it('without stages is the identity', async () => {
    expect(await (await new Pipeline({ stages: [] }).fit(frame)).transform(frame).collect()).toEqual(await frame.collect());
  });

  it('needs its stages to be set when it is fitted', async () => {
    await expect(new Pipeline().fit(frame)).rejects.toThrow('Pipeline: param stages must be set, it has no default');
  });

  it('is not changed by a fit', async () => {
    const uids = pipeline.params.stages?.map((stage) => stage.uid);
    await pipeline.fit(frame);
    expect(pipeline.params.stages?.map((stage) => stage.uid)).toEqual(uids);
    expect(Object.isFrozen(pipeline.params.stages)).toBe(true);
  });

  it('refuses a uid that stands twice, in nested pipelines too', () => {
    const message = `Pipeline: stages must have distinct uids, ${before.uid} stands twice; make a second stage instead of using one twice`;
    expect(() => new Pipeline({ stages: [before, before] })).toThrow(message);
    expect(() => new Pipeline({ stages: [before, new Pipeline({ stages: [before.copy({ outputCol: 'y' })] })] })).toThrow(message);
  });

  it('refuses what is no stage', () => {
    expect(() => new Pipeline({ stages: [{} as never] })).toThrow('Pipeline: stages must be an array of estimators and transformers, got [{}]');
    expect(() => new Pipeline({ stages: Object.assign(new Array(2), { 1: before }) })).toThrow('got [undefined,');
    expect(() => new Pipeline(new Map([['stages', [before]]]) as never)).toThrow('params must be an object such as');
    // @ts-expect-error: a misspelt param does not compile
    expect(() => new Pipeline({ stage: [] })).toThrow('unknown param stage; did you mean stages?');
  });

  it('hands a grid’s map to its stages, however deep', () => {
    const [map] = new ParamGridBuilder().addGrid(centerer, 'shift', [3]).addGrid(before, 'by', [5]).build();
    const copied = new Pipeline({ stages: [before, new Pipeline({ stages: [centerer] })] }).copy(map);
    const [first, inner] = copied.params.stages as [Adder, Pipeline];
    expect(first.params.by).toBe(5);
    expect((inner.getOrDefault('stages')[0] as Centerer).params.shift).toBe(3);
    expect(before.params.by).toBe(1);
  });

  it('tells which of its stages is done, and passes the stages’ events on', async () => {
    const events: ProgressEvent[] = [];
    await pipeline.fit(frame, { onProgress: (event) => events.push(event) });
    expect(events.filter((e) => e.stage === pipeline.uid).map((e) => [e.done, e.total])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(events.filter((e) => e.stage === centerer.uid)).toHaveLength(1);
  });

  it('stops between stages when its signal is aborted', async () => {
    const controller = new AbortController();
    watch.onFit = async () => controller.abort('enough');
    const second = new Centerer({ inputCol: 'c', outputCol: 'e' });
    const fits = watch.fits;
    const fit = new Pipeline({ stages: [before, centerer, second] }).fit(frame, { signal: controller.signal });
    await expect(fit).rejects.toMatchObject({ code: 'ABORTED', name: 'AbortError', cause: 'enough' });
    expect(watch.fits).toBe(fits + 1);
  });
});

describe('PipelineModel', () => {
  it('binds as one stage what its stages bind in turn', async () => {
    const model = await pipeline.fit(frame);
    expect(await frame.apply(model).collect()).toEqual(await model.transform(frame).collect());
  });

  it('hands a grid’s map to its stages', async () => {
    const model = await pipeline.fit(frame);
    const copied = model.copy(new ParamMap([{ parent: after.uid, name: 'by', value: 0 }]));
    expect(copied).toBeInstanceOf(PipelineModel);
    expect((copied.stages[2] as Adder).params.by).toBe(0);
    expect(copied.uid).toBe(model.uid);
  });

  it('transforms by each stage’s own transform', async () => {
    class Renamer extends Transformer<typeof UnaryParams> {
      static readonly type: string = 'test.Renamer';
      static readonly paramSchema = UnaryParams;
      override transform(input: typeof frame) {
        return input.limit(1);
      }
      protected outputSchema(schema: Schema) {
        return schema;
      }
      bind() {}
    }
    const model = await new Pipeline({ stages: [new Renamer(), before] }).fit(frame);
    const plan = model.transform(frame).plan as Extract<Plan, { op: 'transform' }>;
    expect(plan.input.op).toBe('limit');
  });
});

describe('registerStage', () => {
  it('finds a class by its declared name', () => {
    expect(registerStage(Adder)).toBe(Adder);
    expect(registeredStage('test.Adder')).toBe(Adder);
    expect(registerStage(Adder)).toBe(Adder);
    expect(registeredStage('__proto__')).toBeUndefined();
  });

  it('refuses a name that is taken, Spark’s, or missing', () => {
    class Impostor extends Adder {}
    expect(() => registerStage(Impostor)).toThrow('registerStage: type "test.Adder" must be unique, but Adder has it already');
    class Sparky extends Adder {
      static override readonly type = 'org.apache.spark.ml.feature.Tokenizer';
    }
    expect(() => registerStage(Sparky)).toThrow('must not be a name of Spark or Millstream');
    expect(() => registerStage(class {} as never)).toThrow('must be a class that extends');
  });
});
