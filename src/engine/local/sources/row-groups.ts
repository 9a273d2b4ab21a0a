/** A row group of a file, which is told by its place: it may be among the paths twice. */
export interface RowGroup {
  readonly file: number;
  readonly rows: number;
}

/** Consecutive rows of a file. */
export interface Slice {
  readonly file: number;
  readonly from: number;
  readonly to: number;
}

/** Rows of one file, or all rows of the files from `file` up to `whole`. */
export interface Piece extends Slice {
  readonly whole: number | null;
}

/** Rows of whole files, from the first row of each on. */
export function runsOf(groups: readonly RowGroup[]): { file: number; first: number; rows: number }[] {
  const runs: { file: number; first: number; rows: number }[] = [];
  for (const { file, rows } of groups) {
    const last = runs.at(-1);
    if (last?.file === file) last.rows += rows;
    else runs.push({ file, first: last ? last.first + last.rows : 0, rows });
  }
  return runs;
}

export function rowsIn(groups: readonly RowGroup[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
}

/** Row groups in sections of up to `limit` rows, or of one row group that has more; each as slices of files. */
export function sectionsOf(groups: readonly RowGroup[], limit: number): Slice[][] {
  const sections: Slice[][] = [];
  let section: Slice[] = [];
  let size = 0;
  let at: Slice | null = null;
  for (const { file, rows } of groups) {
    if (sections.length === 0 || size + rows > limit) {
      section = [];
      size = 0;
      sections.push(section);
    }
    const from: number = at?.file === file ? at.to : 0;
    const begun = section.at(-1);
    at = { file, from: begun?.file === file ? begun.from : from, to: from + rows };
    if (begun?.file === file) section.pop();
    section.push(at);
    size += rows;
  }
  return sections;
}

/** Slices in their order, files that are read whole together where they follow one another; one for which `isApart` begins anew. */
export function piecesOf(slices: readonly Slice[], groups: readonly RowGroup[], isApart: (file: number) => boolean): Piece[] {
  const lengths = new Map(runsOf(groups).map(({ file, rows }) => [file, rows]));
  const pieces: Piece[] = [];
  for (const { file, from, to } of slices) {
    const isWhole = from === 0 && to === lengths.get(file);
    const last = pieces.at(-1);
    if (isWhole && last?.whole === file && !isApart(file)) pieces[pieces.length - 1] = { ...last, whole: file + 1 };
    else pieces.push({ file, from, to, whole: isWhole ? file + 1 : null });
  }
  return pieces;
}
