import { type Trees, treeCount } from './trees.ts';
import { goesLeft } from './walk.ts';

/**
 * Shapley values of single rows. For a row x the game of a tree is `v(S)`: the mean value of the leaves x may reach when only the features in S are
 * known, the children of splits on others being weighted by their cover (Lundberg et al. 2020, "path-dependent" TreeSHAP).
 */
export interface TreeContributions {
  /** Slots of each class: one a feature, and at last the expected score. */
  readonly size: number;
  /**
   * Writes the contributions to score c of the row `x` at `out[at + c * size + j]`, the expected score at j = d. Slots of one class sum to that raw
   * score.
   */
  write(x: Float64Array, out: Float64Array, at: number): void;
}

/** The contributions to the scores `start[c] + Σ` of the trees t with `t mod start.length = c`. */
export function treeContributions(trees: Trees, numFeatures: number, start: ArrayLike<number>): TreeContributions {
  const width = start.length;
  const size = numFeatures + 1;
  const games = Array.from({ length: treeCount(trees) }, (_, t) => new TreeGame(trees, t));
  const expected = Float64Array.from({ length: width }, (_, c) => start[c]);
  games.forEach((game, t) => {
    expected[t % width] += game.expected;
  });
  const largest = games.reduce((most, game) => Math.max(most, game.scratchLength), 0);
  const scratch: Scratch = {
    known: new Uint8Array(games.reduce((most, { nodes }) => Math.max(most, nodes), 0)),
    reach: new Float64Array(largest),
    factor: new Float64Array(largest),
    below: new Float64Array(largest),
  };
  return {
    size,
    write(x, out, at) {
      out.fill(0, at, at + width * size);
      for (let t = 0; t < games.length; t++) games[t].add(x, out, at + (t % width) * size, scratch);
      for (let c = 0; c < width; c++) out[at + c * size + numFeatures] = expected[c];
    },
  };
}

/** By node (times the number of points). */
interface Scratch {
  /** Whether x would come to the node, as far as its feature goes: through all splits on that feature above it. */
  readonly known: Uint8Array;
  readonly reach: Float64Array;
  readonly factor: Float64Array;
  readonly below: Float64Array;
}

/**
 * One tree. A leaf of value v has the game `v · Π_j (x follows all splits on j ? 1 : 0 if j is known, z_j if not)`, where z_j is the product of the
 * cover shares along the path's splits on j. The Shapley value of a product game is an integral of a polynomial,
 *
 *     φ_j = v · ∫₀¹ (o_j - z_j) · Π_{i≠j} (z_i (1 - t) + o_i t) dt,
 *
 * which Gauss-Legendre points give exactly (as many points as half the features on a path, rounded up). All factors are positive, so nothing cancels,
 * whatever the depth, and leaves below one node share their factors: time is nodes · points. Indices below are within the tree.
 */
class TreeGame {
  readonly nodes: number;
  readonly expected: number;
  readonly scratchLength: number;
  readonly #trees: Trees;
  readonly #first: number;
  readonly #parent: Int32Array;
  /** The child of the last split above on the same feature as the one into the node; -1: there is none. */
  readonly #before: Int32Array;
  /** Product of the cover shares of the splits on that feature down to the node. */
  readonly #share: Float64Array;
  readonly #points: Float64Array;
  readonly #weights: Float64Array;

  constructor(trees: Trees, t: number) {
    const { starts, feature, left, right, cover, value } = trees;
    const first = starts[t];
    const nodes = starts[t + 1] - first;
    this.#trees = trees;
    this.#first = first;
    this.nodes = nodes;
    this.#parent = new Int32Array(nodes).fill(-1);
    this.#before = new Int32Array(nodes).fill(-1);
    this.#share = new Float64Array(nodes).fill(1);
    const features = new Int32Array(nodes);
    const probability = new Float64Array(nodes).fill(1);
    let most = 0;
    let expected = 0;
    for (let i = 0; i < nodes; i++) {
      const node = first + i;
      const up = this.#parent[i];
      if (up >= 0) {
        const j = feature[first + up];
        const share = shareOf(cover[first + up], cover[node]);
        let before = up;
        while (before >= 0 && (this.#parent[before] < 0 || feature[first + this.#parent[before]] !== j)) before = this.#parent[before];
        this.#before[i] = before;
        this.#share[i] = share * (before < 0 ? 1 : this.#share[before]);
        features[i] = features[up] + (before < 0 ? 1 : 0);
        probability[i] = probability[up] * share;
      }
      if (features[i] > most) most = features[i];
      if (feature[node] < 0) expected += probability[i] * value[node];
      else this.#parent[left[node] - first] = this.#parent[right[node] - first] = i;
    }
    this.expected = expected;
    [this.#points, this.#weights] = gaussLegendre(Math.max(1, Math.ceil(most / 2)));
    this.scratchLength = nodes * this.#points.length;
  }

  /** Adds the contributions of `x` to `out[at + j]`. */
  add(x: Float64Array, out: Float64Array, at: number, { known, reach, factor, below }: Scratch): void {
    const first = this.#first;
    const trees = this.#trees;
    const { feature, value } = trees;
    const [parent, before, share, points, weights] = [this.#parent, this.#before, this.#share, this.#points, this.#weights];
    const m = points.length;
    known[0] = 1;
    reach.fill(1, 0, m);
    below.fill(0, 0, this.nodes * m);
    for (let i = 0, p = 0; i < this.nodes; i++) {
      const up = parent[i];
      const b = before[i];
      if (i > 0) {
        const follows = goesLeft(trees, first + up, x[feature[first + up]]) === (i === up + 1);
        known[i] = follows && (b < 0 || known[b] === 1) ? 1 : 0;
      }
      for (let q = 0; q < m; q++, p++) {
        if (i > 0) {
          factor[p] = share[i] * (1 - points[q]) + (known[i] === 1 ? points[q] : 0);
          const old = b < 0 ? 1 : factor[b * m + q];
          // A leaf that x does not come to, and that no row came to, has no part in any game.
          reach[p] = old > 0 ? (reach[up * m + q] / old) * factor[p] : 0;
        }
        if (feature[first + i] < 0) below[p] = reach[p] * value[first + i];
      }
    }
    for (let i = this.nodes - 1; i > 0; i--) {
      const up = parent[i];
      const b = before[i];
      const gain = known[i] - share[i];
      const gainBefore = b < 0 ? 0 : known[b] - share[b];
      let sum = 0;
      for (let q = 0, p = i * m; q < m; q++, p++) {
        const leaves = below[p];
        if (leaves === 0) continue;
        sum += weights[q] * leaves * (gain / factor[p] - (b < 0 ? 0 : gainBefore / factor[b * m + q]));
        below[up * m + q] += leaves;
      }
      out[at + feature[first + up]] += sum;
    }
  }
}

/** A child's share of its parent's rows; half where the model does not tell. */
function shareOf(parent: number, child: number): number {
  return parent > 0 && child >= 0 && child < Number.POSITIVE_INFINITY ? child / parent : 0.5;
}

const rules = new Map<number, readonly [points: Float64Array, weights: Float64Array]>();

/** Points and weights on (0, 1) that integrate polynomials up to degree 2 m - 1 exactly: roots of the Legendre polynomial by Newton's method. */
export function gaussLegendre(m: number): readonly [points: Float64Array, weights: Float64Array] {
  const made = rules.get(m);
  if (made) return made;
  const points = new Float64Array(m);
  const weights = new Float64Array(m);
  for (let k = 0; k < (m + 1) >> 1; k++) {
    let x = cosine((Math.PI * (k + 0.75)) / (m + 0.5));
    let slope = 1;
    for (let turn = 0; turn < 100; turn++) {
      let [before, value] = [0, 1];
      for (let n = 1; n <= m; n++) [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
      slope = (m * (x * value - before)) / (x * x - 1);
      const step = value / slope;
      x -= step;
      if (Math.abs(step) < 1e-16) break;
    }
    points[k] = (1 - x) / 2;
    points[m - 1 - k] = (1 + x) / 2;
    weights[k] = weights[m - 1 - k] = 1 / ((1 - x * x) * slope * slope);
  }
  rules.set(m, [points, weights]);
  return [points, weights];
}

/** Of an angle in [0, π/2], by its series: Math.cos may differ between platforms. */
function cosine(angle: number): number {
  let [sum, term] = [1, 1];
  for (let n = 1; n < 24; n += 2) {
    term *= -(angle * angle) / (n * (n + 1));
    sum += term;
  }
  return sum;
}
