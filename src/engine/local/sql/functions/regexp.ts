import { text } from '../duck-type.ts';
import { javaPattern, re2Pattern } from '../java-pattern.ts';
import { arrayOf, BOOLEAN, failure, INT, TEXT, type Typed } from '../typed.ts';
import { asInt, asText, constant, type Rules, rule } from './rule.ts';

/** Java's `$1` as RE2's `\1`; a backslash before a character stands for the character. */
function replacement(by: string): string {
  return text(
    by.replace(/\\(.)|\$(\d)|\\$/gs, (_, plain, group) => (group !== undefined ? `\\${group}` : plain === '\\' ? '\\\\' : (plain ?? '\\\\'))),
  );
}

/** The pattern in RE2's words where it is a constant that means the same there; what else there is runs in JavaScript. */
function inRe2(owner: string, pattern: Typed): string | null {
  if (typeof pattern.literal !== 'string') return null;
  const re2 = re2Pattern(pattern.literal);
  if (re2 === null) javaPattern(owner, pattern.literal);
  return re2 === null ? null : text(re2);
}

const matchesEmpty = (owner: string, pattern: string) => javaPattern(owner, pattern).test('');

/** Functions that take a regular expression, and those that cut texts apart. */
export const REGEXP_RULES: Rules = [
  [
    'rlike regexp regexp_like',
    rule(2, 2, ([x, pattern], { name }) => {
      const re2 = inRe2(name, pattern);
      return { sql: re2 ? `regexp_matches(${asText(x)}, ${re2})` : `spark_rlike(${asText(x)}, ${asText(pattern)})`, type: BOOLEAN };
    }),
  ],
  [
    'split',
    rule(2, 3, ([x, pattern, limit]) => {
      const most = limit ? Number(constant('split', 'limit', limit)) : -1;
      const s = asText(x);
      if (most <= 0 && pattern.literal === '') return { sql: `string_split(${s}, '')`, type: arrayOf(TEXT) };
      const re2 = most > 0 ? null : inRe2('split', pattern);
      const plain = re2 !== null && !matchesEmpty('split', String(pattern.literal));
      return { sql: plain ? `string_split_regex(${s}, ${re2})` : `spark_split(${s}, ${asText(pattern)}, ${most})`, type: arrayOf(TEXT) };
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
    rule(3, 3, ([x, pattern, by], { name }) => {
      const re2 = inRe2(name, pattern);
      const known = String(by.literal);
      const groups = typeof pattern.literal === 'string' ? groupCount(pattern.literal) : 0;
      const plain = typeof by.literal === 'string' && !known.includes('${') && [...known.matchAll(/\$(\d)/g)].every(([, n]) => Number(n) <= groups);
      if (re2 && plain && !matchesEmpty(name, String(pattern.literal)))
        return { sql: `regexp_replace(${asText(x)}, ${re2}, ${replacement(known)}, 'g')`, type: TEXT };
      return { sql: `spark_regexp_replace(${[x, pattern, by].map(asText).join(', ')})`, type: TEXT };
    }),
  ],
  [
    'regexp_extract',
    rule(2, 3, ([x, pattern, group]) => {
      const index = group ? Number(constant('regexp_extract', 'idx', group)) : 1;
      const groups = typeof pattern.literal === 'string' ? groupCount(pattern.literal) : index;
      const re2 = inRe2('regexp_extract', pattern);
      const [s, p] = [asText(x), re2 ?? asText(pattern)];
      if (index >= 0 && index <= groups) return { sql: `${re2 ? '' : 'spark_'}regexp_extract(${s}, ${p}, ${index})`, type: TEXT };
      const bad = failure(`regexp_extract: idx must be the number of a group, 0 to ${groups}, got ${index}`);
      return {
        sql: `CASE WHEN ${s} IS NULL THEN NULL WHEN ${re2 ? 'regexp_matches' : 'spark_rlike'}(${s}, ${p}) THEN ${bad} ELSE '' END`,
        type: TEXT,
      };
    }),
  ],
  [
    'regexp_extract_all',
    rule(2, 3, ([x, pattern, group], { name }) => ({
      sql: allMatches(name, x, pattern, group ? Number(constant('regexp_extract_all', 'idx', group)) : 1),
      type: arrayOf(TEXT),
    })),
  ],
  ['regexp_count', rule(2, 2, ([x, pattern], { name }) => ({ sql: `CAST(len(${allMatches(name, x, pattern, 0)}) AS INTEGER)`, type: INT }))],
  ['regexp_substr', rule(2, 2, ([x, pattern], { name }) => ({ sql: `${allMatches(name, x, pattern, 0)}[1]`, type: TEXT, nullable: true }))],
  ['regexp_instr', rule(2, 2, ([x, pattern]) => ({ sql: `spark_regexp_instr(${asText(x)}, ${asText(pattern)})`, type: INT }))],
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

/** The group of all matches. */
function allMatches(owner: string, x: Typed, pattern: Typed, group: number): string {
  const re2 = inRe2(owner, pattern);
  return `${re2 ? '' : 'spark_'}regexp_extract_all(${asText(x)}, ${re2 ?? asText(pattern)}, ${group})`;
}
