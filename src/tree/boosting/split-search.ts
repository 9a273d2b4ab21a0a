import { binCount } from '../bins.ts';
import type { BundleMember, CodeColumn } from './code-columns.ts';
import {
  G_SCALE,
  H_SCALE,
  LARGE,
  LARGE_NODE,
  LARGE_WIDE,
  PARENT,
  PIECES,
  SEARCH_LARGE,
  SEARCH_SMALL,
  SMALL,
  SMALL_NODE,
  SMALL_WIDE,
} from './commands.ts';
import { type FeatureSums, findSplit, isPlain, numericSplit } from './find-split.ts';
import type { LeafSums } from './leaf-sums.ts';
import { type BoostingArgs, type BoostingMemory, RESULT } from './memory.ts';
import type { GrowingNode, Split, SplitRules } from './split.ts';

/** Searches columns of both sides of a split for their best splits. */
export class SplitSearch {
  readonly #memory: BoostingMemory;
  readonly #args: BoostingArgs;
  readonly #thread: number;
  readonly #sums: LeafSums;
  #g: Float64Array;
  #h: Float64Array;
  #spare: [Float64Array, Float64Array];
  readonly #rules: { -readonly [K in keyof SplitRules]: SplitRules[K] };

  constructor(memory: BoostingMemory, args: BoostingArgs, thread: number, sums: LeafSums) {
    this.#memory = memory;
    this.#args = args;
    this.#thread = thread;
    this.#sums = sums;
    const { mostCodes } = memory.dims;
    this.#g = new Float64Array(mostCodes);
    this.#h = new Float64Array(mostCodes);
    this.#spare = [new Float64Array(mostCodes), new Float64Array(mostCodes)];
    this.#rules = { ...args.spec.growth };
  }

  /** Finds the best splits of a piece's columns, once their sums are made. */
  search(piece: number): void {
    const { board } = this.#memory;
    const { command } = board;
    const [from, to] = this.#columnsOf(piece);
    const { columns } = this.#sums.columns;
    const hasLarge = command[PARENT] >= 0;
    const found: (Found | null)[] = [null, null];
    const nodes = [this.#node(SMALL_NODE), this.#node(LARGE_NODE)];
    const searched = [command[SEARCH_SMALL] === 1, hasLarge && command[SEARCH_LARGE] === 1];
    for (const side of [0, 1]) if (searched[side]) this.#writeAsk(nodes[side], side);
    for (let k = from; k < to; k++) {
      const column = columns[k];
      this.#sums.merge(column);
      if (hasLarge) this.#sums.subtract(column);
      for (const side of [0, 1]) {
        if (!searched[side]) continue;
        const slot = command[side === 0 ? SMALL : LARGE];
        const isWide = command[side === 0 ? SMALL_WIDE : LARGE_WIDE] === 1;
        found[side] = this.#best(column, slot, isWide, nodes[side], side, found[side]);
      }
    }
    for (const side of [0, 1]) this.#tell(2 * piece + side, found[side]);
  }

  /** Columns `[from, to)` of a piece. */
  #columnsOf(piece: number): [number, number] {
    const { columns } = this.#sums.columns;
    const pieces = this.#memory.board.command[PIECES];
    return [Math.floor((piece * columns.length) / pieces), Math.floor(((piece + 1) * columns.length) / pieces)];
  }

  #node(at: number): GrowingNode {
    const { numbers } = this.#memory.board;
    return { g: numbers[at], h: numbers[at + 1], count: numbers[at + 2], low: numbers[at + 3], high: numbers[at + 4] };
  }

  /** The better of `found` and the best split of the column's features. */
  #best(column: CodeColumn, slot: number, isWide: boolean, node: GrowingNode, side: number, found: Found | null): Found | null {
    const at = this.#sums.slot(slot, isWide, column);
    const { bins } = this.#args.layout;
    const { feature, members } = column;
    if (!members) {
      const one = bins[feature];
      const rules = this.#rulesFor(feature, side, found);
      if (!rules) return found;
      if (!isWide && one.kind === 'numeric' && isPlain(node, rules, this.#monotone(feature))) {
        const split = this.#scan(at, binCount(one), node, side, rules);
        return split ? { feature, split } : found;
      }
      this.#extract(at, isWide, binCount(one) + 1);
      return this.#better(feature, node, rules, found);
    }
    let best = found;
    this.#extract(at, isWide, column.size);
    const combinations = { g: this.#g, h: this.#h };
    [this.#g, this.#h] = this.#spare;
    // Members from the last on: what was summed over is gone for those before it.
    for (let m = members.length - 1; m >= 0; m--) {
      const member = members[m];
      const rules = this.#rulesFor(member.feature, side, best);
      if (rules) {
        this.#marginal(combinations, member, binCount(bins[member.feature]) + 1);
        best = this.#better(member.feature, node, rules, best);
      }
      reduce(combinations, member);
    }
    this.#spare = [this.#g, this.#h];
    this.#g = combinations.g;
    this.#h = combinations.h;
    return best;
  }

  /**
   * The rules by which a split of the feature is better than what was found; null where the feature is not allowed. Ties go to the feature of the
   * lower number.
   */
  #rulesFor(feature: number, side: number, found: Found | null): SplitRules | null {
    const { board, dims } = this.#memory;
    if (board.allowed[dims.features * side + feature] === 0) return null;
    const { minSplitGain } = this.#args.spec.growth;
    const gain = !found ? minSplitGain : found.feature < feature ? found.split.gain : lower(found.split.gain);
    this.#rules.minSplitGain = Math.max(minSplitGain, gain);
    return this.#rules;
  }

  #monotone(feature: number): number {
    return this.#args.spec.growth.monotone?.[feature] ?? 0;
  }

  /** The better of `found` and the best split by the sums of a feature that are extracted. */
  #better(feature: number, node: GrowingNode, rules: SplitRules, found: Found | null): Found | null {
    const bins = this.#args.layout.bins[feature];
    const split = findSplit({ g: this.#g, h: this.#h }, binCount(bins), bins.kind === 'categories', node, rules, this.#monotone(feature));
    return split ? { feature, split } : found;
  }

  /** `bestNumericSplit` on the sums themselves. What is asked of the side is written once a round. */
  #scan(at: number, bins: number, node: GrowingNode, side: number, rules: SplitRules): Split | null {
    const { home, asks } = this.#memory;
    const ask = asks[this.#thread] + 128 * side;
    const out = ask + 72;
    if (home.kernels.scan_numeric(at, bins, ask, rules.minSplitGain, out) === 0) return null;
    const { f64 } = home;
    const hasMissing = home.u32[(at >>> 2) + 2 * bins] > 0;
    const told = out / 8;
    return numericSplit(node, rules, f64[told], f64[told + 1], hasMissing ? f64[told + 2] === 1 : null, f64[told + 3], f64[told + 4]);
  }

  #writeAsk(node: GrowingNode, side: number): void {
    const { home, asks, board } = this.#memory;
    const { minSamplesLeaf, minChildWeight, l2 } = this.#args.spec.growth;
    const at = (asks[this.#thread] + 128 * side) / 8;
    home.f64[at] = 1 / board.numbers[G_SCALE];
    home.f64[at + 1] = 1 / board.numbers[H_SCALE];
    home.f64[at + 2] = node.g;
    home.f64[at + 3] = node.h;
    home.f64[at + 4] = node.count;
    home.f64[at + 5] = node.h > 0 ? node.count / node.h : 0;
    home.f64[at + 6] = Math.max(minSamplesLeaf, 1);
    home.f64[at + 7] = minChildWeight;
    home.f64[at + 8] = l2;
  }

  /** The first `codes` sums, in real units, into the thread's own arrays. */
  #extract(at: number, isWide: boolean, codes: number): void {
    const { home, board } = this.#memory;
    const g = this.#g;
    const h = this.#h;
    const gUnit = 1 / board.numbers[G_SCALE];
    const hUnit = 1 / board.numbers[H_SCALE];
    const { i32, u32, f64 } = home;
    if (isWide) {
      for (let c = 0, p = at / 8; c < codes; c++, p += 2) {
        g[c] = f64[p] * gUnit;
        h[c] = f64[p + 1] * hUnit;
      }
    } else {
      for (let c = 0, p = at >>> 2; c < codes; c++, p += 2) {
        g[c] = i32[p + 1] * gUnit;
        h[c] = u32[p] * hUnit;
      }
    }
  }

  /** Sums of a member by code, into the thread's own arrays, out of those by combination of the members up to it. */
  #marginal(combinations: FeatureSums, { factor, codes }: BundleMember, length: number): void {
    this.#g.fill(0, 0, length);
    this.#h.fill(0, 0, length);
    for (let level = 0, p = 0; level < codes.length; level++) {
      let g = 0;
      let h = 0;
      for (const end = p + factor; p < end; p++) {
        g += combinations.g[p];
        h += combinations.h[p];
      }
      this.#g[codes[level]] = g;
      this.#h[codes[level]] = h;
    }
  }

  #tell(place: number, found: Found | null): void {
    const { results, categories } = this.#memory.board;
    const at = RESULT * place;
    if (!found) {
      results[at] = Number.NEGATIVE_INFINITY;
      return;
    }
    const { feature, split } = found;
    const { left, right } = split;
    results.set([split.gain, feature, split.bin, split.missingLeft ? 1 : 0], at);
    results.set([left.g, left.h, left.count, left.value, right.g, right.h, right.count, right.value], at + 4);
    results[at + 12] = split.categories ? split.categories.length : -1;
    if (split.categories) categories.set(split.categories, Math.max(1, this.#memory.dims.categoryWords) * place);
  }
}

interface Found {
  readonly feature: number;
  readonly split: Split;
}

/** Adds up sums by combination over the levels of the last member. */
function reduce({ g, h }: FeatureSums, { factor, codes }: BundleMember): void {
  for (let p = factor, c = 0; p < factor * codes.length; p++) {
    g[c] += g[p];
    h[c] += h[p];
    if (++c === factor) c = 0;
  }
}

/** The largest number below x > 0. */
function lower(x: number): number {
  DOUBLE[0] = x;
  if (WORDS[0] === 0) WORDS[1]--;
  WORDS[0]--;
  return DOUBLE[0];
}
const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);
