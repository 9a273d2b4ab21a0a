import type { CsvFormat } from './options.ts';

/** Stands for an empty text that is no null, until it is told from an empty field. */
export const QUOTED_EMPTY = '\u0001\u0001';

const NONE = 0;
const BLANK = 32;

/**
 * Cuts CSV text into fields as Spark's reader (univocity's parser, with its defaults) does, oddities included: quotes count only at a field's beginning;
 * a quoted field whose closing quote is followed by text goes on to the next separator and keeps its quotes; one that is never closed goes on to
 * the end, and so does one with blanks and text behind its closing quote where the separator has several characters.
 *
 * Steps return whether the text goes on: where it has ended, the field at hand is finished by {@link CsvTokenizer.#finish}.
 */
export class CsvTokenizer {
  readonly #format: CsvFormat;
  readonly #quote: number;
  readonly #escape: number;
  readonly #escapeEscape: number;
  /** The separator's only character, or none. */
  readonly #sep: number;
  /** Characters of a separator that has several, or null. */
  readonly #long: readonly number[] | null;
  /** What ends a line of the text at hand. */
  readonly #break: number;
  #text = '';
  #at = 0;
  /** The character at hand, and the one before it where it still matters. */
  #ch = NONE;
  #prev = NONE;
  #value = '';
  #fields: string[] = [];
  /** Whether blanks at the end of the field at hand go. */
  #trim = false;
  /** Whether text stands behind the closing quote. */
  #overran = false;
  /** How many characters of a long separator have been met. */
  #matched = 0;

  constructor(format: CsvFormat) {
    this.#format = format;
    const code = (char: string) => (char === '' ? NONE : char.charCodeAt(0));
    this.#quote = code(format.quote);
    this.#escape = code(format.escape);
    this.#escapeEscape = format.escapeEscape === null ? (this.#escape === this.#quote ? NONE : this.#escape) : code(format.escapeEscape);
    this.#break = format.lineSep === null ? 10 : NONE;
    this.#sep = format.sep.length === 1 ? code(format.sep) : NONE;
    this.#long = format.sep.length === 1 ? null : Array.from({ length: format.sep.length }, (_, i) => format.sep.charCodeAt(i));
  }

  /** The fields of one line. */
  line(text: string): string[] {
    this.#begin(text);
    if (!this.#next() || !this.#record()) this.#finish(true);
    return this.#fields;
  }

  /** The records of a whole text, whose quoted fields may hold line breaks with `multiLine`; blank lines and comments are left out. */
  *records(text: string): Generator<string[]> {
    const { multiLine, lineSep, comment: mark } = this.#format;
    if (!multiLine) {
      for (const line of text.split(lineSep ?? /\r\n?|\n/)) if (line.trim() !== '' && (mark === '' || !line.startsWith(mark))) yield this.line(line);
      return;
    }
    this.#begin(withShortBreaks(text, lineSep));
    const comment = mark === '' ? -1 : mark.charCodeAt(0);
    for (;;) {
      const start = this.#at;
      this.#fields = [];
      const goesOn = this.#next();
      if (goesOn && this.#ch === comment) {
        const end = this.#text.indexOf(String.fromCharCode(this.#break), this.#at);
        if (end < 0) return;
        this.#at = end + 1;
        continue;
      }
      const isWhole = goesOn && this.#record();
      if (!isWhole) this.#finish(this.#at > start);
      if (this.#fields.length > 0) yield this.#fields;
      if (!isWhole) return;
    }
  }

  #begin(text: string): void {
    this.#text = text;
    this.#at = 0;
    this.#ch = NONE;
    this.#prev = NONE;
    this.#value = '';
    this.#fields = [];
    this.#trim = false;
    this.#overran = false;
    this.#matched = 0;
  }

  /** On to the next character; false at the end, where the last one stays at hand. */
  #next(): boolean {
    if (this.#at >= this.#text.length) return false;
    this.#ch = this.#text.charCodeAt(this.#at++);
    return true;
  }

  #record(): boolean {
    if (!this.#skipBlanks()) return false;
    while (this.#ch !== this.#break) {
      if (!this.#field()) return false;
      if (this.#ch === this.#break) break;
      if (!this.#next()) return false;
      if (this.#ch === this.#break) this.#putNull();
    }
    return true;
  }

  #field(): boolean {
    if (!this.#skipBlanks()) return false;
    const isEmpty = this.#ch === this.#break || this.#atSeparator();
    if (isEmpty === null) return false;
    if (isEmpty) {
      this.#putNull();
      return true;
    }
    this.#prev = NONE;
    this.#overran = false;
    if (this.#quote !== NONE && this.#ch === this.#quote && this.#value === '') return this.#quoted();
    return this.#long ? this.#plainLong(this.#long) : this.#plain();
  }

  // ---- fields without quotes

  #plain(): boolean {
    this.#trim = this.#format.trimRight;
    if (!this.#append(this.#sep, this.#break, this.#break)) return false;
    // Unlike at the end of the text, a field of blanks only is null here.
    if (this.#trim && trimmed(this.#value) === '') {
      this.#value = '';
      this.#putNull();
    } else this.#put();
    return true;
  }

  #plainLong(sep: readonly number[]): boolean {
    if (!this.#appendToLong(sep)) return false;
    if (this.#format.trimRight) this.#value = trimmed(this.#value);
    this.#put();
    return true;
  }

  /** Appends up to a long separator, whose last character is then at hand. */
  #appendToLong(sep: readonly number[]): boolean {
    while (this.#ch !== this.#break) {
      if (sep[this.#matched] === this.#ch) {
        if (++this.#matched === sep.length) break;
      } else if (this.#matched > 0) {
        this.#keepMatched();
        continue;
      } else this.#value += String.fromCharCode(this.#ch);
      if (!this.#next()) return false;
    }
    this.#keepMatched();
    return true;
  }

  // ---- fields in quotes

  #quoted(): boolean {
    const close = this.#long ? -1 : this.#text.indexOf(this.#format.quote, this.#at);
    if (close >= 0 && this.#isPlainTo(close)) {
      this.#value = this.#text.slice(this.#at, close);
      this.#at = close + 1;
      this.#trim = false;
      this.#put();
      return this.#next();
    }
    this.#trim = false;
    if (!this.#inQuotes()) return false;
    this.#put();
    return true;
  }

  /** Whether the quoted field closes at the next quote, with nothing escaped before it and a separator behind it. */
  #isPlainTo(close: number): boolean {
    const { escape: escaper } = this.#format;
    const after = this.#text.charCodeAt(close + 1);
    if (after !== this.#sep && after !== this.#break) return false;
    const inner = this.#text.slice(this.#at, close);
    if (inner.includes(String.fromCharCode(this.#break))) return false;
    if (this.#escape === this.#quote) return inner !== '';
    return (
      escaper === '' ||
      !(inner.endsWith(escaper) || (this.#escapeEscape !== NONE && inner.includes(escaper + String.fromCharCode(this.#escapeEscape))))
    );
  }

  #inQuotes(): boolean {
    if (!this.#next()) return false;
    while (!(this.#prev === this.#quote && (this.#ch <= BLANK || (!this.#long && this.#ch === this.#sep)))) {
      if (this.#long && this.#prev === this.#quote) {
        const isSeparator = this.#atSeparator();
        if (isSeparator !== false) return isSeparator === true;
      }
      if (this.#ch === this.#quote || this.#ch === this.#escape) {
        if (!this.#escapes()) return false;
        this.#prev = this.#ch;
        if (!this.#next()) return false;
        continue;
      }
      if (this.#prev === this.#quote) {
        this.#overran = true;
        if (!this.#long) return this.#overrun('', null);
        return this.#overrun('', this.#long) && (this.#ch === this.#break || this.#ch > BLANK || this.#afterBlanks());
      }
      if (this.#prev === this.#escape && this.#escape !== NONE) this.#value += String.fromCharCode(this.#escape);
      if (!this.#append(this.#quote, this.#escape, this.#escapeEscape)) return false;
      this.#prev = this.#ch;
      if (!this.#next()) return false;
    }
    return this.#ch === this.#break || (!this.#long && this.#ch === this.#sep) || this.#afterBlanks();
  }

  /** A quote or an escape within quotes. */
  #escapes(): boolean {
    if (this.#ch === this.#escape && this.#prev === this.#escapeEscape && this.#escapeEscape !== NONE) this.#take(this.#escape);
    else if (this.#prev === this.#escape) {
      if (this.#ch === this.#quote) this.#take(this.#quote);
      else this.#value += String.fromCharCode(this.#prev);
    } else if (this.#prev === this.#quote) {
      this.#value += String.fromCharCode(this.#quote);
      if (this.#ch !== this.#quote) return this.#escapedTail();
    }
    return true;
  }

  #take(ch: number): void {
    this.#value += String.fromCharCode(ch);
    this.#ch = NONE;
  }

  /** What follows a closing quote and an escape: up to the next separator, one more for each further such pair. */
  #escapedTail(): boolean {
    this.#prev = this.#ch;
    for (let depth = 0; ; ) {
      if (this.#ch === this.#sep || this.#ch === this.#break) {
        if (depth-- === 0) return true;
      } else if (this.#ch !== this.#quote && this.#ch !== this.#escape) {
        if (this.#prev === this.#quote) {
          this.#value += String.fromCharCode(this.#quote);
          this.#prev = this.#ch;
          continue;
        }
        this.#value += String.fromCharCode(this.#ch);
      } else if (this.#prev === this.#quote && this.#ch !== this.#quote && this.#prev !== this.#escapeEscape) {
        this.#value += String.fromCharCode(this.#quote);
        this.#prev = this.#ch;
        depth++;
        continue;
      } else this.#escapes();
      this.#prev = this.#ch;
      if (!this.#next()) return false;
    }
  }

  /** Blanks behind a closing quote are dropped, unless text follows them: that goes on to the line's end where the separator is long. */
  #afterBlanks(): boolean {
    const meets = () => (this.#long ? this.#meetsSeparator(this.#long) : false);
    let found = meets();
    for (let blanks = ''; found === false; found = meets()) {
      if (this.#ch > BLANK) return (!this.#long && this.#ch === this.#sep) || this.#overrun(blanks, null);
      blanks += String.fromCharCode(this.#ch);
      if (!this.#next()) return false;
      if (this.#ch === this.#break) return true;
    }
    return found === true;
  }

  /** Text behind a closing quote: the field keeps its quotes and goes on to the separator, or to the line's end. */
  #overrun(blanks: string, sep: readonly number[] | null): boolean {
    const quote = this.#format.quote;
    this.#value = quote + this.#value + quote + blanks + String.fromCharCode(this.#ch);
    this.#prev = this.#ch;
    if (!this.#next()) return false;
    this.#trim = this.#format.trimRight;
    return sep ? this.#appendToLong(sep) : this.#append(this.#sep, this.#break, this.#break);
  }

  // ---- pieces

  /** Appends from the character at hand up to one of these, which is then at hand; at the end of the text the first one stays. */
  #append(a: number, b: number, c: number): boolean {
    const text = this.#text;
    const from = this.#at - 1;
    let to = from;
    for (; to < text.length; to++) {
      const code = text.charCodeAt(to);
      if (code === a || code === b || code === c) break;
    }
    this.#value += text.slice(from, to);
    this.#at = to;
    return this.#next();
  }

  /** Whether a separator begins here; a long one is then behind, but for its last character. What looked like one is text. Null at the end. */
  #atSeparator(): boolean | null {
    if (!this.#long) return this.#ch === this.#sep;
    const found = this.#meetsSeparator(this.#long);
    if (found === false) this.#keepMatched();
    return found;
  }

  #meetsSeparator(sep: readonly number[]): boolean | null {
    while (this.#ch === sep[this.#matched]) {
      if (++this.#matched === sep.length) {
        this.#matched = 0;
        return true;
      }
      if (!this.#next()) return null;
    }
    return false;
  }

  #keepMatched(): void {
    if (this.#matched < this.#format.sep.length) this.#value += this.#format.sep.slice(0, this.#matched);
    this.#matched = 0;
  }

  #skipBlanks(): boolean {
    if (!this.#format.trimLeft || this.#ch > BLANK) return true;
    if (this.#long) return this.#skipToLong(this.#long);
    while (this.#ch <= BLANK && this.#ch !== this.#sep && this.#ch !== this.#break && this.#ch !== this.#quote) if (!this.#next()) return false;
    return true;
  }

  #skipToLong(sep: readonly number[]): boolean {
    while (this.#ch <= BLANK && this.#ch !== this.#break && this.#ch !== this.#quote) {
      if (!this.#next()) return false;
      if (sep[this.#matched] !== this.#ch) continue;
      const found = this.#atSeparator();
      if (found === null) return false;
      if (!found) continue;
      this.#putNull();
      if (!this.#next()) return false;
    }
    this.#keepMatched();
    return true;
  }

  /** The text has ended: ends the field and the record; `some`: the record has a character at all. */
  #finish(some: boolean): void {
    const isClosed = this.#ch === this.#quote && this.#prev === this.#quote && this.#quote !== NONE;
    if (!isClosed && this.#ch === this.#quote && this.#quote !== NONE && !this.#overran) this.#value += this.#format.quote;
    let isValue = isClosed || (this.#prev !== NONE && this.#ch !== this.#sep && this.#ch !== this.#break);
    this.#ch = NONE;
    this.#prev = NONE;
    if (!isClosed && this.#matched > 0) {
      this.#keepMatched();
      isValue = true;
    }
    if (isValue || this.#value !== '') this.#put();
    else if (some) this.#putNull();
  }

  #put(): void {
    const value = this.#trim ? trimmed(this.#value) : this.#value;
    const { emptyValue, nullValue } = this.#format;
    this.#fields.push(value !== '' ? value : emptyValue !== '' ? emptyValue : nullValue === '' ? '' : QUOTED_EMPTY);
    this.#value = '';
  }

  #putNull(): void {
    this.#fields.push('');
  }
}

/** Without characters up to the blank at the end. */
function trimmed(value: string): string {
  let to = value.length;
  while (to > 0 && value.charCodeAt(to - 1) <= BLANK) to--;
  return value.slice(0, to);
}

/** The text with one character for its line break: `\n` for the first that stands in it, NUL for a given one, as Spark's reader has it. */
function withShortBreaks(text: string, given: string | null): string {
  if (given !== null) return text.replaceAll(given, '\0');
  const found = /\r\n?|\n/.exec(text)?.[0] ?? '\n';
  return found === '\n' ? text : text.replaceAll(found, '\n');
}
