const ZEROS = 'of -0.0 and 0.0, which are equal, the engine gives either; its sort forgets the sign';
const DIALECT = "SQL text is in the engine's own dialect";

/** Cases that differ from Spark on purpose, by title, with the reason. */
export const DIFFERENT: ReadonlyMap<string, string> = new Map([
  ['expr("i div 2") main', DIALECT],
  ['expr("i div 0") main', DIALECT],
  [
    `df.selectExpr("i + 1", "upper(k) as u", "case when i > 1 then 'a' end").limit(1) numbers`,
    'SQL text without an alias is named by the text itself',
  ],
  ['levenshtein(col("s"), col("t")) main', 'the engine counts bytes, which differ from characters outside of ASCII'],
  ['df.groupBy("k").pivot("d").agg(F.sum("e")).orderBy("k") numbers', 'Spark finds no row for NaN; ours has them'],
  ['df.agg(F.sort_array(F.collect_set("d")), F.sort_array(F.collect_set("i"))) numbers', ZEROS],
  ['array_distinct(array(col("d"), col("e"), lit(0.0))) main', ZEROS],
  ['df.select("id", "d").orderBy("d", "id") numbers', ZEROS],
  ['df.select("id", "d").orderBy(F.col("d").desc(), "id") numbers', ZEROS],
  ['df.select("id", "d").orderBy(F.col("d").asc_nulls_last(), "id") numbers', ZEROS],
  ['df.select("id", "d").orderBy(F.col("d").desc_nulls_first(), "id") numbers', ZEROS],
  ['df.summary() numbers', ZEROS],
  ['df.select(F.col("I")) numbers', 'names count case everywhere'],
  ['df.agg(F.sum(F.col("i") + 2147483640)) numbers', 'the engine sums before it adds the constant, so that nothing overflows: the sum is right'],
  ['df.approxQuantile("i", [0.5], 0.25) clean', 'any element within the relative error will do: ours is exact'],
  ['df.corr("i", "e") numbers', 'rows with a null are left out, as by the function corr; Spark takes null for 0 here'],
]);
