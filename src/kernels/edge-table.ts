/** Finds the edges next to a value without a search: cells of one width, from the first edge to the last, and how many edges are in the cells before each. */
export interface EdgeTable {
  readonly starts: Uint16Array;
  readonly from: number;
  readonly scale: number;
  /** Number of the last cell. */
  readonly last: number;
}

const CELLS_PER_EDGE = 8;
/** Edges of one cell at most. */
const MOST_IN_CELL = 2;
/** Few edges are as soon searched; of many the table would not stay in the cache. */
const FEWEST_EDGES = 4;
const MOST_EDGES = 1024;

/** A table of ascending edges; null where it would not help, or too many of them lie close together. */
export function edgeTable(edges: Float64Array): EdgeTable | null {
  const { length } = edges;
  if (length < FEWEST_EDGES || length > MOST_EDGES) return null;
  const cells = CELLS_PER_EDGE * length;
  const from = edges[0] as number;
  const last = cells - 1;
  const scale = last / ((edges[length - 1] as number) - from);
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) return null;
  const starts = new Uint16Array(cells);
  let filled = 0;
  for (let j = 0; j < length; j++) {
    const cell = cellOf({ from, scale, last }, edges[j] as number);
    if (j >= MOST_IN_CELL && cell === cellOf({ from, scale, last }, edges[j - MOST_IN_CELL] as number)) return null;
    while (filled <= cell) starts[filled++] = j;
  }
  return { starts: starts.fill(length, filled), from, scale, last };
}

/** The cell of a value, by the operations of the kernel `code_cells_f64`: it never falls where the value rises. */
function cellOf({ from, scale, last }: Omit<EdgeTable, 'starts'>, x: number): number {
  return Math.min(Math.max((x - from) * scale, 0), last) + 2 ** 52 - 2 ** 52;
}
