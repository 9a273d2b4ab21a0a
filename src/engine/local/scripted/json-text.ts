/** What Spark's JSON options allow, a letter each: `q` single quotes, `z` zeros in front of numbers, `u` names without quotes. */
type Allowed = string;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PADDED = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const NOT_A_NUMBER = /NaN|[+-]?(?:Infinity|INF)/y;
const DEEPEST = 1000;

class Malformed extends Error {}

/**
 * The first JSON value of a text, as strict JSON: Spark's parser takes single quotes, and does not look behind the value. Null where there is none.
 */
export function strictJson(text: string, allowed: Allowed): string | null {
  try {
    return new JsonReader(text, allowed).value(0);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

class JsonReader {
  readonly #text: string;
  readonly #allowed: Allowed;
  #at = 0;

  constructor(text: string, allowed: Allowed) {
    this.#text = text;
    this.#allowed = allowed;
  }

  value(depth: number): string {
    this.#blanks();
    if (depth > DEEPEST) throw new Malformed();
    const c = this.#text[this.#at];
    if (c === '{') return this.#items('}', () => `${this.#name()}:${this.value(depth + 1)}`);
    if (c === '[') return this.#items(']', () => this.value(depth + 1));
    if (this.#isQuote(c)) return this.#string();
    const word = this.#match(NOT_A_NUMBER);
    if (word) return this.#ended(`"${word}"`);
    const number = this.#match(this.#allowed.includes('z') ? PADDED : NUMBER);
    if (number) return this.#ended(number.replace(/^(-?)0+(?=\d)/, '$1'));
    const name = this.#match(WORD);
    if (name === 'true' || name === 'false' || name === 'null') return this.#ended(name);
    throw new Malformed();
  }

  #items(end: string, item: () => string): string {
    const open = this.#text[this.#at++];
    const items: string[] = [];
    this.#blanks();
    if (!this.#take(end)) {
      do items.push(item());
      while (this.#take(','));
      if (!this.#take(end)) throw new Malformed();
    }
    return `${open}${items.join(',')}${end}`;
  }

  #name(): string {
    this.#blanks();
    const plain = this.#allowed.includes('u') ? this.#match(WORD) : null;
    const name = plain ? JSON.stringify(plain) : this.#string(true);
    if (!this.#take(':')) throw new Malformed();
    return name;
  }

  #string(isName = false): string {
    const quote = this.#text[this.#at++];
    if (!this.#isQuote(quote)) throw new Malformed();
    let out = '"';
    for (;;) {
      const c = this.#text[this.#at++];
      if (c === undefined || c < ' ') throw new Malformed();
      if (c === quote) return `${out}"`;
      if (c === '\\') out += this.#escape(isName);
      else out += c === '"' ? '\\"' : c;
    }
  }

  #escape(isName: boolean): string {
    const c = this.#text[this.#at++] ?? '';
    if (c === "'" && this.#allowed.includes('q')) return "'";
    if ('"\\/bfnrt'.includes(c) && c !== '') return `\\${c}`;
    const code = c === 'u' ? /^[0-9a-fA-F]{4}/.exec(this.#text.slice(this.#at, this.#at + 4)) : null;
    if (!code) throw new Malformed();
    this.#at += 4;
    const pair = `\\u${code[0]}`;
    if (!/^d[89a-f]/i.test(code[0])) return pair;
    const low = /^d[89ab]/i.test(code[0]) ? /^\\u[dD][c-fC-F][0-9a-fA-F]{2}/.exec(this.#text.slice(this.#at, this.#at + 6)) : null;
    this.#at += low?.[0].length ?? 0;
    if (low) return pair + low[0];
    // Half of a character is Java's question mark, in a name it is malformed.
    if (isName) throw new Malformed();
    return '?';
  }

  #isQuote(c: string | undefined): boolean {
    return c === '"' || (c === "'" && this.#allowed.includes('q'));
  }

  /** A word or a number must be followed by what may follow a value. */
  #ended(value: string): string {
    if (/[^\s,\]}]/.test(this.#text[this.#at] ?? ' ')) throw new Malformed();
    return value;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    this.#at += found?.length ?? 0;
    return found;
  }

  #take(c: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }

  #blanks(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
}
