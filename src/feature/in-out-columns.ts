import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';
import type * as z from '../param/zod.ts';

/** Params of a stage that works on one column (`inputCol`, `outputCol`) or on several (`inputCols`, `outputCols`). */
export interface InOutParams {
  readonly inputCol?: string;
  readonly inputCols?: readonly string[];
  readonly outputCol?: string;
  readonly outputCols?: readonly string[];
}

export interface InOutColumn {
  readonly input: string;
  readonly output: string;
}

interface Owner extends StageName {
  readonly params: InOutParams;
}

/** Refuses params that mix the two forms, lists of different lengths and outputs named twice. For zod's `superRefine`. */
export function refineInOut(params: InOutParams, context: z.RefinementCtx): void {
  const fail = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path });
  const { inputCol, inputCols, outputCols } = params;
  if (inputCol !== undefined && inputCols !== undefined) fail('exactly one of inputCol and inputCols must be set, both are');
  else if (inputCol !== undefined && outputCols !== undefined) fail('inputCol goes with outputCol, not with outputCols');
  if (inputCols !== undefined && outputCols !== undefined && inputCols.length !== outputCols.length) {
    fail(`inputCols and outputCols must be of one length, got ${inputCols.length} and ${outputCols.length}`);
  }
  const twice = outputCols?.find((name, i) => outputCols.indexOf(name) !== i);
  if (twice !== undefined) fail(`must name each column once, ${show(twice)} stands twice`, 'outputCols');
}

/** The columns read and made, in pairs; fails when the params name none. */
export function inOutColumns({ owner, uid, params }: Owner): InOutColumn[] {
  const { inputCol, inputCols, outputCol, outputCols } = params;
  if (inputCol !== undefined) return [{ input: inputCol, output: outputCol as string }];
  if (inputCols === undefined) {
    throw new MlError('PARAM_INVALID', `${owner}: inputCol or inputCols must be set`, { stage: uid, param: 'inputCol' });
  }
  if (outputCols === undefined) {
    throw new MlError('PARAM_INVALID', `${owner}: outputCols must be set when inputCols is`, { stage: uid, param: 'outputCols' });
  }
  return inputCols.map((input, i) => ({ input, output: outputCols[i] }));
}

/** The input columns' names, as far as the params name them. */
export function inputNames({ inputCol, inputCols }: InOutParams): readonly string[] {
  return inputCol !== undefined ? [inputCol] : (inputCols ?? []);
}

/** How many columns there are, where the params list them: for `toString`. */
export function columnCounts({ inputCols, outputCols }: InOutParams) {
  return { numInputCols: inputCols?.length, numOutputCols: outputCols?.length };
}
