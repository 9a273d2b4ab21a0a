/** Cases that the cluster answers otherwise than the goldens, by title, with the reason. */
export const DIFFERENT: ReadonlyMap<string, string> = new Map([
  ['df.select(F.col("I")) numbers', 'names count case everywhere'],
  ['sha2(col("s"), 7) main', 'refused by the Python client; the server gives null'],
  ['df.approxQuantile("i", [0.5], 0.25) clean', 'any element within the relative error will do: it depends on the partitions'],
  ['df.corr("i", "e") numbers', 'rows with a null are left out, as by the function corr; Spark takes null for 0 here'],
]);
