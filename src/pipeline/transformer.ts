import type { Binder } from '../block/binder.ts';
import { MlError, show } from '../error.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import type { ParamSchema } from '../param/param.ts';
import { makeRowScorer, type RowScorer } from '../scoring/row-scorer.ts';
import { PipelineStage } from './stage.ts';

/** Turns a frame into a frame with more columns, row by row. */
export abstract class Transformer<P extends ParamSchema> extends PipelineStage<P> {
  /** The frame with this stage's columns added; lazy. */
  transform(frame: Frame): Frame {
    return frameOf(this.owner, frame).apply(this);
  }

  /** Adds this stage's steps to a program over blocks (see `block/binder.ts`). */
  abstract bind(binder: Binder, schema: Schema): void;

  /**
   * A function that scores one row object in this process: no session, no threads, the same bits as `transform`.
   * It returns the columns this stage adds, or null for a row that `handleInvalid: 'skip'` drops.
   */
  rowScorer(): RowScorer {
    return makeRowScorer(this);
  }

  /**
   * Gives back what clusters keep of a fitted model. It stays usable: a cluster that needs it is sent it anew. Collected models are given back too,
   * some day.
   */
  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** `frame`, once it is known to be one (by what it can do: a row scorer loads this file, but never a Frame). */
export function frameOf(owner: string, frame: Frame): Frame {
  if ((frame as Partial<Frame> | undefined | null)?.executor !== undefined && frame.plan !== undefined) return frame;
  throw new MlError('VALUE_INVALID', `${owner}: must be given a Frame, got ${show(frame)}; make one with session.createFrame or session.read`, {
    stage: owner,
  });
}
