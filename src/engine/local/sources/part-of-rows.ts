/** Some rows of Parquet files: those whose hash of seed and row number in the files, in [0, 1), is below `fraction`. */
export interface PartOfRows {
  readonly fraction: number;
  readonly seed: bigint;
}
