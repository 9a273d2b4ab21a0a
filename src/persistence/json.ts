import { javaDouble } from '../linalg/format.ts';

/**
 * JSON as metadata holds it. Objects are Maps, so that no key can reach a prototype; integers beyond 2^53 are bigints, so that
 * longs stay exact. {@link parseJson} refuses what `JSON.parse` lets pass: duplicate keys and deep nesting.
 */
export type Json = null | boolean | string | number | bigint | readonly Json[] | ReadonlyMap<string, Json>;

const MAX_DEPTH = 64;

/** Reads one JSON value that takes up the whole text; throws an Error whose message is the reason. */
export function parseJson(text: string): Json {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    if (depth > MAX_DEPTH) throw new Error(`JSON is nested deeper than ${MAX_DEPTH} levels`);
    this.#space();
    const char = this.#text[this.#at];
    if (char === '{') return this.#object(depth);
    if (char === '[') return this.#array(depth);
    if (char === '"') return this.#string();
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.#fail();
  }

  #object(depth: number): Map<string, Json> {
    const map = new Map<string, Json>();
    this.#at++;
    if (this.#take('}')) return map;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail();
      const key = this.#string();
      if (map.has(key)) throw new Error(`JSON has the key ${JSON.stringify(key)} twice`);
      if (!this.#take(':')) this.#fail();
      map.set(key, this.value(depth + 1));
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail();
    return map;
  }

  #array(depth: number): Json[] {
    const list: Json[] = [];
    this.#at++;
    if (this.#take(']')) return list;
    do list.push(this.value(depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) this.#fail();
    return list;
  }

  #string(): string {
    const start = this.#at;
    for (let i = start + 1; i < this.#text.length; i++) {
      const code = this.#text.charCodeAt(i);
      if (code === 0x5c) i++;
      else if (code === 0x22) {
        this.#at = i + 1;
        try {
          return JSON.parse(this.#text.slice(start, i + 1));
        } catch {
          break;
        }
      }
    }
    this.#at = start;
    return this.#fail();
  }

  #number(): number | bigint {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (!match) return this.#fail();
    this.#at = NUMBER.lastIndex;
    const value = Number(match[0]);
    const integer = match[1] === undefined && match[2] === undefined;
    return integer && !Number.isSafeInteger(value) ? BigInt(match[0]) : value;
  }

  #take(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #fail(): never {
    throw new Error(this.#at >= this.#text.length ? 'JSON ends too early' : `JSON has an unexpected ${show(this.#text, this.#at)} at ${this.#at}`);
  }
}

/** The last three are no JSON, but Python writes them. */
const WORDS: readonly [string, null | boolean | number][] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];
/** At most 400 digits, so that none takes long to read. */
const NUMBER = /-?(?:0|[1-9]\d{0,399})(\.\d{1,399})?([eE][+-]?\d{1,9})?/y;

const show = (text: string, at: number): string => JSON.stringify([...text.slice(at, at + 8)][0]);

/** A double as Spark's JSON has it: always with a fraction, NaN and the infinities as strings. */
export function doubleJson(x: number): string {
  if (Number.isNaN(x)) return '"NaN"';
  if (!Number.isFinite(x)) return x > 0 ? '"Inf"' : '"-Inf"';
  return javaDouble(x);
}

export function objectJson(entries: Iterable<readonly [string, string]>): string {
  return `{${Array.from(entries, ([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

export function arrayJson<T>(items: Iterable<T>, item: (value: T) => string): string {
  return `[${Array.from(items, item).join(',')}]`;
}

/** Any plain value: whole numbers as integers, a Float64Array as a list of doubles (infinities in full there, as Spark has metrics), a Map or a plain object as an object. */
export function valueJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) && !Object.is(value, -0) ? String(BigInt(value)) : doubleJson(value);
  if (value instanceof Float64Array) return arrayJson(value, (x) => doubleJson(x).replace('Inf"', 'Infinity"'));
  if (Array.isArray(value)) return arrayJson(value, valueJson);
  if (value instanceof Map) return objectJson(Array.from(value, ([key, item]) => [String(key), valueJson(item)]));
  if (typeof value === 'object' && value !== null) return objectJson(Object.entries(value).map(([key, item]) => [key, valueJson(item)]));
  return JSON.stringify(value);
}
