import { text } from '../duck-type.ts';
import { arrayOf, BOOLEAN, failure, INT, TEXT, type Typed } from '../typed.ts';
import { asInt, asText, constant, ofText, type Rules, rule } from './rule.ts';

/** Java's `$1` as RE2's `\1`; a backslash before a character stands for the character. */
function replacement(name: string, arg: Typed): string {
  if (typeof arg.literal === 'string')
    return text(arg.literal.replace(/\\(.)|\$(\d)|\\$/gs, (_, plain, group) => (group !== undefined ? `\\${group}` : (plain ?? '\\'))));
  return `regexp_replace(${asText(arg)}, '\\$(\\d)', '\\\\\\1', 'g')${name === '' ? '' : ''}`;
}

/** Functions that take a regular expression, and those that cut texts apart. */
export const REGEXP_RULES: Rules = [
  ['rlike regexp regexp_like', ofText(2, BOOLEAN, (x, pattern) => `regexp_matches(${x}, ${pattern})`)],
  [
    'split',
    rule(2, 3, ([x, pattern, limit]) => {
      const [s, p] = [asText(x), asText(pattern)];
      const most = limit ? Number(constant('split', 'limit', limit)) : -1;
      const parts = typeof pattern.literal === 'string' && pattern.literal === '' ? `string_split(${s}, '')` : `string_split_regex(${s}, ${p})`;
      if (most <= 0) return { sql: parts, type: arrayOf(TEXT) };
      // The rest after `most - 1` cuts is what follows the texts so far and their separators.
      const head = `list_slice(${parts}, 1, ${most - 1})`;
      const separators = `list_slice(regexp_extract_all(${s}, ${p}), 1, ${most - 1})`;
      const used = `(length(array_to_string(${head}, '')) + length(array_to_string(${separators}, '')))`;
      return {
        sql: `CASE WHEN ${s} IS NULL THEN NULL WHEN len(${parts}) <= ${most} THEN ${parts} ELSE list_append(${head}, substring(${s}, ${used} + 1)) END`,
        type: arrayOf(TEXT),
      };
    }),
  ],
  [
    'split_part',
    rule(3, 3, ([x, delimiter, n]) => {
      const [s, d, i] = [asText(x), asText(delimiter), asInt('split_part', n)];
      const parts = `string_split(${s}, ${d})`;
      return {
        sql: `CASE WHEN ${s} IS NULL OR ${d} IS NULL OR ${i} IS NULL THEN NULL WHEN ${i} = 0 THEN error('split_part: position must not be 0') WHEN ${d} = '' THEN CASE WHEN ${i} IN (1, -1) THEN ${s} ELSE '' END ELSE coalesce(list_extract(${parts}, ${i}), '') END`,
        type: TEXT,
      };
    }),
  ],
  [
    'regexp_replace',
    rule(3, 3, ([x, pattern, by], { name }) => ({
      sql: `regexp_replace(${asText(x)}, ${asText(pattern)}, ${replacement(name, by)}, 'g')`,
      type: TEXT,
    })),
  ],
  [
    'regexp_extract',
    rule(2, 3, ([x, pattern, group]) => {
      const index = group ? Number(constant('regexp_extract', 'idx', group)) : 1;
      const groups = typeof pattern.literal === 'string' ? groupCount(pattern.literal) : index;
      const [s, p] = [asText(x), asText(pattern)];
      if (index >= 0 && index <= groups) return { sql: `regexp_extract(${s}, ${p}, ${index})`, type: TEXT };
      const bad = failure(`regexp_extract: idx must be the number of a group, 0 to ${groups}, got ${index}`);
      return { sql: `CASE WHEN ${s} IS NULL THEN NULL WHEN regexp_matches(${s}, ${p}) THEN ${bad} ELSE '' END`, type: TEXT };
    }),
  ],
  [
    'regexp_extract_all',
    rule(2, 3, ([x, pattern, group]) => ({
      sql: `regexp_extract_all(${asText(x)}, ${asText(pattern)}, ${group ? Number(constant('regexp_extract_all', 'idx', group)) : 1})`,
      type: arrayOf(TEXT),
    })),
  ],
  ['regexp_count', rule(2, 2, ([x, pattern]) => ({ sql: `CAST(len(regexp_extract_all(${asText(x)}, ${asText(pattern)})) AS INTEGER)`, type: INT }))],
  ['regexp_substr', ofText(2, TEXT, (x, pattern) => `nullif(regexp_extract(${x}, ${pattern}, 0), '')`, true)],
  [
    'regexp_instr',
    ofText(
      2,
      INT,
      (x, pattern) =>
        `CASE WHEN regexp_matches(${x}, ${pattern}) THEN CAST(length(string_split_regex(${x}, ${pattern})[1]) + 1 AS INTEGER) WHEN ${x} IS NOT NULL AND ${pattern} IS NOT NULL THEN 0 END`,
    ),
  ],
];

/** Capturing groups of a regular expression. */
function groupCount(pattern: string): number {
  return (
    pattern
      .replace(/\\./gs, '')
      .replace(/\[[^\]]*\]/g, '')
      .match(/\((?!\?)|\(\?P?<(?![=!])/g) ?? []
  ).length;
}
