/** The plain definitions of `assembly/nodes.ts`. Slots are numbers here, from 0 on. */

type Codes = Uint8Array | Uint16Array;

/** Where the rows of a node go: to the left where `left(code of the feature)`. */
interface PlainMove {
  readonly codes: Codes;
  left(code: number): boolean;
  readonly to: readonly [left: number, right: number];
}

/** Rows lo … lo + n - 1 whose node `first + k` has the slot `table[k]`, -1 for none, and that count. */
export function gather(nodes: ArrayLike<number>, counts: ArrayLike<number> | null, table: readonly number[], first: number, lo: number, n: number) {
  const rows: number[] = [];
  const slots: number[] = [];
  for (let i = lo; i < lo + n; i++) {
    const slot = table[nodes[i] - first] ?? -1;
    if (slot < 0 || counts?.[i] === 0) continue;
    rows.push(i);
    slots.push(slot);
  }
  return { rows, slots };
}

/** What a row adds to the bins that it is in: (w, w y, w y y, c), or w to its class and c at the end. */
export function added(y: number, weight: number, count: number, numClasses: number): number[] {
  const w = count * weight;
  if (numClasses === 0) return [w, w * y, w * y * y, count];
  return [...Array.from({ length: numClasses }, (_, c) => (c === y ? w : 0)), count];
}

/** sums[slot][feature][bin] += `add(row)`, row by row; `features[slot]` are the codes of the features that the slot looks at. */
export function addRows(
  sums: number[][][][],
  rows: readonly number[],
  slots: readonly number[],
  features: readonly (readonly Codes[])[],
  add: (row: number) => number[],
): void {
  rows.forEach((row, k) => {
    const slot = slots[k];
    features[slot].forEach((codes, f) => {
      const bin = sums[slot][f][codes[row]];
      add(row).forEach((x, s) => {
        bin[s] += x;
      });
    });
  });
}

/** Rows lo … lo + n - 1 of node `first + k` go where `moves[k]` says, or stay. */
export function advance(nodes: Uint16Array | Uint32Array, moves: readonly (PlainMove | null)[], first: number, lo: number, n: number): void {
  for (let i = lo; i < lo + n; i++) {
    const move = moves[nodes[i] - first];
    if (move) nodes[i] = move.left(move.codes[i]) ? move.to[0] : move.to[1];
  }
}

/**
 * sums[nodes[i] - children] += y² of the rows lo … lo + n - 1 that count and are in one of those nodes, each sum in four parts by row number mod 4.
 */
export function squares(
  sums: Float64Array,
  labels: ArrayLike<number>,
  nodes: ArrayLike<number>,
  counts: ArrayLike<number> | null,
  children: number,
  lo: number,
  n: number,
): void {
  for (let i = lo; i < lo + n; i++) {
    const at = 4 * (nodes[i] - children) + (i & 3);
    if (counts?.[i] !== 0 && at >= 0 && at < sums.length) sums[at] += labels[i] * labels[i];
  }
}
