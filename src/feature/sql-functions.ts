/** Functions that a saved statement may call: of values only, none that reaches files, settings, tables or the network. */
export const SQL_FUNCTIONS: ReadonlySet<string> = new Set(
  `abs acos acosh asin asinh atan atan2 atanh bit_count cbrt ceil ceiling cos cosh cot degrees e even exp factorial floor gamma gcd greatest hypot
   isfinite isinf isnan lcm least lgamma ln log log10 log1p log2 expm1 mod negative positive pi pmod pow power radians rint round bround sec csc sign
   signum sin sinh sqrt tan tanh trunc truncate width_bucket xor div try_divide try_add try_subtract try_multiply
   ascii bin char_length character_length chr char concat concat_ws contains ends_with endswith format format_number format_string hex initcap
   instr lcase left length levenshtein locate lower lpad ltrim md5 sha1 sha2 sha256 crc32 hash position prefix suffix printf regexp_count
   regexp_extract regexp_extract_all regexp_full_match regexp_like regexp_matches regexp_replace regexp_split_to_array repeat replace reverse
   right rpad rtrim soundex space split split_part starts_with startswith string_split str_split strip_accents strlen strpos substr substring
   substring_index translate trim btrim ucase unhex unicode upper overlay base64 unbase64 encode decode jaccard jaro_similarity
   add_months current_date current_timestamp date date_add date_diff datediff date_format date_part date_sub date_trunc datepart datesub datetrunc
   day dayname dayofmonth dayofweek dayofyear epoch epoch_ms extract from_unixtime hour isodow isoyear last_day make_date make_timestamp
   microsecond millisecond minute month monthname months_between next_day now quarter second strftime strptime time_bucket timestamp to_date
   to_days to_hours to_minutes to_months to_seconds to_timestamp to_unix_timestamp to_years try_strptime unix_timestamp week weekday weekofyear
   year yearweek interval
   coalesce if iff ifnull isnotnull isnull nullif nullifzero nvl nvl2 zeroifnull nanvl cast try_cast typeof bigint bool boolean date double float
   int integer smallint string tinyint real
   any_value approx_count_distinct approx_quantile arg_max arg_min array_agg avg bit_and bit_or bit_xor bool_and bool_or collect_list collect_set
   corr count count_if countif covar_pop covar_samp every first first_value geomean geometric_mean histogram kurtosis kurtosis_pop last last_value
   list max max_by mean median min min_by mode percentile percentile_approx percentile_cont percentile_disc product quantile quantile_cont
   quantile_disc regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy skewness some std stddev stddev_pop
   stddev_samp string_agg group_concat sum sum_distinct var_pop var_samp variance grouping
   cume_dist dense_rank lag lead nth_value ntile percent_rank rank row_number
   array array_append array_concat array_contains array_distinct array_except array_has array_has_all array_has_any array_intersect array_join
   array_length array_max array_min array_position array_prepend array_remove array_repeat array_slice array_sort array_to_string array_union
   arrays_overlap cardinality element_at exists explode filter flatten forall list_aggregate list_append list_avg list_concat list_contains
   list_count list_distinct list_element list_extract list_filter list_has list_max list_min list_position list_prepend list_reduce list_reverse
   list_slice list_sort list_sum list_transform list_unique list_value list_zip aggregate array_transform transform size slice sort_array unnest
   map map_concat map_contains_key map_entries map_extract map_filter map_from_arrays map_from_entries map_keys map_values
   named_struct struct struct_extract struct_insert struct_pack row transform_keys transform_values zip_with`.split(/\s+/),
);
