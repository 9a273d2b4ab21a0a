import { longOf, PoissonStream, XorShiftRandom } from './jvm-streams.ts';

/** How often rows count, tree after tree. Plain data. */
export interface DrawnRows {
  readonly counts: Uint8Array;
  /** Rows of one tree. */
  readonly rows: number;
}

/** How rows are drawn: with replacement Poisson of mean `rate`, else once with probability `rate`. */
interface Draw {
  readonly seed: bigint;
  readonly rate: number;
  readonly replacement: boolean;
}

/** How often the rows `[from, to)` count in a tree. */
export function drawnRows({ counts, rows }: DrawnRows, tree: number, from: number, to: number): Uint8Array {
  return counts.subarray(tree * rows + from, tree * rows + to);
}

/** Rows of the trees of a forest, which share a stream. */
export function drawForest(rows: number, trees: number, draw: Draw): DrawnRows {
  const drawn = empty(rows, trees);
  drawAsSpark(drawn.counts, rows, draw);
  return drawn;
}

/** Rows of the iterations of boosting, each of which has a stream of its own; `held`: not 0 in rows that do not train, which are passed over. */
export function drawIterations(rows: number, iterations: number, draw: Draw, held: Float64Array | null): DrawnRows {
  const drawn = empty(rows, iterations);
  for (let m = 0; m < iterations; m++) drawAsSpark(drawnRows(drawn, m, 0, rows), rows, { ...draw, seed: draw.seed + BigInt(m) }, held);
  return drawn;
}

function empty(rows: number, trees: number): DrawnRows {
  return { counts: new Uint8Array(new SharedArrayBuffer(rows * trees)), rows };
}

/** As Spark draws the rows of its first partition: for each row one number a tree. */
function drawAsSpark(counts: Uint8Array, rows: number, { seed, rate, replacement }: Draw, held: Float64Array | null = null): void {
  const own = longOf(seed + 1n);
  const poisson = replacement ? new PoissonStream(rate, own) : null;
  const uniform = new XorShiftRandom(own);
  for (let row = 0; row < rows; row++) {
    if (held && held[row] !== 0) continue;
    for (let at = row; at < counts.length; at += rows) counts[at] = poisson ? poisson.next() : Number(uniform.next() < rate);
  }
}
