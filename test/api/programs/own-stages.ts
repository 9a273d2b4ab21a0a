// Stages of a user's own: one column from another, an estimator with its model; saved, loaded and scored row by row.
import assert from 'node:assert/strict';
import {
  type Binder,
  type Codec,
  Estimator,
  Evaluator,
  type Frame,
  load,
  Model,
  type NumberColumn,
  type Op,
  Pipeline,
  PipelineModel,
  params,
  registerStage,
  type Schema,
  Session,
  type TrainingContext,
  UnaryParams,
  UnaryTransformer,
} from 'millstream';
import { VectorAssembler } from 'millstream/feature';
import { strictObject } from 'zod';

const ClipperParams = UnaryParams.extend({ most: params.double({ min: 0 }).default(10).describe('the largest value let through') });

export const clip: Op<{ most: number }> =
  ({ most }) =>
  ([x]) => {
    const { values, valid } = x as NumberColumn;
    return [{ kind: 'numbers', values: values.map((v) => Math.min(v, most)), valid }];
  };

class Clipper extends UnaryTransformer<typeof ClipperParams, { most: number }> {
  static readonly type = 'acme.Clipper';
  static readonly paramSchema = ClipperParams;
  protected readonly inputForm = 'numbers';
  protected readonly outputType = 'double';

  protected step() {
    return { module: import.meta.url, op: clip, args: { most: this.params.most } };
  }
}
registerStage(Clipper);

const CentererParams = strictObject({
  inputCol: params.name().default('x').describe('what to center'),
  outputCol: params.name().default('centered').describe('the centered column'),
});

class Centerer extends Estimator<typeof CentererParams, CentererModel> {
  static readonly type = 'acme.Centerer';
  static readonly paramSchema = CentererParams;

  protected outputSchema(schema: Schema): Schema {
    return centered(this.owner, this.params, schema);
  }

  protected async train(context: TrainingContext): Promise<CentererModel> {
    let sum = 0;
    let rows = 0;
    await context.scan([this.params.inputCol], (block) => {
      const { values } = block.columns[0] as NumberColumn;
      for (let i = 0; i < block.rows; i++) sum += values[i] ?? 0;
      rows += block.rows;
    });
    return this.model(CentererModel, { mean: sum / rows });
  }
}

export const shift: Op<{ by: number }> =
  ({ by }) =>
  ([x]) => {
    const { values, valid } = x as NumberColumn;
    return [{ kind: 'numbers', values: values.map((v) => v - by), valid }];
  };

class CentererModel extends Model<typeof CentererParams, { mean: number }> {
  static readonly type = 'acme.CentererModel';
  static readonly paramSchema = CentererParams;
  static readonly codec: Codec<{ mean: number }> = {
    columns: { mean: 'double!' },
    encode: ({ mean }) => [[mean]],
    decode: ([row]) => ({ mean: row?.[0] as number }),
  };

  get mean(): number {
    return this.state.mean;
  }

  protected outputSchema(schema: Schema): Schema {
    return centered(this.owner, this.params, schema);
  }

  bind(binder: Binder): void {
    binder.step(import.meta.url, shift, { by: this.mean }, [binder.numbers(this.params.inputCol)], [this.params.outputCol]);
  }
}
registerStage(Centerer);
registerStage(CentererModel);

function centered(owner: string, { inputCol, outputCol }: { inputCol: string; outputCol: string }, schema: Schema): Schema {
  schema.require(owner, inputCol, 'numeric');
  return schema.add(owner, outputCol, { kind: 'double' });
}

const SpreadParams = strictObject({ column: params.name().default('x').describe('the column') });

class Spread extends Evaluator<typeof SpreadParams> {
  static readonly type = 'acme.Spread';
  static readonly paramSchema = SpreadParams;
  get isLargerBetter(): boolean {
    return false;
  }
  async evaluate(frame: Frame): Promise<number> {
    const [low, high] = await frame.approxQuantile(this.params.column, [0, 1]);
    return (high ?? 0) - (low ?? 0);
  }
}
registerStage(Spread);

const session = await Session.local({ workers: 2 });
const frame = session.createFrame([{ x: 1 }, { x: 5 }, { x: 30 }], { x: 'double' });
const pipeline = new Pipeline({
  stages: [
    new Clipper({ inputCol: 'x', outputCol: 'clipped', most: 9 }),
    new Centerer({ inputCol: 'clipped' }),
    new VectorAssembler({ inputCols: ['centered'], outputCol: 'v' }),
  ],
});
const model = await pipeline.fit(frame);
const rows = await model.transform(frame).collect();
assert.deepEqual(
  rows.map((r) => [r.clipped, r.centered, String(r.v)]),
  [
    [1, -4, '[-4.0]'],
    [5, 0, '[0.0]'],
    [9, 4, '[4.0]'],
  ],
);
await pipeline.save('own/pipeline');
await model.save('own/model');
assert.equal(((await load('own/pipeline')) as Pipeline).params.stages?.length, 3);
const again = await PipelineModel.load('own/model');
const [clipper, centerer] = again.stages;
assert.ok(clipper instanceof Clipper && clipper.params.most === 9);
assert.ok(centerer instanceof CentererModel && centerer.mean === 5);
assert.deepEqual(await again.transform(frame).collect(), rows);
assert.equal(again.rowScorer()({ x: 7 }).centered, 2);
assert.equal(await new Spread({ column: 'centered' }).evaluate(again.transform(frame)), 8);

await new Clipper({ inputCol: 'x' }).copy({ most: 3 }).save('own/clipper');
assert.equal((await Clipper.load('own/clipper')).params.most, 3);
await assert.rejects(Clipper.load('own/model'), { code: 'MODEL_FORMAT' });
await session.close();
console.log('ok');
