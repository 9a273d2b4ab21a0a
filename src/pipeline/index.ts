import { double, doubles, flag, int, long, name, names, oneOf, param, text, texts } from '../param/param.ts';

export type { Binder, InputForm, Op, Slot, Step } from '../block/binder.ts';
export type { Block, CodeColumn, Column, NumberColumn, StringColumn, ValueColumn, VectorColumn, VectorPart } from '../block/column.ts';
export type { TrainingContext } from '../engine/engine.ts';
export type { FitOptions, ProgressEvent } from '../frame/executor.ts';
export type { ParamDefinition, ParamSchema } from '../param/param.ts';
export { type ParamEntry, ParamMap } from '../param/param-map.ts';
export type { Codec } from '../persistence/codec.ts';
export type { CompositeLayout } from '../persistence/composite.ts';
export type { RowScore, RowScorer, ScorableRow } from '../scoring/row-scorer.ts';
export { Estimator } from './estimator.ts';
export { Evaluator } from './evaluator.ts';
export { Model, type ModelClass } from './model.ts';
export { type AnyEstimator, type AnyStage, type AnyTransformer, Pipeline, PipelineParams } from './pipeline.ts';
export { PipelineModel, PipelineModelParams, type PipelineModelState } from './pipeline-model.ts';
export { registeredStage, registerStage, type StageConstructor } from './registry.ts';
export { type Changes, PipelineStage, type SaveOptions, type StageClass } from './stage.ts';
export { Transformer } from './transformer.ts';
export { UnaryParams, type UnaryStep, UnaryTransformer } from './unary-transformer.ts';

/** Makers of params, for the zod schema of one's own stage: `z.strictObject({ k: params.int({ min: 1 }).default(10).describe('…') })`. */
export const params = { double, doubles, flag, int, long, name, names, oneOf, param, text, texts };
