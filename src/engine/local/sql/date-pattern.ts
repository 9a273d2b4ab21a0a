import type { MlError } from '../../../error.ts';
import { text } from './duck-type.ts';

/** Letters of Java's date patterns that DuckDB both reads and writes, in its own words. */
export const DATE_LETTERS: ReadonlyMap<string, string> = new Map([
  ['yyyy', '%Y'],
  ['yy', '%y'],
  ['MMMM', '%B'],
  ['MMM', '%b'],
  ['MM', '%m'],
  ['M', '%-m'],
  ['dd', '%d'],
  ['d', '%-d'],
  ['HH', '%H'],
  ['H', '%-H'],
  ['hh', '%I'],
  ['h', '%-I'],
  ['mm', '%M'],
  ['m', '%-M'],
  ['ss', '%S'],
  ['s', '%-S'],
  ['SSS', '%g'],
  ['SSSSSS', '%f'],
  ['a', '%p'],
  ['EEEE', '%A'],
  ['EEE', '%a'],
  ['E', '%a'],
]);

/** Quoted texts, runs of one letter, and what stands between them. */
export const PATTERN_PIECES = /'(?:[^']|'')*'|([a-zA-Z])\1*|[^a-zA-Z']+|'/g;

/** A Java date pattern in the words of strptime and strftime; `refuse` says what is wrong with letters that `known` lacks. */
export function datePattern(pattern: string, known: ReadonlyMap<string, string>, refuse: (letters: string) => MlError): string {
  let out = '';
  for (const [piece] of pattern.matchAll(PATTERN_PIECES)) {
    if (piece === "''") out += "'";
    else if (piece.startsWith("'")) out += piece.slice(1, -1).replaceAll("''", "'").replaceAll('%', '%%');
    else if (/^[a-zA-Z]/.test(piece)) {
      const word = known.get(piece);
      if (word === undefined) throw refuse(piece);
      out += word;
    } else out += piece.replaceAll('%', '%%');
  }
  return out;
}

/** What letters stand for in a text that is read, as RE2 spells it; Spark takes no other number of digits. */
const READS: ReadonlyMap<string, string> = new Map([
  ...['yyyy'].map((letters) => [letters, '\\d{4}'] as const),
  ['y', '\\d{1,6}'],
  ...['yy', 'MM', 'LL', 'dd', 'HH', 'hh', 'mm', 'ss'].map((letters) => [letters, '\\d{2}'] as const),
  ...['M', 'L', 'd', 'H', 'h', 'm', 's'].map((letter) => [letter, '\\d{1,2}'] as const),
  ...['MMM', 'MMMM'].map((letters) => [letters, '[A-Za-z]+'] as const),
  ['DDD', '\\d{3}'],
  ['D', '\\d{1,3}'],
  ['a', '(?i:AM|PM)'],
  ['X', '(Z|[+-]\\d{2}(\\d{2})?)'],
  ['XX', '(Z|[+-]\\d{4})'],
  ['XXX', '(Z|[+-]\\d{2}:\\d{2})'],
  ['x', '[+-]\\d{2}(\\d{2})?'],
  ['xxx', '[+-]\\d{2}:\\d{2}'],
  ...['xx', 'Z'].map((letters) => [letters, '[+-]\\d{4}'] as const),
]);

/** SQL of the moment that the text `x` tells by a Java pattern, null where it does not fit; `known` are letters in words of strptime. */
export function readByPattern(x: string, pattern: string, known: ReadonlyMap<string, string>, refuse: (letters: string) => MlError): string {
  const reads = new Map([...known].filter(([letters]) => READS.has(letters)));
  const pieces = [...pattern.matchAll(PATTERN_PIECES)].map(([piece]) => (/^S+$/.test(piece) ? `SSSSSS` : piece));
  for (const piece of pieces) if (/^[^a-zA-Z']/.test(piece) && /[[\]{}#]/.test(piece)) throw refuse(piece.trim());
  const fractions = [...pattern.matchAll(PATTERN_PIECES)].filter(([piece]) => /^S+$/.test(piece)).map(([piece]) => piece.length);
  const regex = pieces.map((piece) => {
    if (piece === 'SSSSSS') return `\\d{1,${fractions.shift()}}`;
    const plain = piece.startsWith("'") ? (piece === "''" ? "'" : piece.slice(1, -1).replaceAll("''", "'")) : piece;
    return READS.get(piece) ?? plain.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
  });
  const hasYear = pieces.some((piece) => /^y+$/.test(piece));
  const wanted = datePattern(pieces.join(''), new Map([...reads, ['SSSSSS', '%f']]), refuse);
  const zoned = pieces.some((piece) => /^X+$/.test(piece)) ? `regexp_replace(${x}, 'Z', '+00')` : x;
  const read = hasYear ? `try_strptime(${zoned}, ${text(wanted)})` : `try_strptime('1970 ' || ${zoned}, ${text(`%Y ${wanted}`)})`;
  const moment = wanted.includes('%z') ? `make_timestamp(epoch_us(${read}))` : read;
  // Of two digits strptime makes a year from 1969 on, Spark one from 2000 on.
  const found = pieces.includes('yy') ? `CASE WHEN year(${moment}) < 2000 THEN ${moment} + INTERVAL 100 YEAR ELSE ${moment} END` : moment;
  return `CASE WHEN regexp_full_match(${x}, ${text(regex.join(''))}) THEN ${found} END`;
}
