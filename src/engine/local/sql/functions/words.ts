import { arrayOf, DOUBLE, failure, TEXT } from '../typed.ts';
import { asText, ofText, type Rules, rule } from './rule.ts';

const DECODED = (x: string) => `CASE WHEN NOT regexp_matches(${x}, '%([^0-9a-fA-F]|.[^0-9a-fA-F]|.?$)') THEN url_decode(replace(${x}, '+', ' ')) END`;

/** Functions of what texts say: their words and sentences, and what URLs hold. */
export const WORD_RULES: Rules = [
  [
    'sentences',
    rule(1, 3, (args) => {
      const [x, language, country] = [0, 1, 2].map((i) => (args[i] ? asText(args[i]) : "''"));
      const names = [0, 1, 2].map((i) => args[i]?.name ?? '');
      return {
        sql: `spark_sentences(${x}, coalesce(${language}, ''), coalesce(${country}, ''))`,
        type: arrayOf(arrayOf(TEXT)),
        name: `sentences(${names.join(', ')})`,
      };
    }),
  ],
  [
    'parse_url try_parse_url',
    rule(2, 3, (args, { name }) => {
      const [url, part, key] = args.map(asText);
      const strict = name === 'parse_url';
      // An empty list is told for what is no URL.
      const found = `spark_url_part(${[url, part, ...(key ? [key] : [])].join(', ')})`;
      const invalid = strict ? failure('parse_url: text must be a URL, got ', url, '; tryParseUrl makes such values null') : 'NULL';
      const body = `list_transform([${found}], lambda u_: CASE WHEN len(u_) = 0 THEN ${invalid} ELSE u_[1] END)[1]`;
      return { sql: body, type: TEXT, nullable: true };
    }),
  ],
  ['try_url_decode', ofText(1, TEXT, DECODED, true)],
  [
    'url_decode',
    ofText(1, TEXT, (x) => {
      const otherwise = failure('url_decode: text must be percent-encoded, got ', x, '; tryUrlDecode makes such values null');
      return `CASE WHEN ${x} IS NOT NULL THEN coalesce(${DECODED(x)}, ${otherwise}) END`;
    }),
  ],
  ['quote', ofText(1, TEXT, (x) => `'''' || replace(${x}, '''', '\\''') || ''''`)],
  ['jaro_winkler_similarity', ofText(2, DOUBLE, (x, y) => `CASE WHEN ${x} = '' AND ${y} = '' THEN 1e0 ELSE jaro_winkler_similarity(${x}, ${y}) END`)],
  ['uuid', rule(0, 1, () => ({ sql: 'CAST(uuid() AS VARCHAR)', type: TEXT, nullable: false }))],
];
