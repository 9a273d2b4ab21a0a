import type { BinnedSet, SampleTask, TrainingContext } from '../../engine/engine.ts';
import { MlError, show } from '../../error.ts';
import type { PartitionHandle } from '../../kernels/contract.ts';
import { columnView } from '../../kernels/partition-view.ts';
import type { BoostingParams } from '../../param/boosting.ts';
import { weightFault } from '../extremes.ts';
import type { BoostingSpec, LossSpec } from './contract.ts';
import { EDGES, numericEdges } from './edges.ts';
import { chooseBins, type FeaturePlan, type FeatureRules, planFeatures } from './features.ts';
import { fitBoosting } from './fit.ts';
import { drawnOut } from './gradient-pass.ts';
import { labelRule } from './losses.ts';
import { type BoostingState, boostingState } from './model-state.ts';
import { requireAlike, widened } from './warm-start.ts';

/** Rows that bins are chosen from, as in LightGBM and scikit-learn. */
const SAMPLE_ROWS = 200_000;

/** What training needs of an estimator of this family. */
export interface BoostingStage extends FeatureRules {
  readonly params: BoostingParams & Pick<BoostingSpec, 'metric' | 'metricLabel'>;
}

/** What the labels decide. */
export interface Target {
  readonly loss: LossSpec;
  readonly classWeights?: readonly number[];
}

/**
 * Fits on the workers: bins, labels, trees. `targetOf` looks at the labels and weights of the set; `initial` is a model to go on from. A fit
 * that loses a worker leaves its rows in no known order: they are read anew, once.
 */
export async function trainBoosting(
  stage: BoostingStage,
  context: TrainingContext,
  targetOf: (set: BinnedSet) => Target,
  initial?: BoostingState,
): Promise<BoostingState> {
  try {
    return await trainOnce(stage, context, targetOf, initial);
  } catch (error) {
    if (!(error instanceof MlError && error.code === 'WORKER_LOST')) throw error;
    return trainOnce(stage, context, targetOf, initial);
  }
}

async function trainOnce(
  stage: BoostingStage,
  context: TrainingContext,
  targetOf: (set: BinnedSet) => Target,
  initial: BoostingState | undefined,
): Promise<BoostingState> {
  const { featuresCol, labelCol, weightCol, validationIndicatorCol } = stage.params;
  const field = context.schema.require(stage.owner, featuresCol, 'vector');
  let plan: FeaturePlan | undefined;
  const seed = seedNumber(stage.params.seed);
  const set = await context.binnedSet({
    features: featuresCol,
    label: labelCol,
    weight: weightCol || undefined,
    numbers: validationIndicatorCol ? [validationIndicatorCol] : undefined,
    missing: 'keep',
    sample: { rows: SAMPLE_ROWS, seed },
    summarize: { module: EDGES, name: 'numericEdges', args: stage.params.maxBins, local: numericEdges as SampleTask['local'] },
    bins: (sample) => {
      plan = planFeatures(stage, field, sample.numFeatures);
      if (sample.numFeatures === 0) refuse(stage, featuresCol, 'must have at least one feature, has none');
      if (initial) requireAlike(stage, initial, plan);
      return chooseBins(stage, plan, sample, initial?.trees);
    },
  });
  try {
    const target = targetOf(set);
    requireBothKinds(stage, set, seed);
    const { names, monotone, interactions } = plan as FeaturePlan;
    const sizes = set.layout.bins.map((bins) => (bins.kind === 'categories' ? bins.categories : 0));
    const before = initial && widened(initial, sizes);
    const spec = boostingSpec(stage, set.rows, target, { monotone, interactions }, seed, before);
    const result = await fitBoosting(context, set, spec);
    return boostingState(result, target.loss, sizes, Object.freeze([...names]), before?.reading);
  } finally {
    set.release();
  }
}

function boostingSpec(
  { params }: BoostingStage,
  rows: number,
  { loss, classWeights }: Target,
  constraints: Pick<FeaturePlan, 'monotone' | 'interactions'>,
  seed: number,
  initial: BoostingState | undefined,
): BoostingSpec {
  return {
    loss,
    iterations: params.maxIter,
    learningRate: params.learningRate,
    growth: {
      maxLeaves: Math.max(2, Math.min(params.maxLeafNodes, rows, params.maxDepth > 0 ? 2 ** params.maxDepth : rows)), // what memory is taken for
      maxDepth: params.maxDepth,
      minSamplesLeaf: params.minSamplesLeaf,
      minChildWeight: params.minChildWeight,
      minSplitGain: params.minSplitGain,
      l1: params.l1,
      l2: params.l2,
      categorySmoothing: params.categorySmoothing,
      categoryL2: params.categoryL2,
      maxCategoryThreshold: params.maxCategoryThreshold,
      featureFraction: params.featureFraction,
      featureFractionByNode: params.featureFractionByNode,
      ...constraints,
    },
    rowFraction: params.subsamplingRate,
    seed,
    classWeights,
    heldOut: params.validationIndicatorCol ? 0 : undefined,
    validationFraction: params.validationFraction,
    patience: params.patience,
    tol: params.tol,
    metric: params.metric,
    metricLabel: params.metricLabel,
    warmStart: initial && { trees: initial.trees, start: initial.start },
  };
}

/** A seed of 64 bits as a safe integer; small ones stay as they are. */
function seedNumber(seed: number | bigint): number {
  const bits = BigInt.asUintN(64, BigInt(seed));
  return Number((bits ^ (bits >> 53n)) & 0x1fffffffffffffn);
}

/** Checks labels and weights of a regression; poisson and tweedie need a label above 0 to start from. */
export function requireLabels(stage: BoostingStage, set: BinnedSet, loss: LossSpec): void {
  const { labelCol } = stage.params;
  const { rule, accepts } = labelRule(loss);
  let heaviest = 0;
  let isPositive = false;
  eachRow(set, (y, w, row) => {
    if (!accepts(y)) refuse(stage, labelCol, `must hold ${rule}, row ${row} has ${show(y)}`, row, y);
    if (w > heaviest) heaviest = w;
    if (w > 0 && y > 0) isPositive = true;
  });
  requireWeights(stage, heaviest);
  if ((loss.name === 'poisson' || loss.name === 'tweedie') && !isPositive) refuse(stage, labelCol, `must be above 0 in some row (loss ${loss.name})`);
}

/** Weight of each class; labels must be whole numbers from 0 on, below `known` where that is given. Rows of weight 0 do not make a class. */
export function classTotals(stage: BoostingStage, set: BinnedSet, known: number | undefined): Float64Array {
  const most = known ?? MAX_CLASSES;
  const rule = known === undefined ? `a class number 0, 1, 2 … (at most ${MAX_CLASSES} classes)` : `a class number 0 … ${known - 1}`;
  const totals: number[] = new Array<number>(Math.max(known ?? 0, 2)).fill(0);
  let heaviest = 0;
  eachRow(set, (y, w, row) => {
    if (!(Number.isInteger(y) && y >= 0 && y < most)) refuse(stage, stage.params.labelCol, `must be ${rule}, row ${row} has ${show(y)}`, row, y);
    if (w === 0) return;
    if (w > heaviest) heaviest = w;
    while (totals.length <= y) totals.push(0);
    totals[y] += w;
  });
  requireWeights(stage, heaviest);
  return Float64Array.from(totals);
}

function requireWeights(stage: BoostingStage, heaviest: number): void {
  const column = stage.params.weightCol ?? '';
  if (heaviest === 0) refuse(stage, column, 'must have a weight above 0 in some row, all are 0');
  const fault = weightFault(heaviest);
  if (fault) refuse(stage, column, `must have a ${fault}`);
}

/** Every class has its own trees: beyond this a label is a mistake. */
const MAX_CLASSES = 1024;

/** Visits label, weight and number of all rows, in row order. */
function eachRow(set: BinnedSet, visit: (label: number, weight: number, row: number) => void): void {
  const { label, weight } = set.layout;
  for (const partition of set.partitions as readonly PartitionHandle[]) {
    const labels = columnView(partition, label as number);
    const weights = weight === undefined ? null : columnView(partition, weight);
    for (let i = 0; i < partition.rows; i++) visit(labels[i], weights ? weights[i] : 1, partition.firstRow + i);
  }
}

/** Where rows are to be held out, some of weight above 0 must be (of a share without early stopping: may be), and some left to train on. */
function requireBothKinds(stage: BoostingStage, set: BinnedSet, seed: number): void {
  const { validationIndicatorCol: column, validationFraction: fraction = 0, patience } = stage.params;
  if (!column && fraction === 0) return;
  const { numbers, weight } = set.layout;
  const isDrawn = drawnOut(seed, fraction);
  let [held, left] = [false, false];
  for (const partition of set.partitions) {
    const weights = weight === undefined ? null : columnView(partition, weight);
    const flags = column ? columnView(partition, numbers[0]) : null;
    for (let i = 0; i < partition.rows && !(held && left); i++) {
      if (weights?.[i] === 0) continue;
      if (flags ? flags[i] !== 0 : isDrawn(partition.firstRow + i)) held = true;
      else left = true;
    }
  }
  const which = weight === undefined ? '' : ' of weight above 0';
  if (column && !held) refuse(stage, column, `must be true in some row${which}, which is then held out for validation; it is false in all`);
  if (column && !left) refuse(stage, column, `must be false in some row${which}, to train on; it is true in all`);
  if (left && (held || patience === undefined)) return;
  throw new MlError(
    'VALUE_INVALID',
    `${stage.owner}: validationFraction (${fraction}) must hold out some of the ${set.rows} rows${which} and leave some to train on; it ${held ? 'leaves' : 'holds out'} none; choose another fraction or seed, or validationIndicatorCol`,
    { stage: stage.uid, param: 'validationFraction', value: fraction },
  );
}

function refuse({ owner, uid }: BoostingStage, column: string, rule: string, row?: number, value?: unknown): never {
  throw new MlError('VALUE_INVALID', `${owner}: column ${show(column)} ${rule}`, {
    stage: uid,
    column,
    ...(row !== undefined && { row, value }),
  });
}
