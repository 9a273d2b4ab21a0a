import { MlError, show } from '../../error.ts';
import * as z from '../../param/zod.ts';
import { addTree, TreesBuilder } from '../trees-builder.ts';
import { lastBelow } from './float-threshold.ts';
import { lossOf, type ModelKind, type Objective } from './imported.ts';
import { classCount, type Link, linkOf, type ModelLoss, scoreOf } from './link.ts';
import { type BoostingState, checkBoostingState } from './model-state.ts';
import { isUbjson, readUbjson } from './ubjson.ts';

const whole = z.string().regex(/^\d{1,9}$/);
const numbers = z.array(z.number());

const Tree = z.object({
  tree_param: z.object({ num_nodes: whole, size_leaf_vector: whole.default('1') }),
  left_children: numbers,
  right_children: numbers,
  split_indices: numbers,
  split_conditions: numbers,
  default_left: z.array(z.union([z.number(), z.boolean()])),
  split_type: numbers.optional(),
  categories: numbers.optional(),
  categories_nodes: numbers.optional(),
  categories_segments: numbers.optional(),
  categories_sizes: numbers.optional(),
  loss_changes: numbers.optional(),
  sum_hessian: numbers.optional(),
  base_weights: numbers.optional(),
});
type Tree = z.output<typeof Tree>;

const Ensemble = z.object({
  gbtree_model_param: z.object({ num_trees: whole }),
  tree_info: numbers,
  trees: z.array(Tree),
});

const Booster = z.object({ name: z.string(), model: z.unknown().optional(), gbtree: z.unknown().optional(), weight_drop: numbers.optional() });

const Model = z.object({
  learner: z.object({
    feature_names: z.array(z.string()).default([]),
    learner_model_param: z.object({ base_score: z.string(), num_class: whole.default('0'), num_feature: whole, num_target: whole.default('1') }),
    objective: z.looseObject({ name: z.string() }),
    gradient_booster: Booster,
  }),
});

/**
 * Reads a model as XGBoost saves it (`booster.save_model`), the text of a `.json` or the bytes of a `.ubj`: gbtree and dart, splits by threshold and
 * by category. XGBoost rounds features to 32-bit floats and goes left where they are less than the threshold; thresholds become the 64-bit ones that
 * split the same values. Throws MlError MODEL_FORMAT for a broken file, NOT_SUPPORTED for linear boosters, several targets and objectives that are
 * unknown or not of that kind.
 */
export function parseXGBoost(owner: string, model: string | Uint8Array, kind: ModelKind): BoostingState {
  const fail = (problem: string): never => {
    throw new MlError('MODEL_FORMAT', `${owner}: it is no model of XGBoost: ${problem}`);
  };
  const refuse = (problem: string): never => {
    throw new MlError('NOT_SUPPORTED', `${owner}: model of XGBoost: ${problem}`);
  };
  const { learner } = checked(Model, readJson(model, fail), fail);
  const booster = learner.gradient_booster;
  if (booster.name !== 'gbtree' && booster.name !== 'dart') refuse(`booster ${show(booster.name)} is not supported; supported are gbtree and dart`);
  const dart = booster.name === 'dart';
  const inner = dart ? checked(Booster, booster.gbtree, fail).model : booster.model;
  const { trees: sources, tree_info: groups, gbtree_model_param } = checked(Ensemble, inner, fail);
  const { base_score, num_class, num_feature, num_target } = learner.learner_model_param;
  const numFeatures = Number(num_feature);
  if (numFeatures > MAX_FEATURES) fail(`num_feature must be at most ${MAX_FEATURES}, is ${num_feature}`);
  const count = Number(gbtree_model_param.num_trees);
  if (sources.length !== count || groups.length !== count) fail(`${count} trees must be there, got ${sources.length} and ${groups.length} tree_info`);
  const weights = dart ? (booster.weight_drop ?? []).map(Math.fround) : new Array<number>(count).fill(1);
  if (weights.length !== count) fail(`weight_drop must have ${count} numbers, has ${weights.length}`);
  if (Number(num_target) > 1) refuse('several targets are not supported');
  if (sources.some(({ tree_param }) => Number(tree_param.size_leaf_vector) > 1))
    refuse('leaves of several values (multi_output_tree) are not supported');

  const { objective } = learner;
  const loss = lossOf(owner, kind, readObjective(objective, Number(num_class), refuse), 'fromXGBoost', objective.name);
  const width = loss.numClasses ?? 1;
  const featureNames = learner.feature_names.length > 0 ? learner.feature_names : undefined;
  if (featureNames && featureNames.length !== numFeatures) fail(`feature_names must have ${numFeatures} names, has ${featureNames.length}`);
  const categorySizes = categoryCounts(sources, numFeatures, fail);
  const builder = new TreesBuilder();
  for (const t of inTurn(groups, width, fail)) addXGBoostTree(builder, sources[t], { t, numFeatures, categorySizes, weight: weights[t], fail });
  const state: BoostingState = {
    trees: builder.finish(),
    start: startScores(base_score, objective.name === 'binary:logitraw' ? 'identity' : linkOf(loss), width, fail),
    loss,
    numFeatures,
    numClasses: classCount(loss, width),
    categorySizes,
    ...(featureNames && { featureNames }),
    reading: { otherCategory: categorySizes },
    objectiveHistory: [],
    validationHistory: [],
  };
  checkBoostingState(owner, state);
  return state;
}

type Fail = (problem: string) => never;

function readJson(model: string | Uint8Array, fail: Fail): unknown {
  if (typeof model !== 'string' && !(model instanceof Uint8Array)) fail(`the model must be a text or bytes, got ${show(model)}`);
  if (typeof model !== 'string' && isUbjson(model)) return readUbjson(model, fail);
  try {
    return JSON.parse(typeof model === 'string' ? model : new TextDecoder().decode(model));
  } catch (error) {
    return fail(`it must be JSON or UBJSON (save_model with a name that ends in .json or .ubj), but ${(error as Error).message}`);
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, fail: Fail): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  return fail(`${issue.path.map(String).join('.') || 'the JSON'}: ${issue.message}`);
}

function readObjective(objective: { readonly name: string; readonly [key: string]: unknown }, numClass: number, refuse: Fail): Objective {
  const { name } = objective;
  const option = (group: string, key: string, otherwise: number): number => {
    const text = (objective[group] as Record<string, unknown> | undefined)?.[key];
    const value = Number((typeof text === 'string' ? text : show(text ?? otherwise)).replace(/^\[(.*)\]$/, '$1'));
    return Number.isFinite(value) ? value : refuse(`objective ${name} with ${key} ${show(text)} is not supported`);
  };
  const foreign = (link: Link): ModelLoss => ({ name: 'foreign', objective: name, link });
  switch (name) {
    case 'binary:logistic':
    case 'binary:logitraw':
      return { classes: { name: 'logistic' } };
    case 'reg:logistic':
      return { classes: { name: 'logistic' }, numbers: foreign('sigmoid') };
    case 'binary:hinge':
      return { classes: foreign('step') };
    case 'multi:softprob':
    case 'multi:softmax':
      return { classes: { name: 'softmax', numClasses: numClass } };
    case 'reg:squarederror':
    case 'reg:linear':
      return { numbers: { name: 'squared' } };
    case 'reg:absoluteerror':
      return { numbers: { name: 'absolute' } };
    case 'reg:pseudohubererror':
      return { numbers: { name: 'huber', alpha: option('pseudo_huber_param', 'huber_slope', 1) } };
    case 'reg:quantileerror':
      return { numbers: { name: 'quantile', alpha: option('quantile_loss_param', 'quantile_alpha', 0.5) } };
    case 'count:poisson':
      return { numbers: { name: 'poisson' } };
    case 'reg:gamma':
      return { numbers: { name: 'gamma' } };
    case 'reg:tweedie':
      return { numbers: { name: 'tweedie', power: option('tweedie_regression_param', 'tweedie_variance_power', 1.5) } };
    case 'survival:cox':
    case 'survival:aft':
      return { numbers: foreign('exp') };
    case 'reg:squaredlogerror':
    case 'rank:pairwise':
    case 'rank:ndcg':
    case 'rank:map':
      return { numbers: foreign('identity') };
    default:
      return refuse(
        `objective ${show(name)} is not supported; supported are binary:logistic, binary:logitraw, binary:hinge, multi:softprob, multi:softmax, reg:logistic, reg:squarederror, ` +
          'reg:squaredlogerror, reg:absoluteerror, reg:pseudohubererror, reg:quantileerror, count:poisson, reg:gamma, reg:tweedie, survival:cox, survival:aft, rank:pairwise, rank:ndcg and rank:map',
      );
  }
}

/** `base_score` is a prediction (`5E-1`, or in brackets one a class): here it is told as a raw score. */
function startScores(text: string, link: Link, width: number, fail: Fail): number[] {
  const values = text
    .replace(/^\[(.*)\]$/, '$1')
    .split(',')
    .map((item) => (item.trim() === '' ? Number.NaN : Math.fround(Number(item))));
  const all = values.length === 1 ? new Array<number>(width).fill(values[0]) : values;
  const scores = all.map((p) => scoreOf(link, p));
  if (scores.length !== width || !scores.every(Number.isFinite))
    fail(`base_score must be ${width === 1 ? 'a number' : `one or ${width} numbers`} fit for the objective, is ${show(text)}`);
  return scores;
}

/** Tree numbers by class in turn, as scoring has them: with several parallel trees a class, XGBoost puts those of a class together. */
function inTurn(groups: readonly number[], width: number, fail: Fail): number[] {
  const byClass = Array.from({ length: width }, (): number[] => []);
  groups.forEach((group, t) => {
    (byClass[group] ?? fail(`tree_info must be a class from 0 to ${width - 1}, is ${group}`)).push(t);
  });
  if (byClass.some((own) => own.length !== byClass[0].length)) fail('tree_info must give every class as many trees');
  return byClass[0].flatMap((_, i) => byClass.map((own) => own[i]));
}

interface TreeContext {
  readonly t: number;
  readonly numFeatures: number;
  readonly categorySizes: readonly number[];
  /** What leaf values are multiplied by. */
  readonly weight: number;
  readonly fail: Fail;
}

function addXGBoostTree(builder: TreesBuilder, tree: Tree, { t, numFeatures, categorySizes, weight, fail }: TreeContext): void {
  const nodes = Number(tree.tree_param.num_nodes);
  const { left_children, right_children, split_indices, split_conditions, default_left, split_type, loss_changes, sum_hessian, base_weights } = tree;
  const problem: Fail = (what) => fail(`tree ${t}: ${what}`);
  const arrays = {
    left_children,
    right_children,
    split_indices,
    split_conditions,
    default_left,
    split_type,
    loss_changes,
    sum_hessian,
    base_weights,
  };
  for (const [name, array] of Object.entries(arrays)) {
    if (array && array.length !== nodes) problem(`${name} must have an entry for each of its ${nodes} nodes, has ${array.length}`);
  }
  const setOf = new Map((tree.categories_nodes ?? []).map((node, k) => [node, k]));
  const visit = (node: number): readonly [number, number] | null => {
    const cover = sum_hessian?.[node] ?? 0;
    const left = left_children[node];
    if (left === -1) {
      builder.leaf(Math.fround(split_conditions[node]) * weight, cover);
      return null;
    }
    const feature = split_indices[node];
    if (!(Number.isInteger(feature) && feature >= 0 && feature < numFeatures))
      problem(`node ${node} must split one of ${numFeatures} features, splits ${feature}`);
    const missingLeft = Boolean(default_left[node]);
    const common = { feature, missingLeft, value: (base_weights?.[node] ?? 0) * weight, gain: loss_changes?.[node] ?? 0, cover };
    if (split_type?.[node] === 1) {
      const words = leftWords(tree, setOf.get(node) ?? problem(`node ${node} has no categories`), categorySizes[feature]);
      builder.split({ ...common, words });
    } else builder.split({ ...common, threshold: lastBelow(split_conditions[node]) });
    return [left, right_children[node]];
  };
  try {
    addTree(nodes, visit);
  } catch (error) {
    if (error instanceof MlError) throw error;
    problem((error as Error).message);
  }
}

/** Set k of the tree, whose categories go right: bits of the others, with one more that stands for all that are in no set. */
function leftWords(tree: Tree, k: number, size: number): Uint32Array {
  const words = new Uint32Array(Math.ceil((size + 1) / 32)).fill(0xffffffff);
  for (const c of setAt(tree, k)) words[c >> 5] &= ~(1 << (c & 31));
  return words;
}

function setAt({ categories = [], categories_segments = [], categories_sizes = [] }: Tree, k: number): readonly number[] {
  return categories.slice(categories_segments[k], categories_segments[k] + categories_sizes[k]);
}

const MAX_CATEGORIES = 1 << 20;
const MAX_FEATURES = 1 << 24;

/** For each feature that is split by category, one more than the largest category of any split. */
function categoryCounts(trees: readonly Tree[], numFeatures: number, fail: Fail): number[] {
  const counts = new Array<number>(numFeatures).fill(0);
  trees.forEach((tree, t) => {
    (tree.categories_nodes ?? []).forEach((node, k) => {
      const feature = tree.split_indices[node];
      const set = setAt(tree, k);
      if (set.length !== tree.categories_sizes?.[k]) fail(`tree ${t}: the categories of node ${node} are missing`);
      if (!(feature in counts)) fail(`tree ${t}: node ${node} must split one of ${numFeatures} features, splits ${feature}`);
      for (const c of set) {
        if (!(Number.isInteger(c) && c >= 0 && c < MAX_CATEGORIES))
          fail(`tree ${t}: categories must be whole numbers below ${MAX_CATEGORIES}, got ${c}`);
        counts[feature] = Math.max(counts[feature], c + 1);
      }
    });
  });
  return counts;
}
