import type { Json } from './metadata.ts';

/**
 * How stages that hold other stages are saved. There are two ways, and a class may use both:
 *
 * 1. **By param types**: nothing to declare. A param of type `stage` (`param('stage', …)`) lies in the folder named like the param
 *    (`estimator/`, `evaluator/`); one of type `stages` lies in `<param>/<i>_<uid>/`, with the uids in `paramMap.stageUids`; one
 *    of type `paramMaps` (an array of `ParamMap`) becomes Spark's `estimatorParamMaps` list. So `Pipeline`, `CrossValidator` and
 *    `TrainValidationSplit` need no more than their params: they are built again by `new Class(params, uid)`.
 * 2. **By a layout**: a model whose state holds stages (`PipelineModel`, `CrossValidatorModel`) declares
 *    `static readonly layout: CompositeLayout<State>` in place of a codec; it is built again by `new Class(params, state, uid)`.
 */
export interface CompositeLayout<State> {
  /** The stages that the state holds, each with its folder below the model's. `options` are the ones passed to `save`. */
  children(state: State, options: Readonly<Record<string, unknown>>): readonly CompositeChild[];
  /** Extra top-level keys of `metadata/`: whole numbers are written as integers, a Float64Array as a list of doubles. */
  metadata?(state: State, options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** The state, from the folders and the extra keys. Throws `MlError` MODEL_FORMAT for nonsense. */
  rebuild(children: ChildReader, metadata: ReadonlyMap<string, Json>): Promise<State>;
}

/** One stage in `folder`, or a list of stages in `folder/<i>_<uid>` whose uids stand in `paramMap.stageUids` (at most one list). */
type CompositeChild =
  | {
      readonly folder: string;
      readonly stage: SavedStage;
    }
  | {
      readonly folder: string;
      readonly stages: readonly SavedStage[];
    };

/** The stages among a state's children. */
export function stagesOf(children: readonly CompositeChild[]): readonly SavedStage[] {
  return children.flatMap((child): readonly SavedStage[] => ('stage' in child ? [child.stage] : child.stages));
}

/** What saving needs of a stage; every `PipelineStage` is one. */
export interface SavedStage {
  readonly uid: string;
}

/** Reads the children of one composite. */
export interface ChildReader {
  /** The stage in `folder` (`bestModel`, `subModels/fold0/1`); MODEL_FORMAT when it is absent or broken. */
  stage(folder: string): Promise<SavedStage>;
  /** The list saved as `{ folder, stages }`. */
  stages(folder: string): Promise<SavedStage[]>;
  /** Whether there is a folder of that name. */
  has(folder: string): Promise<boolean>;
}
