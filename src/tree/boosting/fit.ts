import type { BinnedSet, TrainingContext } from '../../engine/engine.ts';
import type { FitContext } from '../../engine/local/workers/contract.ts';
import { MlError } from '../../error.ts';
import { hash32 } from '../../random.ts';
import { treeCount } from '../trees.ts';
import { boundLeaves } from './bound-leaves.ts';
import * as commands from './commands.ts';
import type { BoostingResult, BoostingSpec } from './contract.ts';
import { scalesOf } from './gradient-pass.ts';
import { Grower } from './grow.ts';
import { type BoostingHand, boostingRounds } from './hand.ts';
import { hasUnitHessian, type LabelledRows, renewsLeaves, startScores } from './losses.ts';
import type { BoostingArgs } from './memory.ts';
import { type GrownNode, TreeList } from './tree-list.ts';
import { Validation } from './validation.ts';

export { boostingRounds };

/**
 * Fits boosted trees to binned rows on the workers. The set must have a label that the loss accepts, checked by the caller; it stays the caller's,
 * but is good for no other fit: many rows are put in another order. Gradients are rounded to 16 bits, up or down at random but so that they are right
 * on average, and their sums are integers: the same trees for any number of workers, bit by bit.
 */
export function fitBoosting(context: TrainingContext, set: BinnedSet, spec: BoostingSpec): Promise<BoostingResult> {
  const args: BoostingArgs = { layout: set.layout, spec, rows: set.partitions.map(({ rows }) => rows) };
  const module = import.meta.url;
  const rounds = { module, name: 'boostingRounds', args, local: boostingRounds, changesRows: true };
  return context.solve({ module, name: 'runBoosting', local: runBoosting, aggregators: {}, rounds }, set, context.owner);
}

/** The fit itself, on the leading worker. */
export function runBoosting(ctx: FitContext, owner: string): BoostingResult {
  return new Boosting(ctx, owner).run();
}

/** Codes by row from which on rows are arranged: fewer stay in caches. */
const ARRANGED = 1 << 22;
/** An arrangement has to serve so many iterations more than have been. */
const WORTHWHILE = 8;

class Boosting {
  readonly #ctx: FitContext;
  readonly #owner: string;
  readonly #hand: BoostingHand;
  readonly #spec: BoostingSpec;
  readonly #trees: TreeList;
  readonly #validation: Validation;
  readonly #history: number[] = [];
  #trainWeight = 0;
  #largestWeight = 1;

  constructor(ctx: FitContext, owner: string) {
    this.#ctx = ctx;
    this.#owner = owner;
    this.#hand = ctx.hand as BoostingHand;
    this.#spec = this.#hand.args.spec;
    this.#trees = new TreeList(this.#hand.args.layout.bins);
    this.#validation = new Validation(this.#hand.memory, this.#spec);
  }

  run(): BoostingResult {
    const { memory } = this.#hand;
    const { iterations, learningRate, seed } = this.#spec;
    const { scores } = memory.dims;
    const { command, leafValues } = memory.board;
    const start = this.#prepare();
    const { warmStart } = this.#spec;
    const done = warmStart ? treeCount(warmStart.trees) / scores : 0; // draws go on as if the first fit had not stopped
    const grower = new Grower(this.#ctx, this.#hand);
    const { monotone } = this.#spec.growth;
    const renews = renewsLeaves(this.#spec.loss);
    let t = 0;
    for (; t < iterations; t++) {
      const draws = hash32(seed, done + t);
      for (let score = 0; score < scores; score++) {
        command[commands.SCORE] = score;
        command[commands.SEED] = hash32(draws, 0);
        command[commands.SAMPLE_SEED] = hash32(draws, 1);
        let steps = commands.ROOT;
        if (this.#trees.count > 0) steps |= commands.APPLY;
        if (score === 0) steps |= this.#arrangesAt(t) ? commands.ARRANGE | commands.GRADIENTS : commands.GRADIENTS;
        this.#step(steps);
        if (score === 0 && t > 0 && this.#record(t)) return this.#result(start);
        const { root, leaves } = grower.grow(score, hash32(draws, 2 + score));
        command[commands.SCORE] = score;
        if (renews) {
          this.#ctx.round(commands.RENEW, leaves.length);
          for (const [l, leaf] of leaves.entries()) leaf.value = leafValues[l];
          if (monotone) boundLeaves(root, monotone);
        }
        scaleValues(root, learningRate);
        for (const [l, leaf] of leaves.entries()) leafValues[l] = leaf.value;
        command[commands.LEAVES] = leaves.length;
        command[commands.APPLY_SCORE] = score;
        this.#trees.add(root);
      }
    }
    if (t > 0) {
      this.#step(commands.APPLY | commands.GRADIENTS);
      this.#record(t);
    }
    return this.#result(start);
  }

  /**
   * Whether rows are put next to each other by the leaves of the last tree: of many of them, after 1, 4, 16 … iterations, where enough are to come to
   * be worth it.
   */
  #arrangesAt(t: number): boolean {
    const { columns, memory } = this.#hand;
    return columns.columns.length * memory.dims.total >= ARRANGED && t > 0 && Math.log2(t) % 2 === 0 && 2 * t + WORTHWHILE <= this.#spec.iterations;
  }

  /** Codes by row, weights, start scores. */
  #prepare(): readonly number[] {
    const { memory } = this.#hand;
    const { board, dims, partitions } = memory;
    const { loss, warmStart } = this.#spec;
    board.occurs.fill(0);
    board.filled.fill(0);
    board.widened.fill(0);
    board.count[1].fill(0);
    this.#ctx.round(commands.OCCURS, dims.blocks.length);
    this.#ctx.round(commands.PACK, dims.blocks.length);
    const labelled = partitions.map(({ labels, places, f64, handle }): LabelledRows => {
      return { labels, weights: dims.weighted ? f64.subarray(places.weights / 8, places.weights / 8 + handle.rows) : null };
    });
    let largest = dims.weighted ? 0 : 1;
    for (const { labels, weights } of labelled) {
      if (!weights) this.#trainWeight += labels.length;
      else {
        for (let i = 0; i < weights.length; i++) {
          const w = weights[i];
          this.#trainWeight += w;
          if (w > largest) largest = w;
        }
      }
    }
    if (!(this.#trainWeight > 0)) {
      throw new MlError('VALUE_INVALID', `${this.#owner}: some row to train on must have a weight above 0, none has`, { stage: this.#owner });
    }
    this.#largestWeight = largest;
    const start = warmStart?.start ?? startScores(loss, labelled);
    for (const { f64, places, handle } of partitions) {
      start.forEach((value, c) => {
        const from = places.scores / 8 + c * handle.rows;
        f64.fill(value, from, from + handle.rows);
      });
    }
    if (warmStart) this.#ctx.round(commands.WARM, dims.blocks.length);
    return start;
  }

  /** Goes through the steps on all rows; the scales of the gradients come first where nothing bounds them. */
  #step(steps: number): void {
    const { board, dims } = this.#hand.memory;
    const { command, numbers } = board;
    const blocks = dims.blocks.length;
    if (steps & commands.GRADIENTS) {
      let rest = steps;
      let bounds = this.#bounds();
      if (!bounds) {
        command[commands.STEPS] = (steps & commands.APPLY) | commands.LARGEST;
        this.#ctx.round(commands.STEP, blocks);
        rest = steps & ~commands.APPLY;
        bounds = [0, 0];
        for (let b = 0; b < blocks; b++) {
          bounds[0] = Math.max(bounds[0], board.largest[2 * b]);
          bounds[1] = Math.max(bounds[1], board.largest[2 * b + 1]);
        }
        if (!Number.isFinite(bounds[0] + bounds[1])) {
          throw new MlError(
            'VALUE_INVALID',
            `${this.#owner}: gradients must stay finite, do not; divide the labels by a large number or lower learningRate`,
            {
              stage: this.#owner,
            },
          );
        }
      }
      const scales = scalesOf(bounds[0], bounds[1]);
      numbers[commands.G_SCALE] = scales[0];
      numbers[commands.H_SCALE] = scales[1];
      command[commands.STEPS] = rest;
    } else command[commands.STEPS] = steps;
    this.#ctx.round(commands.STEP, blocks);
  }

  /** The largest gradient and hessian there can be; null where the scores decide. */
  #bounds(): [number, number] | null {
    const { loss } = this.#spec;
    const w = this.#largestWeight;
    const { scores } = this.#hand.memory.dims;
    if (loss.name === 'logistic') return [w, w / 4];
    if (loss.name === 'softmax') return [w, ((scores / (scores - 1)) * w) / 4];
    if (loss.name === 'squared' || !hasUnitHessian(loss)) return null;
    return [w * (loss.name === 'huber' ? (loss.alpha ?? 0.9) : 1), w];
  }

  /** Takes down what the scores after iteration t are worth; true when it is time to stop. */
  #record(t: number): boolean {
    const { losses } = this.#hand.memory.board;
    let [loss, heldLoss] = [0, 0];
    for (let b = 0; b < this.#hand.memory.dims.blocks.length; b++) {
      loss += losses[2 * b];
      heldLoss += losses[2 * b + 1];
    }
    const objective = loss / this.#trainWeight;
    this.#history.push(objective);
    const validation = this.#validation.record(heldLoss);
    this.#ctx.report({ iteration: t, objective, ...(validation !== undefined && { validation }) });
    return this.#validation.isOver;
  }

  #result(start: readonly number[]): BoostingResult {
    const { scores } = this.#hand.memory.dims;
    const made = this.#trees.count / scores;
    const iterations = this.#validation.best === undefined ? made : Math.min(made, this.#validation.best);
    return {
      trees: this.#trees.finish(iterations * scores, this.#spec.warmStart?.trees),
      start,
      objectiveHistory: this.#history,
      validationHistory: this.#validation.history,
      iterations,
    };
  }
}

function scaleValues(node: GrownNode, factor: number): void {
  node.value *= factor;
  if (!node.split) return;
  scaleValues(node.split.left, factor);
  scaleValues(node.split.right, factor);
}
