import { codeOf } from '../../kernels/js/bins.ts';
import { noiseOf } from '../../kernels/js/boosting.ts';
import { hash32 } from '../../random.ts';
import { binCount } from '../bins.ts';
import { treeCount } from '../trees.ts';
import { type ScalarLoss, scalarLoss, softmaxGradients, softmaxLoss } from './losses.ts';
import type { BoostingArgs, BoostingMemory, PartitionView, RowBlock } from './memory.ts';

/** Rows at a time; loss sums are added up by them. */
const SLICE = 4096;
/** Weights beyond this are not for single precision. */
const SINGLE = 1e30;
/** Pairs hold gradients and hessians up to these. */
const MOST_G = 32767;
const MOST_H = 65535;

/** Which rows a share of them is held out by: a hash of seed and row number decides. */
export function drawnOut(seed: number, share = 0): (row: number) => boolean {
  const limit = share * 4294967296;
  return (row) => limit > 0 && hash32(seed ^ HELD_OUT, row) < limit;
}

/** What is done with scores, row by row: weights, gradients, losses. */
export class GradientPass {
  readonly #memory: BoostingMemory;
  readonly #args: BoostingArgs;
  readonly #loss: ScalarLoss | null;

  constructor(memory: BoostingMemory, args: BoostingArgs) {
    this.#memory = memory;
    this.#args = args;
    this.#loss = args.spec.loss.name === 'softmax' ? null : scalarLoss(args.spec.loss);
  }

  /** Weights of a block's rows: those that train, and those held out. */
  prepare(block: RowBlock): void {
    const { dims, partitions } = this.#memory;
    if (!dims.weighted) return;
    const { places, f64, handle, labels } = partitions[block.partition];
    const { layout, spec } = this.#args;
    const column = (at: number) => handle.columns[at].ptr / 8;
    const own = layout.weight === undefined ? -1 : column(layout.weight);
    const held = spec.heldOut === undefined ? -1 : column(layout.numbers[spec.heldOut]);
    const isDrawn = drawnOut(spec.seed, spec.validationFraction);
    for (let i = block.lo; i < block.lo + block.rows; i++) {
      let w = own < 0 ? 1 : f64[own + i];
      if (spec.classWeights) w *= spec.classWeights[labels[i]] ?? 1;
      const isHeld = held >= 0 ? f64[held + i] !== 0 : isDrawn(handle.firstRow + i);
      f64[places.weights / 8 + i] = isHeld ? 0 : w;
      if (dims.held) f64[places.heldWeights / 8 + i] = isHeld ? w : 0;
    }
  }

  /** Adds what the trees of the model that is gone on from give to the block's rows. */
  warm(b: number): void {
    const { warmStart } = this.#args.spec;
    if (!warmStart) return;
    const { trees } = warmStart;
    const { bins, features } = this.#args.layout;
    const { dims, partitions } = this.#memory;
    const { lo, rows, partition } = dims.blocks[b];
    const { handle, u8, places, f64, i32 } = partitions[partition];
    const u16 = new Uint16Array(i32.buffer);
    // A value is at most the threshold just when its code is at most the threshold's: thresholds are among the edges.
    const last = Int32Array.from(trees.feature, (j, i) => (j < 0 || bins[j].kind !== 'numeric' ? 0 : codeOf(bins[j], trees.threshold[i])));
    const codeAt = (feature: number, row: number) => {
      const { type, ptr } = handle.columns[features[feature]];
      return type === 'u16' ? u16[ptr / 2 + row] : u8[ptr + row];
    };
    const isLeft = (node: number, row: number): boolean => {
      const feature = trees.feature[node];
      const code = codeAt(feature, row);
      if (code === binCount(bins[feature])) return trees.missingLeft[node] === 1;
      const words = trees.categoryStarts[node + 1] - trees.categoryStarts[node];
      if (words === 0) return code <= last[node];
      if (code >> 5 >= words) return trees.missingLeft[node] === 1;
      return ((trees.categories[trees.categoryStarts[node] + (code >> 5)] >>> (code & 31)) & 1) === 1;
    };
    for (let t = 0; t < treeCount(trees); t++) {
      const scores = places.scores / 8 + handle.rows * (t % dims.scores);
      for (let row = lo; row < lo + rows; row++) {
        let node = trees.starts[t];
        while (trees.feature[node] >= 0) node = isLeft(node, row) ? trees.left[node] : trees.right[node];
        f64[scores + row] += trees.value[node];
      }
    }
  }

  /** The largest gradient and hessian of the block's training rows. */
  largest(b: number): void {
    const { board, dims, partitions } = this.#memory;
    const { lo, rows, partition } = dims.blocks[b];
    const { places, f64, labels } = partitions[partition];
    const loss = this.#loss as ScalarLoss;
    let mostG = 0;
    let mostH = 0;
    for (let i = lo; i < lo + rows; i++) {
      const w = dims.weighted ? f64[places.weights / 8 + i] : 1;
      if (w === 0) continue;
      const score = f64[places.scores / 8 + i];
      mostG = Math.max(mostG, w * Math.abs(loss.gradient(score, labels[i])));
      mostH = Math.max(mostH, w * loss.hessian(score, labels[i]));
    }
    board.largest[2 * b] = mostG;
    board.largest[2 * b + 1] = mostH;
  }

  /** Pairs of the block's rows, scaled, and its losses. */
  pairs(b: number, seed: number, gScale: number, hScale: number): void {
    const { board, dims, partitions } = this.#memory;
    const { lo, rows, partition } = dims.blocks[b];
    const view = partitions[partition];
    let loss = 0;
    let heldLoss = 0;
    for (let from = lo; from < lo + rows; from += SLICE) {
      const n = Math.min(SLICE, lo + rows - from);
      loss += this.#slice(view, from, n, seed, gScale, hScale, false);
      if (dims.held) heldLoss += this.#slice(view, from, n, seed, gScale, hScale, true);
    }
    board.losses[2 * b] = loss;
    board.losses[2 * b + 1] = heldLoss;
  }

  /** The loss of rows; unless of those held out, their pairs too. */
  #slice(view: PartitionView, from: number, n: number, seed: number, gScale: number, hScale: number, ofHeld: boolean): number {
    const { dims } = this.#memory;
    const { places, handle, kernels } = view;
    const weights = !dims.weighted ? 0 : 8 * from + (ofHeld ? places.heldWeights : places.weights);
    const isSingle = gScale > 1 / SINGLE && gScale < SINGLE && hScale > 1 / SINGLE && hScale < SINGLE;
    if (this.#args.spec.loss.name === 'logistic' && isSingle) {
      const labels = handle.columns[this.#args.layout.label as number].ptr + 8 * from;
      const pairs = ofHeld ? 0 : places.pairs + 4 * from;
      return kernels.logistic_pairs(pairs, places.scores + 8 * from, labels, weights, gScale, hScale, seed, places.numbers + 4 * from, n);
    }
    if (dims.scores > 1) return this.#softmaxSlice(view, from, n, seed, gScale, hScale, weights, ofHeld);
    const { f64, u32, labels } = view;
    const loss = this.#loss as ScalarLoss;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const w = weights === 0 ? 1 : f64[weights / 8 + i];
      if (w === 0) continue;
      const score = f64[places.scores / 8 + from + i];
      const y = labels[from + i];
      sum += w * loss.value(score, y);
      if (ofHeld) continue;
      u32[places.pairs / 4 + from + i] = pairOf(
        w * loss.gradient(score, y) * gScale,
        w * loss.hessian(score, y) * hScale,
        noiseOf(u32[places.numbers / 4 + from + i], seed),
      );
    }
    return sum;
  }

  #softmaxSlice(
    view: PartitionView,
    from: number,
    n: number,
    seed: number,
    gScale: number,
    hScale: number,
    weights: number,
    ofHeld: boolean,
  ): number {
    const { scores: k } = this.#memory.dims;
    const { f64, u32, labels, places, handle } = view;
    const scores = new Float64Array(k);
    const g = new Float64Array(k);
    const h = new Float64Array(k);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const w = weights === 0 ? 1 : f64[weights / 8 + i];
      if (w === 0) continue;
      const row = from + i;
      for (let c = 0; c < k; c++) scores[c] = f64[places.scores / 8 + c * handle.rows + row];
      sum += w * softmaxLoss(scores, labels[row]);
      if (ofHeld) continue;
      softmaxGradients(scores, labels[row], g, h);
      for (let c = 0; c < k; c++) {
        u32[places.pairs / 4 + c * handle.rows + row] = pairOf(
          w * g[c] * gScale,
          w * h[c] * hScale,
          noiseOf(u32[places.numbers / 4 + row], seed + c),
        );
      }
    }
    return sum;
  }
}

const HELD_OUT = 0x5bd1e995;

/** Gradient and hessian as a pair: rounded down after half of the noise's bits, as a fraction, was added to each. */
export function pairOf(g: number, h: number, noise: number): number {
  const wholeG = Math.max(-MOST_G, Math.min(MOST_G, Math.floor(g + (noise >>> 16) / 65536)));
  const wholeH = Math.max(0, Math.min(MOST_H, Math.floor(h + (noise & 0xffff) / 65536)));
  return (wholeG << 16) | wholeH;
}

/** The largest power of 2 by which numbers up to `most` may be multiplied to stay below `limit`. */
function scaleOf(most: number, limit: number): number {
  if (!(most > 0)) return 1;
  let scale = 1;
  while (scale * most * 2 <= limit && scale < 2 ** 1000) scale *= 2;
  while (scale * most > limit) scale /= 2;
  return scale;
}

/** Scales of pairs whose gradients and hessians go up to these. */
export function scalesOf(mostG: number, mostH: number): [number, number] {
  return [scaleOf(mostG, MOST_G - 1), scaleOf(mostH, MOST_H - 1)];
}
