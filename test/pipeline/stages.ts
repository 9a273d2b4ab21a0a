import { z } from 'zod';
import type { Binder, Op } from '#dist/block/binder.js';
import type { NumberColumn } from '#dist/block/column.js';
import type { TrainingContext } from '#dist/engine/engine.js';
import type { Schema } from '#dist/frame/schema.js';
import { type Codec, Estimator, Model, params, UnaryParams, UnaryTransformer } from '#dist/pipeline/index.js';

export const add: Op<{ by: number }> =
  ({ by }) =>
  ([x]) => {
    const { values, valid } = x as NumberColumn;
    return [{ kind: 'numbers', values: values.map((v) => v + by), valid }];
  };

const AdderParams = UnaryParams.extend({ by: params.double().default(1).describe('what to add') });

/** outputCol = inputCol + by. */
export class Adder extends UnaryTransformer<typeof AdderParams, { by: number }> {
  static readonly type: string = 'test.Adder';
  static readonly paramSchema = AdderParams;
  protected readonly inputForm = 'numbers';
  protected readonly outputType = 'double';

  protected step() {
    return { module: import.meta.url, op: add, args: { by: this.params.by } };
  }
}

const CentererParams = z
  .strictObject({
    inputCol: params.name().default('x').describe('what to center'),
    outputCol: params.name().default('prediction').describe('the centered column'),
    shift: params.double({ max: 100 }).default(0).describe('added to the mean'),
    low: params.double().default(0).describe('must be below high'),
    high: params.double().default(1).describe('must be above low'),
  })
  .refine((p) => p.low < p.high, { path: ['high'], message: 'must be greater than low' });

/** What went on in fits of centerers: how many, how many at once at most, and hooks. */
export const watch = { fits: 0, running: 0, most: 0, onFit: async (_params: { shift: number }, _signal?: AbortSignal) => {} };

/** Learns the mean of a column; its model puts out `inputCol - mean - shift`. */
export class Centerer extends Estimator<typeof CentererParams, CentererModel> {
  static readonly type: string = 'test.Centerer';
  static readonly paramSchema = CentererParams;

  protected outputSchema(schema: Schema): Schema {
    return centered(this, schema);
  }

  protected async train(context: TrainingContext): Promise<CentererModel> {
    watch.fits++;
    watch.most = Math.max(watch.most, ++watch.running);
    try {
      let sum = 0;
      let rows = 0;
      await context.scan([this.params.inputCol], (block) => {
        const { values } = block.columns[0] as NumberColumn;
        for (let i = 0; i < block.rows; i++) sum += values[i];
        rows += block.rows;
      });
      context.report({ iteration: 1, objective: sum });
      await watch.onFit(this.params, context.signal);
      return new CentererModel(Object.fromEntries(this.setParams()), { mean: sum / rows }, this.uid, this);
    } finally {
      watch.running--;
    }
  }
}

export class CentererModel extends Model<typeof CentererParams, { mean: number }> {
  static readonly type: string = 'test.CentererModel';
  static readonly paramSchema = CentererParams;
  static readonly codec: Codec<{ mean: number }> = {
    columns: { mean: 'double!' },
    encode: ({ mean }) => [[mean]],
    decode: ([[mean]]) => ({ mean: mean as number }),
  };

  protected outputSchema(schema: Schema): Schema {
    return centered(this, schema);
  }

  bind(binder: Binder): void {
    const by = -this.state.mean - this.params.shift;
    binder.step(import.meta.url, add, { by }, [binder.numbers(this.params.inputCol)], [this.params.outputCol]);
  }
}

function centered({ owner, params }: Centerer | CentererModel, schema: Schema): Schema {
  schema.require(owner, params.inputCol, 'numeric');
  return schema.add(owner, params.outputCol, { kind: 'double' });
}
