import type { BinnedSet, SolveTask, TrainingContext } from '../../engine/engine.ts';
import { MlError, show } from '../../error.ts';
import type { ColumnSpec } from '../../kernels/contract.ts';
import { binCount, type FeatureSample } from '../bins.ts';
import { type BoostedArgs, type BoostedTrees, boostedTask } from './boosted.ts';
import { candidateRows } from './candidates.ts';
import { checkHeldOut, checkSquares, countClasses, weightOf } from './check-rows.ts';
import { drawForest, drawIterations } from './drawn-rows.ts';
import { type ForestArgs, forestTask } from './forest.ts';
import { type GrowthArgs, growthDesk } from './growth-args.ts';
import type { BoostedRequest, ForestRequest, Request } from './request.ts';
import { doublesOf } from './row-nodes.ts';
import type { SparkTrees } from './spark-trees.ts';
import { chooseBins, featuresPerNode, splitKinds } from './tree-features.ts';

/** Trees that grow side by side; more would take more memory a row. */
const MOST_LANES = 8;
/** Trees that draw features as Spark does grow all side by side: at most so many. */
const MOST_TOGETHER = 128;
/** Draws of rows that are kept at most. */
const MOST_DRAWS = 1 << 22;
/** Up to so many rows a tree is grown by one thread, row by row, so that even last digits are Spark's: at most as many as Spark looks at all of. */
const LEAST_SHARED_ROWS = 65_536;

/** The rows of a fit: their labels, weights if there are any, and what the trees vote for each, (rows, classes) row-major. */
export interface VotedRows {
  readonly labels: Float64Array;
  readonly weights?: Float64Array;
  readonly votes: Float64Array;
}

/** Votes that are kept at most; of more rows times classes there are none. */
const MOST_VOTES = 1 << 26;

/** Fits one tree or a forest as Spark does; see {@link ForestRequest}. */
export async function fitForest(context: TrainingContext, request: ForestRequest): Promise<SparkTrees> {
  return (await growForest(context, request, false)).trees;
}

/** Fits a forest of classes, and gives its votes for the rows that it was fitted to, unless they are too many. */
export function fitVotingForest(context: TrainingContext, request: ForestRequest): Promise<{ trees: SparkTrees; voted?: VotedRows }> {
  return growForest(context, request, true);
}

async function growForest(context: TrainingContext, request: ForestRequest, votes: boolean): Promise<{ trees: SparkTrees; voted?: VotedRows }> {
  const { numTrees, bootstrap, subsamplingRate } = request;
  const drawn = bootstrap || subsamplingRate < 1;
  const node = nodeColumn(request.maxDepth);
  const scratch: Scratch = ({ rows, numFeatures }) => {
    const lanes = new Array<ColumnSpec>(lanesOf(request, rows, numFeatures)).fill(node);
    return drawn ? [...lanes, ...lanes.map((): ColumnSpec => ({ type: 'u8' }))] : lanes;
  };
  const set = await load(context, request, scratch);
  try {
    const numClasses = request.impurity === 'variance' ? 0 : countClasses(context, request, set);
    const weight = weightOf(context, request, set);
    if (numClasses === 0) checkSquares(context, request, set);
    const columns = set.layout.scratch;
    const lanes = drawn ? columns.length / 2 : columns.length;
    const grown = growth(request, set, { numClasses, numTrees, minWeight: request.minWeightFractionPerNode * weight, bootstrap });
    // What the trees draw of features depends on all of them.
    const asSpark = grown.asSpark && (grown.perNode === set.numFeatures || lanes === numTrees);
    const args: Omit<ForestArgs, 'desk'> = {
      ...grown,
      asSpark,
      ...(asSpark && drawn && { drawn: drawForest(set.rows, numTrees, { seed: grown.seed, rate: subsamplingRate, replacement: bootstrap }) }),
      impurity: request.impurity,
      numTrees,
      pruneTree: request.pruneTree ?? true,
      label: set.layout.label as number,
      nodes: columns.slice(0, lanes),
      ...(drawn && { counts: columns.slice(lanes) }),
      bootstrap,
      ...(votes && numClasses * set.rows <= MOST_VOTES && { votes: new Float64Array(new SharedArrayBuffer(8 * numClasses * set.rows)) }),
    };
    const trees = await solve(context, set, args, forestTask);
    if (!args.votes) return { trees };
    const weights = set.layout.weight === undefined ? {} : { weights: allRows(set, set.layout.weight) };
    return { trees, voted: { labels: allRows(set, set.layout.label as number), ...weights, votes: args.votes } };
  } finally {
    set.release();
  }
}

/** Boosts regression trees as Spark does; the prediction is the sum of `treeWeights[t]` · tree t. See {@link BoostedRequest}. */
export async function fitGradientBoostedTrees(context: TrainingContext, request: BoostedRequest): Promise<BoostedTrees> {
  const { validationIndicatorCol, loss, maxDepth, maxIter, stepSize, validationTol, subsamplingRate } = request;
  const drawn = validationIndicatorCol !== undefined || subsamplingRate < 1;
  const scratch: ColumnSpec[] = [nodeColumn(maxDepth), { type: 'f64' }, { type: 'f64' }];
  if (drawn) scratch.push({ type: 'u8' });
  const set = await load(context, request, () => scratch, validationIndicatorCol);
  try {
    if (loss === 'logistic') countClasses(context, { ...request, numClasses: 2 }, set);
    const heldOut = set.layout.numbers[0];
    if (heldOut !== undefined) checkHeldOut(context, request, set, heldOut);
    const weight = weightOf(context, request, set, heldOut);
    if (loss !== 'logistic') checkSquares(context, request, set);
    const [nodes, predictions, residuals, counts] = set.layout.scratch;
    const minWeight = request.minWeightFractionPerNode * weight;
    const grown = growth(request, set, { numClasses: 0, numTrees: 1, minWeight, bootstrap: false });
    const asSpark = grown.asSpark && set.rows * maxIter <= MOST_DRAWS;
    const held = heldOut === undefined ? null : allRows(set, heldOut);
    const args: Omit<BoostedArgs, 'desk'> = {
      ...grown,
      asSpark,
      ...(asSpark &&
        subsamplingRate < 1 && { drawn: drawIterations(set.rows, maxIter, { seed: grown.seed, rate: subsamplingRate, replacement: false }, held) }),
      impurity: 'variance',
      loss,
      maxIter,
      stepSize,
      validationTol,
      label: residuals,
      target: set.layout.label as number,
      predictions,
      nodes: [nodes],
      ...(drawn && { counts: [counts] }),
      ...(heldOut !== undefined && { heldOut }),
      bootstrap: false,
      mostNodes: Math.min(2 ** (maxDepth + 1), 2 * set.rows) - 1,
    };
    return await solve(context, set, args, boostedTask);
  } finally {
    set.release();
  }
}

type Scratch = (of: { readonly rows: number; readonly numFeatures: number }) => readonly ColumnSpec[];

/** How many trees grow side by side. */
function lanesOf({ numTrees, maxBins, impurity, featureSubsetStrategy }: ForestRequest, rows: number, numFeatures: number): number {
  const perNode = featuresPerNode(featureSubsetStrategy, numFeatures, numTrees, impurity !== 'variance');
  if (perNode < numFeatures && isSmall(rows, maxBins) && numTrees <= MOST_TOGETHER) return numTrees;
  return Math.ceil(numTrees / Math.ceil(numTrees / MOST_LANES));
}

/** Whether there are so few rows that trees are Spark's to the last digit, and in what chance decides. */
function isSmall(rows: number, maxBins: number): boolean {
  return rows <= Math.min(candidateRows(maxBins), LEAST_SHARED_ROWS);
}

/** A copy of a column of doubles. */
function allRows({ partitions, rows }: BinnedSet, column: number): Float64Array {
  const out = new Float64Array(rows);
  for (const partition of partitions) out.set(doublesOf(partition, column), partition.firstRow);
  return out;
}

/** Numbers of nodes: a tree of depth 15 has fewer than 2^16. */
function nodeColumn(maxDepth: number): ColumnSpec {
  return { type: maxDepth <= 15 ? 'u16' : 'u32' };
}

function load(context: TrainingContext, request: Request, scratch: Scratch, heldOut?: string): Promise<BinnedSet> {
  const { columns, maxBins, seed } = request;
  const field = context.schema.require(context.owner, columns.features, 'vector');
  return context.binnedSet({
    ...columns,
    ...(heldOut !== undefined && { numbers: [heldOut] }),
    missing: 'refuse',
    sample: { rows: candidateRows(maxBins), seed: Number(BigInt.asIntN(32, BigInt(seed))) },
    bins(sample) {
      if (sample.numFeatures === 0) {
        throw new MlError('VALUE_INVALID', `${context.owner}: column ${show(columns.features)} must have at least one feature, has none`, {
          column: columns.features,
        });
      }
      return chooseBins({ owner: context.owner, field }, heldOut === undefined ? sample : withoutHeldOut(sample), maxBins);
    },
    scratch,
  });
}

/** The rows of the sample that train; all of them where none does, which is refused once all rows are known. */
function withoutHeldOut(sample: FeatureSample): FeatureSample {
  const held = sample.numbers[0];
  const kept = (values: Float64Array) => values.filter((_, i) => held[i] === 0);
  const sampled = kept(held).length;
  if (sampled === 0) return sample;
  return {
    ...sample,
    rows: sample.sampled === sample.rows ? sampled : sample.rows,
    sampled,
    column: (j) => kept(sample.column(j)),
    weights: sample.weights && kept(sample.weights),
    numbers: [],
  };
}

/** Runs the fit on the workers, with a desk of its own. */
function solve<Args extends GrowthArgs, R>(
  context: TrainingContext,
  set: BinnedSet,
  args: Omit<Args, 'desk'> & Omit<GrowthArgs, 'desk'>,
  taskOf: (args: Args) => SolveTask<Args, R>,
): Promise<R> {
  const complete = { ...args, desk: growthDesk(args) } as Args;
  return context.solve(taskOf(complete), set, complete);
}

/** What all fits tell the workers alike. */
function growth(
  request: Request,
  { layout, rows, numFeatures }: BinnedSet,
  { numClasses, numTrees, minWeight, bootstrap }: { numClasses: number; numTrees: number; minWeight: number; bootstrap: boolean },
) {
  const { maxBins, maxDepth, minInstancesPerNode, minInfoGain, subsamplingRate, seed, featureSubsetStrategy } = request;
  const bins = layout.bins.map(binCount);
  const perNode = featuresPerNode(featureSubsetStrategy, numFeatures, numTrees, numClasses > 0);
  const shared = !isSmall(rows, maxBins);
  return {
    numClasses,
    rules: { minInstancesPerNode, minInfoGain, minWeight },
    maxDepth,
    kinds: splitKinds(layout.bins, numClasses, maxBins, rows),
    bins,
    codes: layout.features,
    features: layout.bins,
    perNode,
    subsamplingRate,
    seed: BigInt(seed),
    asSpark: !shared && rows * numTrees <= MOST_DRAWS,
    shared,
    bundled:
      shared && numClasses === 0 && perNode === numFeatures && !bootstrap && layout.weight === undefined && bins.every((count) => count <= 255),
    ...(layout.weight !== undefined && { weight: layout.weight }),
  };
}
