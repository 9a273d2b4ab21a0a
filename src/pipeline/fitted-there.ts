import type { RemoteModel, RemoteStage } from '../engine/engine.ts';
import { giveBack } from '../engine/kept-models.ts';
import { MlError } from '../error.ts';
import type { FitOptions } from '../frame/executor.ts';
import type { Schema } from '../frame/schema.ts';
import type { ParamSchema } from '../param/param.ts';
import * as z from '../param/zod.ts';
import { Transformer } from './transformer.ts';

/**
 * Key of an option of `fit`: a model fitted on a cluster stays there and is not fetched, as a search wants it, which only scores by it and gives it
 * back.
 */
export const STAY: unique symbol = Symbol('stay');

export interface StayOptions extends FitOptions {
  [STAY]?: boolean;
}

/** A model that is on a cluster only: it scores frames there, until it is given back. */
export class FittedThere extends Transformer<ParamSchema> {
  static readonly type = 'millstream.FittedThere';
  static readonly paramSchema = z.strictObject({});
  readonly state = {};
  readonly #stage: RemoteStage;

  constructor(model: RemoteModel, stage: RemoteStage) {
    super({}, stage.uid);
    this.#stage = stage;
    model.adopt(this.state, null);
  }

  override remote(): RemoteStage {
    return { ...this.#stage, params: new Map() };
  }

  override close(): Promise<void> {
    return giveBack(this.state);
  }

  /** Who asks for a copy wants to send the model anew, which the cluster has lost: there is none here. */
  override copy(): never {
    const message = `${this.#stage.owner}: the model is no longer on the server; fit it again`;
    throw new MlError('NOT_FOUND', message, { stage: this.uid, errorClass: 'CONNECT_ML.CACHE_INVALID' });
  }

  bind(): never {
    throw new MlError('NOT_SUPPORTED', `${this.#stage.owner}: the model is on the cluster only`, { stage: this.uid });
  }

  protected outputSchema(schema: Schema): Schema {
    return schema;
  }
}
