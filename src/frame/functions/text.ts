import { type Column, type ColumnOrName, type ColumnOrValue, nameToExpression, toExpression } from '../column.ts';
import { numberOf, of, unary } from './of.ts';

/**
 * The text with `X` for capital letters, `x` for small ones and `n` for digits, or other characters given; null leaves characters as they are, as
 * `other` does with all the rest.
 */
export function mask(x: ColumnOrName, upper?: ColumnOrValue, lower?: ColumnOrValue, digit?: ColumnOrValue, other?: ColumnOrValue): Column {
  const given = [
    upper ?? (upper === null ? null : 'X'),
    lower ?? (lower === null ? null : 'x'),
    digit ?? (digit === null ? null : 'n'),
    other ?? null,
  ];
  return of('mask', nameToExpression(x), ...given.map(toExpression));
}

/** In capital letters. */
export const upper = unary('upper');

/** In small letters. */
export const lower = unary('lower');

/** Without blanks (or any of `characters`) at both ends. */
export function trim(x: ColumnOrName, characters?: ColumnOrValue): Column {
  return of('trim', nameToExpression(x), ...(characters === undefined ? [] : [toExpression(characters)]));
}

/** Without blanks (or any of `characters`) at the front. */
export function ltrim(x: ColumnOrName, characters?: ColumnOrValue): Column {
  return of('ltrim', nameToExpression(x), ...(characters === undefined ? [] : [toExpression(characters)]));
}

/** Without blanks (or any of `characters`) at the end. */
export function rtrim(x: ColumnOrName, characters?: ColumnOrValue): Column {
  return of('rtrim', nameToExpression(x), ...(characters === undefined ? [] : [toExpression(characters)]));
}

/** Number of characters (of bytes, for binary). */
export const length = unary('length');

/** As {@link length}. */
export const charLength = unary('char_length');

/** Number of bytes in UTF-8. */
export const octetLength = unary('octet_length');

/** Texts, or arrays, one after the other; null when one is null. */
export function concat(...columns: ColumnOrName[]): Column {
  return of('concat', ...columns.map(nameToExpression));
}

/** Texts and arrays of texts joined by a separator; nulls are left out. */
export function concatWs(separator: ColumnOrValue, ...columns: ColumnOrName[]): Column {
  return of('concat_ws', toExpression(separator), ...columns.map(nameToExpression));
}

/** `length` characters from `position`; 1 is the first, -1 the last. */
export function substring(x: ColumnOrName, position: ColumnOrValue, length: ColumnOrValue): Column {
  return of('substring', nameToExpression(x), toExpression(position), toExpression(length));
}

/** What stands before the `count`-th delimiter; counted from the end when negative. */
export function substringIndex(x: ColumnOrName, delimiter: ColumnOrValue, count: ColumnOrValue): Column {
  return of('substring_index', nameToExpression(x), toExpression(delimiter), toExpression(count));
}

/** The first characters. */
export function left(x: ColumnOrName, length: ColumnOrValue): Column {
  return of('left', nameToExpression(x), toExpression(length));
}

/** The last characters. */
export function right(x: ColumnOrName, length: ColumnOrValue): Column {
  return of('right', nameToExpression(x), toExpression(length));
}

/** Position of the first `part`, from 1; 0 when there is none. */
export function instr(x: ColumnOrName, part: ColumnOrValue): Column {
  return of('instr', nameToExpression(x), toExpression(part));
}

/** Position of the first `part` at or after `position`; 0 when there is none. */
export function locate(part: ColumnOrValue, x: ColumnOrName, position?: ColumnOrValue): Column {
  return of('locate', toExpression(part), nameToExpression(x), ...(position === undefined ? [] : [toExpression(position)]));
}

/** Filled up on the left, or cut, to `length` characters. */
export function lpad(x: ColumnOrName, length: ColumnOrValue, pad?: ColumnOrValue): Column {
  return of('lpad', nameToExpression(x), toExpression(length), ...(pad === undefined ? [] : [toExpression(pad)]));
}

/** Filled up on the right, or cut, to `length` characters. */
export function rpad(x: ColumnOrName, length: ColumnOrValue, pad?: ColumnOrValue): Column {
  return of('rpad', nameToExpression(x), toExpression(length), ...(pad === undefined ? [] : [toExpression(pad)]));
}

/** The text so many times. */
export function repeat(x: ColumnOrName, count: ColumnOrValue): Column {
  return of('repeat', nameToExpression(x), numberOf(count));
}

/** A text or an array backwards. */
export const reverse = unary('reverse');

/** Each `search` replaced; taken away without `by`. */
export function replace(x: ColumnOrName, search: ColumnOrValue, by?: ColumnOrValue): Column {
  return of('replace', nameToExpression(x), toExpression(search), ...(by === undefined ? [] : [toExpression(by)]));
}

/** Characters of `matching` replaced by those of `by` in the same place. */
export function translate(x: ColumnOrName, matching: ColumnOrValue, by: ColumnOrValue): Column {
  return of('translate', nameToExpression(x), toExpression(matching), toExpression(by));
}

/** The part with this number, from 1; from the end when negative; empty when there is none. */
export function splitPart(x: ColumnOrName, delimiter: ColumnOrValue, part: ColumnOrValue): Column {
  return of('split_part', nameToExpression(x), toExpression(delimiter), toExpression(part));
}

/** SQL’s LIKE: `%` any text, `_` any character. */
export function like(x: ColumnOrName, pattern: ColumnOrValue): Column {
  return of('like', nameToExpression(x), toExpression(pattern));
}

/** As {@link like}, without regard to case. */
export function ilike(x: ColumnOrName, pattern: ColumnOrValue): Column {
  return of('ilike', nameToExpression(x), toExpression(pattern));
}

/** Whether the text holds the other. */
export function contains(x: ColumnOrName, part: ColumnOrValue): Column {
  return of('contains', nameToExpression(x), toExpression(part));
}

/** Whether the text begins with the other. */
export function startswith(x: ColumnOrName, part: ColumnOrValue): Column {
  return of('startswith', nameToExpression(x), toExpression(part));
}

/** Whether the text ends with the other. */
export function endswith(x: ColumnOrName, part: ColumnOrValue): Column {
  return of('endswith', nameToExpression(x), toExpression(part));
}

/** The first letter of each word large, the others small. */
export const initcap = unary('initcap');

/** Code of the first character. */
export const ascii = unary('ascii');

export const chr = unary('chr');

/** Number of single-character edits between two texts; -1 when there are more than `most`. */
export function levenshtein(x: ColumnOrName, y: ColumnOrName, most?: number): Column {
  return of('levenshtein', nameToExpression(x), nameToExpression(y), ...(most === undefined ? [] : [toExpression(most)]));
}

/** The MD5 hash, as hexadecimal digits. */
export const md5 = unary('md5');

/** The SHA-1 hash, as hexadecimal digits. */
export const sha1 = unary('sha1');

/** `bits`: 224, 256 (or 0), 384 or 512. */
export function sha2(x: ColumnOrName, bits: number): Column {
  return of('sha2', nameToExpression(x), toExpression(bits));
}

/** The checksum of a text or of bytes, as a long. */
export const crc32 = unary('crc32');

/** Spark's hash (Murmur3, seed 42) of values one after the other, as an int; null changes nothing. */
export function hash(...columns: ColumnOrName[]): Column {
  return of('hash', ...columns.map(nameToExpression));
}

/** Spark's 64-bit hash (XXH64, seed 42) of values one after the other, as a long; null changes nothing. */
export function xxhash64(...columns: ColumnOrName[]): Column {
  return of('xxhash64', ...columns.map(nameToExpression));
}

/** Bytes as base64. */
export const base64 = unary('base64');

/** The bytes of base64. */
export const unbase64 = unary('unbase64');

/** Bytes or a whole number in hexadecimal digits. */
export const hex = unary('hex');

/** The bytes of hexadecimal digits. */
export const unhex = unary('unhex');

/** `1,234.50`: with commas, and `digits` after the point. */
export function formatNumber(x: ColumnOrName, digits: number): Column {
  return of('format_number', nameToExpression(x), toExpression(digits));
}

/** Texts and numbers put into a `printf` format. */
export function formatString(format: string, ...columns: ColumnOrName[]): Column {
  return of('format_string', toExpression(format), ...columns.map(nameToExpression));
}

/** What stands at a path such as `$.a.b` of a JSON text. */
export function getJsonObject(x: ColumnOrName, path: string): Column {
  return of('get_json_object', nameToExpression(x), toExpression(path));
}

/** Without blanks, or the characters given, at both ends. */
export function btrim(x: ColumnOrName, characters?: ColumnOrValue): Column {
  return of('btrim', nameToExpression(x), ...(characters === undefined ? [] : [toExpression(characters)]));
}

/** As {@link length}. */
export const characterLength = unary('character_length');

/** Length in bits of the text's UTF-8, or of a binary. */
export const bitLength = unary('bit_length');

/** As {@link lower}. */
export const lcase = unary('lcase');

/** As {@link upper}. */
export const ucase = unary('ucase');

export const char = unary('char');

/** So many blanks. */
export function space(count: ColumnOrName): Column {
  return of('space', nameToExpression(count));
}

/** Position of `part` in the text, from 1, at `start` or later; 0 when it is not there. */
export function position(part: ColumnOrName, x: ColumnOrName, start?: ColumnOrValue): Column {
  return of('position', nameToExpression(part), nameToExpression(x), ...(start === undefined ? [] : [toExpression(start)]));
}

/** The text from `start` (1 is the first character) on, `length` characters of it or all. */
export function substr(x: ColumnOrName, start: ColumnOrValue, length?: ColumnOrValue): Column {
  return of('substr', nameToExpression(x), toExpression(start), ...(length === undefined ? [] : [toExpression(length)]));
}

/** The text with `by` in place of `length` characters from `start` on; without a length of as many as `by` has. */
export function overlay(x: ColumnOrName, by: ColumnOrName, start: ColumnOrValue, length?: ColumnOrValue): Column {
  const rest = length === undefined ? [] : [toExpression(length)];
  return of('overlay', nameToExpression(x), nameToExpression(by), toExpression(start), ...rest);
}

/** The text at position `n` of those given, from 1. */
export function elt(n: ColumnOrName, ...texts: ColumnOrName[]): Column {
  return of('elt', nameToExpression(n), ...texts.map(nameToExpression));
}

/** Place of a text in another one that lists texts between commas, from 1; 0 when it is not there. */
export function findInSet(x: ColumnOrName, set: ColumnOrName): Column {
  return of('find_in_set', nameToExpression(x), nameToExpression(set));
}

/** The text's bytes in a charset: UTF-8, UTF-16, UTF-16BE, UTF-16LE, UTF-32, ISO-8859-1 or US-ASCII; a character that it lacks is an error. */
export function encode(x: ColumnOrName, charset: string): Column {
  return of('encode', nameToExpression(x), toExpression(charset));
}

/** The text that bytes of a charset are, see {@link encode}; bytes that are none are an error. */
export function decode(x: ColumnOrName, charset: string): Column {
  return of('decode', nameToExpression(x), toExpression(charset));
}

/** As a part of a URL’s query. */
export const urlEncode = unary('url_encode');

/** The text of a part of a URL’s query. */
export const urlDecode = unary('url_decode');

/** American Soundex: a letter and three digits for how a name sounds. */
export const soundex = unary('soundex');

/** As {@link formatString}. */
export function printf(format: ColumnOrName, ...columns: ColumnOrName[]): Column {
  return of('printf', nameToExpression(format), ...columns.map(nameToExpression));
}

/** As {@link sha1}. */
export const sha = unary('sha1');
