import { show } from '../../error.ts';
import { ZERO } from '../reading.ts';
import { addTree, TreesBuilder } from '../trees-builder.ts';
import { lossOf, type ModelKind, type Objective } from './imported.ts';
import { Reader, type Section } from './lightgbm-text.ts';
import { classCount, type Link, type ModelLoss } from './link.ts';
import { type BoostingState, checkBoostingState } from './model-state.ts';

/** Bits of `decision_type`: by category; missing values go left; and from the third on what counts as missing. */
const CATEGORICAL = 1;
const DEFAULT_LEFT = 2;
const MISSING_NONE = 0;
const MISSING_ZERO = 1;
const MAX_FEATURES = 1 << 24;
/** The last double below the zeros. */
const BELOW_ZERO = -1.0000000180025096e-35;

/**
 * Reads a model as LightGBM saves it (`booster.save_model`, `model_to_string`): gbdt, dart and random forests, splits by threshold and by category, all three
 * kinds of missing values. Throws MlError MODEL_FORMAT for a broken text, NOT_SUPPORTED for linear trees and for objectives that are unknown or not of that kind.
 */
export function parseLightGBM(owner: string, text: string, kind: ModelKind): BoostingState {
  const reader = new Reader(owner, text);
  const header = reader.header();
  const numFeatures = header.whole('max_feature_idx', 0, MAX_FEATURES - 1) + 1;
  const perIteration = header.whole('num_tree_per_iteration', 1, 1 << 20);
  const featureNames = header.words('feature_names');
  if (featureNames.length !== numFeatures) reader.fail(`feature_names must have ${numFeatures} names, has ${featureNames.length}`);
  const infos = header.words('feature_infos');
  const blocks = reader.trees();
  const said = header.text('objective', '');
  const objective = readObjective(reader, said);
  const loss = lossOf(owner, kind, objective, 'fromLightGBM', said);
  const width = loss.numClasses ?? 1;
  if (width !== perIteration) reader.fail(`num_tree_per_iteration must be ${width}, is ${perIteration}`);

  if (header.has('tree_sizes') && header.words('tree_sizes').length !== blocks.length) {
    reader.fail(`tree_sizes tells of ${header.words('tree_sizes').length} trees, there are ${blocks.length}`);
  }
  if (blocks.length % perIteration !== 0) reader.fail(`the number of trees must be a multiple of ${perIteration}, is ${blocks.length}`);
  const average = header.flag('average_output');
  const scale = average ? objective.scale / Math.max(1, blocks.length / perIteration) : objective.scale;
  const builder = new TreesBuilder();
  const missing = new Map<number, number>();
  const words = new Map<number, number>();
  blocks.forEach((block, t) => {
    if (block.name !== `Tree=${t}`) reader.fail(`tree ${t} must be called Tree=${t}, is called ${show(block.name)}`);
    addLightGBMTree(builder, block, { numFeatures, scale, missing, words });
  });
  const state: BoostingState = {
    trees: builder.finish(),
    start: new Array<number>(perIteration).fill(0),
    loss: withParameters(loss, reader.parameters()),
    numFeatures,
    numClasses: classCount(loss, width),
    categorySizes: featureNames.map((_, j) => categoriesOf(infos[j])),
    featureNames,
    reading: {
      zeroMissing: [...missing].filter(([, kind]) => kind === MISSING_ZERO).map(([j]) => j),
      // Beyond all bits: where missing values go.
      otherCategory: featureNames.map((_, j) => (missing.has(j) ? 0 : 32 * (words.get(j) ?? 0))),
    },
    objectiveHistory: [],
    validationHistory: [],
  };
  checkBoostingState(owner, state);
  return state;
}

interface TreeContext {
  readonly numFeatures: number;
  /** What leaf values are multiplied by. */
  readonly scale: number;
  /** What counts as missing in each feature that is split by thresholds. */
  readonly missing: Map<number, number>;
  /** Words of bits at most of each feature that is split by category. */
  readonly words: Map<number, number>;
}

function addLightGBMTree(builder: TreesBuilder, block: Section, { numFeatures, scale, missing, words: most }: TreeContext): void {
  const leaves = block.whole('num_leaves', 1, 1 << 28);
  if (block.has('is_linear') && block.whole('is_linear', 0, 1) === 1) block.refuse('linear trees are not supported; train without linear_tree');
  const value = block.numbers('leaf_value', leaves);
  if (leaves === 1) {
    builder.leaf(value[0] * scale, 1);
    return;
  }
  const splits = leaves - 1;
  const feature = block.numbers('split_feature', splits);
  const threshold = block.numbers('threshold', splits);
  const decision = block.numbers('decision_type', splits);
  const left = block.numbers('left_child', splits);
  const right = block.numbers('right_child', splits);
  const gain = block.has('split_gain') ? block.numbers('split_gain', splits) : new Float64Array(splits);
  const innerValue = block.has('internal_value') ? block.numbers('internal_value', splits) : new Float64Array(splits);
  const byCount = block.has('leaf_count') && block.has('internal_count');
  const byWeight = !byCount && block.has('leaf_weight') && block.has('internal_weight');
  const cover = byCount ? block.numbers('leaf_count', leaves) : byWeight ? block.numbers('leaf_weight', leaves) : new Float64Array(leaves);
  const innerCover = byCount
    ? block.numbers('internal_count', splits)
    : byWeight
      ? block.numbers('internal_weight', splits)
      : new Float64Array(splits);
  const sets = block.whole('num_cat', 0, splits);
  const boundaries = sets > 0 ? block.numbers('cat_boundaries', sets + 1) : new Float64Array(1);
  const bits = sets > 0 ? block.numbers('cat_threshold', boundaries[sets]) : new Float64Array(0);

  // Splits are numbered from 0, leaf k is -1 - k among children; here leaf k comes behind the splits.
  const at = (child: number) => (child < 0 ? splits - 1 - child : child);
  const add = (node: number): readonly [number, number] | null => {
    if (node >= splits) {
      builder.leaf(value[node - splits] * scale, cover[node - splits]);
      return null;
    }
    const j = feature[node];
    if (!(Number.isInteger(j) && j >= 0 && j < numFeatures)) block.fail(`split ${node} must be of one of ${numFeatures} features, is of ${j}`);
    const kind = (decision[node] >> 2) & 3;
    const common = { feature: j, value: innerValue[node] * scale, gain: gain[node], cover: innerCover[node] };
    if (decision[node] & CATEGORICAL) {
      const set = threshold[node];
      if (!(Number.isInteger(set) && set >= 0 && set < sets)) block.fail(`split ${node} must be by one of ${sets} sets of categories, is by ${set}`);
      const words = bits.subarray(boundaries[set], boundaries[set + 1]);
      if (words.length === 0 || words.some((word) => !(Number.isInteger(word) && word >= 0 && word < 2 ** 32)))
        block.fail(`set ${set} of categories must have words of 32 bits`);
      most.set(j, Math.max(most.get(j) ?? 0, words.length));
      // Whatever is in no set goes right.
      builder.split({ ...common, words, missingLeft: false });
    } else {
      if (kind > 2) block.fail(`decision_type of split ${node} is unknown: ${decision[node]}`);
      if ((missing.get(j) ?? kind) !== kind) block.refuse(`feature ${j} has missing values of two kinds, which is not supported`);
      missing.set(j, kind);
      // Where nothing was missing in training, NaN counts as 0.
      const missingLeft = kind === MISSING_NONE ? threshold[node] >= 0 : (decision[node] & DEFAULT_LEFT) !== 0;
      builder.split({ ...common, threshold: aroundZero(threshold[node]), missingLeft });
    }
    return [at(left[node]), at(right[node])];
  };
  block.within(() => addTree(2 * leaves - 1, add));
}

/** LightGBM scores what is next to zero as zero, which a threshold there must not part. */
function aroundZero(threshold: number): number {
  if (Math.abs(threshold) > ZERO) return threshold;
  return threshold >= 0 ? ZERO : BELOW_ZERO;
}

/** Objectives that may be trained on the roots of the labels (`reg_sqrt`). */
export const OF_ROOTS: ReadonlySet<string> = new Set(['regression', 'regression_l1', 'quantile', 'fair', 'mape']);

function readObjective(reader: Reader, text: string): Objective & { readonly scale: number } {
  const [name = '', ...rest] = text.split(/\s+/).filter((word) => word !== '');
  const option = (key: string, otherwise: number): number => {
    const found = rest.find((word) => word.startsWith(`${key}:`));
    if (found === undefined) return otherwise;
    const value = Number(found.slice(key.length + 1));
    return Number.isFinite(value) ? value : reader.fail(`objective ${show(text)} has no number for ${key}`);
  };
  const foreign = (link: Link, numClasses?: number): ModelLoss => ({
    name: 'foreign',
    objective: name || 'custom',
    link,
    ...(numClasses && { numClasses }),
  });
  const numbers = (loss: ModelLoss) => ({ numbers: loss, scale: 1 });
  if (OF_ROOTS.has(name) && rest.includes('sqrt')) return numbers(foreign('signedSquare'));
  switch (name) {
    case 'binary':
      return { classes: { name: 'logistic' }, scale: option('sigmoid', 1) };
    case 'cross_entropy':
      return { classes: { name: 'logistic' }, numbers: foreign('sigmoid'), scale: 1 };
    case 'multiclass':
    case 'softmax':
      return { classes: { name: 'softmax', numClasses: option('num_class', 0) }, scale: 1 };
    case 'multiclassova':
      return { classes: foreign('sigmoid', option('num_class', 0)), scale: option('sigmoid', 1) };
    case 'regression':
      return numbers({ name: 'squared' });
    case 'regression_l1':
      return numbers({ name: 'absolute' });
    case 'huber':
    case 'quantile':
      return numbers({ name, alpha: 0.9 });
    case 'poisson':
    case 'gamma':
      return numbers({ name });
    case 'tweedie':
      return numbers({ name, power: 1.5 });
    case 'cross_entropy_lambda':
      return numbers(foreign('softplus'));
    case 'fair':
    case 'mape':
    case 'lambdarank':
    case 'rank_xendcg':
    case 'custom':
    case '': // the trainer's own function
      return numbers(foreign('identity'));
    default:
      return reader.refuse(
        `objective ${show(text)} is not supported; supported are binary, cross_entropy, multiclass, multiclassova, regression, regression_l1, huber, fair, quantile, mape, ` +
          'poisson, gamma, tweedie, cross_entropy_lambda, lambdarank, rank_xendcg and custom ones',
      );
  }
}

/** `alpha` of huber and quantile and the power of tweedie stand among the parameters of the training only. */
function withParameters(loss: ModelLoss, parameters: ReadonlyMap<string, string>): ModelLoss {
  if (loss.name === 'foreign') return loss;
  const [alpha, power] = ['alpha', 'tweedie_variance_power'].map((key) => Number(parameters.get(key)));
  if (loss.alpha !== undefined && alpha > 0 && alpha < Number.POSITIVE_INFINITY) return { ...loss, alpha };
  return loss.power !== undefined && power > 1 && power < 2 ? { ...loss, power } : loss;
}

/** Categories of a feature, from its levels as in `-1:4:1:0`; 0 of a range `[0:1]` and of `none`. */
function categoriesOf(info: string | undefined): number {
  if (info === undefined || !/^-?\d{1,9}(:-?\d{1,9})*$/.test(info)) return 0;
  return info.split(':').reduce((most, level) => Math.max(most, Number(level) + 1), 0);
}
