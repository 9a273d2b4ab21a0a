import { MlError, show } from '../../error.ts';
import { ZERO } from '../reading.ts';
import { addTree, TreesBuilder } from '../trees-builder.ts';
import type { LossSpec } from './contract.ts';
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
 * kinds of missing values. Throws MlError MODEL_FORMAT for a broken text, NOT_SUPPORTED for linear trees and objectives that have no equal here.
 */
export function parseLightGBM(owner: string, text: string): BoostingState {
  const reader = new Reader(owner, text);
  const header = reader.header();
  const numFeatures = header.whole('max_feature_idx', 0, MAX_FEATURES - 1) + 1;
  const perIteration = header.whole('num_tree_per_iteration', 1, 1 << 20);
  const featureNames = header.words('feature_names');
  if (featureNames.length !== numFeatures) reader.fail(`feature_names must have ${numFeatures} names, has ${featureNames.length}`);
  const infos = header.words('feature_infos');
  const objective = readObjective(reader, header.text('objective', ''));
  if ((objective.loss.numClasses ?? 1) !== perIteration)
    reader.fail(`num_tree_per_iteration must be ${objective.loss.numClasses ?? 1}, is ${perIteration}`);

  const blocks = reader.trees();
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
    loss: withParameters(objective.loss, reader.parameters()),
    numFeatures,
    numClasses: objective.loss.name === 'logistic' ? 2 : perIteration,
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

function readObjective(reader: Reader, text: string): { loss: LossSpec; scale: number } {
  const [name, ...rest] = text.split(/\s+/).filter((word) => word !== '');
  const option = (key: string, otherwise: number): number => {
    const found = rest.find((word) => word.startsWith(`${key}:`));
    if (found === undefined) return otherwise;
    const value = Number(found.slice(key.length + 1));
    return Number.isFinite(value) ? value : reader.fail(`objective ${show(text)} has no number for ${key}`);
  };
  const plain = (loss: LossSpec) => ({ loss, scale: 1 });
  if (rest.includes('sqrt')) reader.refuse('reg_sqrt is not supported: it predicts the square of the score');
  switch (name) {
    case 'cross_entropy':
      return plain({ name: 'logistic' });
    case 'binary':
      return { loss: { name: 'logistic' }, scale: option('sigmoid', 1) };
    case 'multiclass':
    case 'softmax':
      return plain({ name: 'softmax', numClasses: option('num_class', 0) });
    case 'regression':
      return plain({ name: 'squared' });
    case 'regression_l1':
      return plain({ name: 'absolute' });
    case 'huber':
    case 'quantile':
      return plain({ name, alpha: 0.9 });
    case 'poisson':
    case 'gamma':
      return plain({ name });
    case 'tweedie':
      return plain({ name, power: 1.5 });
    default:
      return reader.refuse(
        `objective ${show(text)} is not supported; supported are binary, cross_entropy, multiclass, regression, regression_l1, huber, quantile, poisson, gamma and tweedie`,
      );
  }
}

/** `alpha` of huber and quantile and the power of tweedie stand among the parameters of the training only. */
function withParameters(loss: LossSpec, parameters: ReadonlyMap<string, string>): LossSpec {
  const [alpha, power] = ['alpha', 'tweedie_variance_power'].map((key) => Number(parameters.get(key)));
  if (loss.alpha !== undefined && alpha > 0 && alpha < Number.POSITIVE_INFINITY) return { ...loss, alpha };
  return loss.power !== undefined && power > 1 && power < 2 ? { ...loss, power } : loss;
}

/** Categories of a feature, from its levels as in `-1:4:1:0`; 0 of a range `[0:1]` and of `none`. */
function categoriesOf(info: string | undefined): number {
  if (info === undefined || !/^-?\d{1,9}(:-?\d{1,9})*$/.test(info)) return 0;
  return info.split(':').reduce((most, level) => Math.max(most, Number(level) + 1), 0);
}

/** Lines `key=value` up to an empty one, or up to the next section. */
class Section {
  readonly name: string;
  readonly #reader: Reader;
  readonly #values = new Map<string, string>();
  readonly #flags = new Set<string>();

  constructor(reader: Reader, name: string, lines: readonly string[]) {
    this.#reader = reader;
    this.name = name;
    for (const line of lines) {
      const equals = line.indexOf('=');
      if (equals < 0) this.#flags.add(line.trim());
      else this.#values.set(line.slice(0, equals), line.slice(equals + 1).trim());
    }
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  flag(key: string): boolean {
    return this.#flags.has(key);
  }

  text(key: string, otherwise?: string): string {
    return this.#values.get(key) ?? otherwise ?? this.fail(`it lacks ${key}`);
  }

  words(key: string): string[] {
    return this.text(key)
      .split(' ')
      .filter((word) => word !== '');
  }

  whole(key: string, least: number, most: number): number {
    const text = this.text(key);
    const value = Number(text);
    return /^\d{1,15}$/.test(text) && value >= least && value <= most
      ? value
      : this.fail(`${key} must be a whole number from ${least} to ${most}, is ${show(text)}`);
  }

  numbers(key: string, count: number): Float64Array {
    const words = this.words(key);
    if (words.length !== count) this.fail(`${key} must have ${count} numbers, has ${words.length}`);
    return Float64Array.from(words, (word) => readNumber(word) ?? this.fail(`${key} must be numbers, has ${show(word)}`));
  }

  within(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof MlError) throw error;
      this.fail((error as Error).message);
    }
  }

  fail(problem: string): never {
    return this.#reader.fail(this.name === '' ? problem : `${this.name}: ${problem}`);
  }

  refuse(problem: string): never {
    return this.#reader.refuse(`${this.name}: ${problem}`);
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(inity)?$/i;

function readNumber(word: string): number | null {
  if (NUMBER.test(word)) return Number(word);
  const infinite = INFINITE.exec(word);
  if (!infinite) return null;
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** The text's sections. */
class Reader {
  readonly #owner: string;
  readonly #lines: readonly string[];
  #end = -1;

  constructor(owner: string, text: string) {
    this.#owner = owner;
    if (typeof text !== 'string') this.fail(`the model must be a text, got ${show(text)}`);
    this.#lines = text.split(/\r?\n/);
    if (this.#lines[0]?.trim() !== 'tree') this.fail(`the text must begin with the line "tree", begins with ${show(this.#lines[0].slice(0, 40))}`);
  }

  header(): Section {
    const first = this.#lines.findIndex((line) => line.startsWith('Tree=') || line === 'end of trees');
    return new Section(
      this,
      '',
      this.#lines.slice(1, first < 0 ? undefined : first).filter((line) => line !== ''),
    );
  }

  trees(): Section[] {
    const end = this.#lines.indexOf('end of trees');
    if (end < 0) this.fail('the text is cut off: it has no line "end of trees"');
    this.#end = end;
    const blocks: Section[] = [];
    for (let i = 1; i < end; i++) {
      if (!this.#lines[i].startsWith('Tree=')) continue;
      let to = i + 1;
      while (to < end && !this.#lines[to].startsWith('Tree=')) to++;
      const lines = this.#lines.slice(i + 1, to).filter((line) => line !== '');
      blocks.push(new Section(this, this.#lines[i].trim(), lines));
      i = to - 1;
    }
    return blocks;
  }

  /** Lines `[key: value]` behind the trees. */
  parameters(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (let i = Math.max(this.#end, 0); i < this.#lines.length; i++) {
      const match = /^\[(\w+): (.*)\]$/.exec(this.#lines[i]);
      if (match) found.set(match[1], match[2]);
    }
    return found;
  }

  fail(problem: string): never {
    throw new MlError('MODEL_FORMAT', `${this.#owner}: it is no model of LightGBM: ${problem}`);
  }

  refuse(problem: string): never {
    throw new MlError('NOT_SUPPORTED', `${this.#owner}: model of LightGBM: ${problem}`);
  }
}
