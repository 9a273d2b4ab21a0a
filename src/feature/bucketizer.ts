import type { Binder, Step } from '../block/binder.ts';
import { type Block, type CodeColumn, codesFor, dropRow } from '../block/column.ts';
import { NumberReader } from '../block/numbers.ts';
import { MlError } from '../error.ts';
import { attributeMetadata } from '../frame/attributes.ts';
import type { Schema } from '../frame/schema.ts';
import { DOUBLE } from '../frame/types.ts';
import { javaDouble } from '../linalg/format.ts';
import { doubles, isArray, param } from '../param/param.ts';
import { handleInvalid, inputCol, inputCols, outputCol, outputCols } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import { Transformer } from '../pipeline/transformer.ts';
import { columnCounts, type InOutColumn, inOutColumns, refineInOut } from './in-out-columns.ts';
import { invalidValue, isKept, type Site } from './invalid-value.ts';

const SPLITS_RULE = 'at least 3 numbers, strictly increasing, none of them NaN';

/** Params of Bucketizer. */
export const BucketizerParams = z
  .strictObject({
    inputCol,
    inputCols,
    outputCol,
    outputCols,
    handleInvalid: handleInvalid
      .default('error')
      .describe('what to do with NaN: error, skip (drop the row, null rows too) or keep (a bucket of its own); values outside the splits are errors'),
    splits: doubles(SPLITS_RULE, areSplits).optional().describe('n + 1 borders of n buckets [x, y); the last bucket holds its upper border too'),
    splitsArray: param<readonly (readonly number[])[]>('double[][]', `arrays of ${SPLITS_RULE}`, (v) => isArray(v, isSplits) && v.length > 0)
      .optional()
      .describe('splits of each input column'),
  })
  .superRefine((params, context) => {
    refineInOut(params, context);
    const fail = (message: string) => context.addIssue({ code: 'custom', message, path: [] });
    if (params.splits !== undefined && params.splitsArray !== undefined) fail('exactly one of splits and splitsArray must be set, both are');
    if (params.inputCol !== undefined && params.splitsArray !== undefined) fail('inputCol goes with splits, not with splitsArray');
    if (params.inputCols !== undefined && params.splits !== undefined) fail('inputCols goes with splitsArray, not with splits');
    const { inputCols: inputs, splitsArray } = params;
    if (inputs !== undefined && splitsArray !== undefined && inputs.length !== splitsArray.length) {
      fail(`inputCols and splitsArray must be of one length, got ${inputs.length} and ${splitsArray.length}`);
    }
  });
export type BucketizerParams = z.input<typeof BucketizerParams>;

/** Turns numbers into the index of the bucket they fall in. null stays null. The buckets' borders are the output's labels. */
export class Bucketizer extends Transformer<typeof BucketizerParams> {
  static readonly type: string = 'org.apache.spark.ml.feature.Bucketizer';
  static readonly paramSchema = BucketizerParams;

  bind(binder: Binder): void {
    const { owner, uid: stage } = this;
    for (const { input, output, splits } of this.#columns()) {
      const args: BucketArgs = { owner, stage, column: input, splits: Float64Array.from(splits), handleInvalid: this.params.handleInvalid };
      binder.step(import.meta.url, toBuckets, args, [binder.numbers(input)], [output]);
    }
  }

  protected override facts() {
    return columnCounts(this.params);
  }

  protected outputSchema(schema: Schema): Schema {
    return this.#columns().reduce((current, { input, output, splits }) => {
      const { nullable } = schema.require(this.owner, input, 'numeric');
      const values = splits.slice(1).map((upper, i) => `${javaDouble(splits[i])}, ${javaDouble(upper)}`);
      return current.add(this.owner, output, DOUBLE, { nullable, metadata: attributeMetadata({ type: 'nominal', values, extra: { ord: true } }) });
    }, schema);
  }

  #columns(): (InOutColumn & { splits: readonly number[] })[] {
    const { inputCol: one, splits, splitsArray } = this.params;
    const all = one !== undefined ? splits && [splits] : splitsArray;
    const columns = inOutColumns(this);
    if (all === undefined) {
      const name = one !== undefined ? 'splits' : 'splitsArray';
      throw new MlError('PARAM_INVALID', `${this.owner}: ${name} must be set`, { stage: this.uid, param: name });
    }
    return columns.map((column, i) => ({ ...column, splits: all[i] }));
  }
}

interface BucketArgs extends Site {
  readonly splits: Float64Array;
  readonly handleInvalid: 'error' | 'skip' | 'keep';
}

/** Numbers → bucket codes, by binary search; `-0` lies below `0`, as in Java. */
export function toBuckets(args: BucketArgs): Step {
  const { splits, handleInvalid } = args;
  const buckets = splits.length - 1;
  const size = handleInvalid === 'keep' ? buckets + 1 : buckets;
  const reader = new NumberReader();
  const out: CodeColumn = { kind: 'codes', codes: codesFor(size, 0), size, labels: null };
  const outputs = [out];
  return ([input], block) => {
    const { rows } = block;
    const { values, valid } = reader.read(input, rows);
    if (out.codes.length < rows) out.codes = codesFor(size, rows);
    const { codes } = out;
    for (let i = 0; i < rows; i++) {
      const x = values[i];
      const isNull = valid !== null && valid[i] === 0;
      if (!isNull && !Number.isNaN(x)) {
        const bucket = bucketOf(splits, x);
        if (bucket < 0 && isKept(block, i)) throw outside(args, block, i, x);
        codes[i] = bucket < 0 ? size : bucket;
      } else {
        codes[i] = isNull || handleInvalid !== 'keep' ? size : buckets;
        if (handleInvalid === 'skip') dropRow(block, i);
        else if (!isNull && handleInvalid === 'error' && isKept(block, i)) {
          throw invalidValue(args, block, i, 'hold no NaN', x, 'set handleInvalid to "keep" or "skip"');
        }
      }
    }
    return outputs;
  };
}

/** The bucket of x, which is not NaN; -1 outside the splits. */
function bucketOf(splits: Float64Array, x: number): number {
  const last = splits.length - 1;
  if (x === splits[last]) return last - 1;
  let low = 0;
  let high = last + 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (splits[middle] <= x) low = middle + 1;
    else high = middle;
  }
  const bucket = low - 1;
  if (x === 0 && bucket >= 0 && Object.is(x, -0) && Object.is(splits[bucket], 0)) return bucket - 1;
  return bucket > last - 1 ? -1 : bucket;
}

function outside(args: BucketArgs, block: Block, i: number, x: number): MlError {
  const { splits } = args;
  const range = `[${javaDouble(splits[0])}, ${javaDouble(splits[splits.length - 1])}]`;
  return invalidValue(args, block, i, `lie within the splits ${range}`, x, 'widen the splits, to -Infinity and Infinity if need be');
}

function areSplits(splits: readonly number[]): boolean {
  return splits.length >= 3 && splits.every((x, i) => i === 0 || splits[i - 1] < x);
}

function isSplits(value: unknown): boolean {
  return isArray(value, (x) => typeof x === 'number') && areSplits(value as number[]);
}
