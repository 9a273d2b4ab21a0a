import type { MlError } from '../../../error.ts';

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
