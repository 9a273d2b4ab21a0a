import { LongSeparator } from './long-separator.ts';
import type { CsvFormat } from './options.ts';
import { LONE_FEED, TextCursor } from './text-cursor.ts';

/** Stands for an empty text that is no null, until it is told from an empty field. */
export const QUOTED_EMPTY = '\u0001\u0001';

const NONE = 0;
const BLANK = 32;

/** A record of a text: what stands there for it, and its fields. */
export interface CsvRecord {
  readonly text: string;
  readonly fields: string[];
}

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
  /** The separator, where it has several characters. */
  readonly #long: LongSeparator | null;
  /** What ends a line of the text at hand. */
  readonly #break: number;
  readonly #in = new TextCursor();
  #fields: string[] = [];
  /** What the text at hand has for its line breaks. */
  #lineBreak = '';
  /** Whether blanks at the end of the field at hand go. */
  #trim = false;
  /** Whether text stands behind the closing quote. */
  #overran = false;

  constructor(format: CsvFormat) {
    this.#format = format;
    const code = (char: string) => (char === '' ? NONE : char.charCodeAt(0));
    this.#quote = code(format.quote);
    this.#escape = code(format.escape);
    this.#escapeEscape = format.escapeEscape === null ? (this.#escape === this.#quote ? NONE : this.#escape) : code(format.escapeEscape);
    this.#break = format.lineSep === null ? 10 : NONE;
    this.#sep = format.sep.length === 1 ? code(format.sep) : NONE;
    this.#long = format.sep.length === 1 ? null : new LongSeparator(format.sep);
  }

  /** The fields of one line. */
  line(text: string): string[] {
    this.#begin(text);
    if (!this.#in.next() || !this.#record()) this.#finish(true);
    return this.#fields;
  }

  /** The records of a whole text, with their own texts where these are wanted, whose quoted fields may hold line breaks with `multiLine`; blank lines and comments are left out. */
  *records(text: string, withTexts = false): Generator<CsvRecord> {
    const { multiLine, lineSep, comment: mark } = this.#format;
    if (!multiLine) {
      for (const line of text.split(lineSep ?? /\r\n?|\n/))
        if (line.trim() !== '' && (mark === '' || !line.startsWith(mark))) yield { text: line, fields: this.line(line) };
      return;
    }
    this.#lineBreak = lineSep ?? /\r\n?|\n/.exec(text)?.[0] ?? '\n';
    this.#begin(withShortBreaks(text, this.#lineBreak, String.fromCharCode(this.#break)));
    const comment = mark === '' ? -1 : mark.charCodeAt(0);
    for (;;) {
      const start = this.#in.at;
      this.#fields = [];
      const goesOn = this.#in.next();
      if (goesOn && this.#in.ch === comment) {
        const end = this.#in.text.indexOf(String.fromCharCode(this.#break), this.#in.at);
        if (end < 0) return;
        this.#in.at = end + 1;
        continue;
      }
      const isWhole = goesOn && this.#record();
      if (!isWhole) this.#finish(this.#in.at > start);
      if (this.#fields.length > 0) yield { text: withTexts ? this.#given(start) : '', fields: this.#fields };
      if (!isWhole) return;
    }
  }

  /** What the text has from `start` to here, without a line break at the end. */
  #given(start: number): string {
    const short = String.fromCharCode(this.#break);
    const { text, at } = this.#in;
    const given = text.slice(start, at).replaceAll(short, this.#lineBreak).replaceAll(LONE_FEED, '\n');
    return given.replace(/(\r\n?|\n)$/, '');
  }

  #begin(text: string): void {
    this.#in.begin(text);
    this.#long?.begin();
    this.#fields = [];
    this.#trim = false;
    this.#overran = false;
  }

  #record(): boolean {
    if (!this.#skipBlanks()) return false;
    while (this.#in.ch !== this.#break) {
      if (!this.#field()) return false;
      if (this.#in.ch === this.#break) break;
      if (!this.#in.next()) return false;
      if (this.#in.ch === this.#break) this.#putNull();
    }
    return true;
  }

  #field(): boolean {
    if (!this.#skipBlanks()) return false;
    const isEmpty = this.#in.ch === this.#break || this.#atSeparator();
    if (isEmpty === null) return false;
    if (isEmpty) {
      this.#putNull();
      return true;
    }
    this.#in.prev = NONE;
    this.#overran = false;
    if (this.#quote !== NONE && this.#in.ch === this.#quote && this.#in.value === '') return this.#quoted();
    return this.#long ? this.#plainLong(this.#long) : this.#plain();
  }

  // ---- fields without quotes

  #plain(): boolean {
    this.#trim = this.#format.trimRight;
    if (!this.#in.append(this.#sep, this.#break, this.#break) && !this.#in.backToLoneFeed()) return false;
    // Unlike at the end of the text, a field of blanks only is null here.
    if (this.#trim && trimmed(this.#in.value) === '') {
      this.#in.value = '';
      this.#putNull();
    } else this.#put();
    return true;
  }

  #plainLong(sep: LongSeparator): boolean {
    if (!sep.appendTo(this.#in, this.#break)) return false;
    if (this.#format.trimRight) this.#in.value = trimmed(this.#in.value);
    this.#put();
    return true;
  }

  // ---- fields in quotes

  #quoted(): boolean {
    const close = this.#long ? -1 : this.#in.text.indexOf(this.#format.quote, this.#in.at);
    if (close >= 0 && this.#isPlainTo(close)) {
      this.#in.value = this.#in.text.slice(this.#in.at, close);
      this.#in.at = close + 1;
      this.#trim = false;
      this.#put();
      return this.#in.next();
    }
    this.#trim = false;
    if (!this.#inQuotes()) return false;
    this.#put();
    return true;
  }

  /** Whether the quoted field closes at the next quote, with nothing escaped before it and a separator behind it. */
  #isPlainTo(close: number): boolean {
    const { escape: escaper } = this.#format;
    const after = this.#in.text.charCodeAt(close + 1);
    if (after !== this.#sep && after !== this.#break) return false;
    const inner = this.#in.text.slice(this.#in.at, close);
    if (inner.includes(String.fromCharCode(this.#break))) return false;
    if (this.#escape === this.#quote) return inner !== '';
    return (
      escaper === '' ||
      !(inner.endsWith(escaper) || (this.#escapeEscape !== NONE && inner.includes(escaper + String.fromCharCode(this.#escapeEscape))))
    );
  }

  #inQuotes(): boolean {
    if (!this.#in.next()) return false;
    while (!(this.#in.prev === this.#quote && (this.#in.ch <= BLANK || (!this.#long && this.#in.ch === this.#sep)))) {
      if (this.#long && this.#in.prev === this.#quote) {
        const isSeparator = this.#atSeparator();
        if (isSeparator !== false) return isSeparator === true;
      }
      if (this.#in.ch === this.#quote || this.#in.ch === this.#escape) {
        if (!this.#escapes()) return false;
        this.#in.prev = this.#in.ch;
        if (!this.#in.next()) return false;
        continue;
      }
      if (this.#in.prev === this.#quote) {
        this.#overran = true;
        if (!this.#long) return this.#overrun('', null);
        return this.#overrun('', this.#long) && (this.#in.ch === this.#break || this.#in.ch > BLANK || this.#afterBlanks());
      }
      if (this.#in.prev === this.#escape && this.#escape !== NONE) this.#in.add(this.#escape);
      if (!this.#in.append(this.#quote, this.#escape, this.#escapeEscape)) return false;
      this.#in.prev = this.#in.ch;
      if (!this.#in.next()) return false;
    }
    return this.#in.ch === this.#break || (!this.#long && this.#in.ch === this.#sep) || this.#afterBlanks();
  }

  /** A quote or an escape within quotes. */
  #escapes(): boolean {
    if (this.#in.ch === this.#escape && this.#in.prev === this.#escapeEscape && this.#escapeEscape !== NONE) this.#take(this.#escape);
    else if (this.#in.prev === this.#escape) {
      if (this.#in.ch === this.#quote) this.#take(this.#quote);
      else this.#in.add(this.#in.prev);
    } else if (this.#in.prev === this.#quote) {
      this.#in.add(this.#quote);
      if (this.#in.ch !== this.#quote) return this.#escapedTail();
    }
    return true;
  }

  #take(ch: number): void {
    this.#in.add(ch);
    this.#in.ch = NONE;
  }

  /** What follows a closing quote and an escape: up to the next separator, one more for each further such pair. */
  #escapedTail(): boolean {
    this.#in.prev = this.#in.ch;
    for (let depth = 0; ; ) {
      if (this.#in.ch === this.#sep || this.#in.ch === this.#break) {
        if (depth-- === 0) return true;
      } else if (this.#in.ch !== this.#quote && this.#in.ch !== this.#escape) {
        if (this.#in.prev === this.#quote) {
          this.#in.add(this.#quote);
          this.#in.prev = this.#in.ch;
          continue;
        }
        this.#in.add(this.#in.ch);
      } else if (this.#in.prev === this.#quote && this.#in.ch !== this.#quote && this.#in.prev !== this.#escapeEscape) {
        this.#in.add(this.#quote);
        this.#in.prev = this.#in.ch;
        depth++;
        continue;
      } else this.#escapes();
      this.#in.prev = this.#in.ch;
      if (!this.#in.next()) return false;
    }
  }

  /** Blanks behind a closing quote are dropped, unless text follows them: that goes on to the line's end where the separator is long. */
  #afterBlanks(): boolean {
    const meets = () => (this.#long ? this.#long.meets(this.#in) : false);
    let found = meets();
    for (let blanks = ''; found === false; found = meets()) {
      if (this.#in.ch > BLANK) return (!this.#long && this.#in.ch === this.#sep) || this.#overrun(blanks, null);
      blanks += String.fromCharCode(this.#in.ch);
      if (!this.#in.next()) return false;
      if (this.#in.ch === this.#break) return true;
    }
    return found === true;
  }

  /** Text behind a closing quote: the field keeps its quotes and goes on to the separator, or to the line's end. */
  #overrun(blanks: string, sep: LongSeparator | null): boolean {
    const quote = this.#format.quote;
    this.#in.value = quote + this.#in.value + quote + blanks + String.fromCharCode(this.#in.ch);
    this.#in.prev = this.#in.ch;
    if (!this.#in.next()) return false;
    this.#trim = this.#format.trimRight;
    return sep ? sep.appendTo(this.#in, this.#break) : this.#in.append(this.#sep, this.#break, LONE_FEED.charCodeAt(0));
  }

  // ---- pieces

  /** Whether a separator begins here; a long one is then behind, but for its last character. What looked like one is text. Null at the end. */
  #atSeparator(): boolean | null {
    if (!this.#long) return this.#in.ch === this.#sep;
    const found = this.#long.meets(this.#in);
    if (found === false) this.#long.keep(this.#in);
    return found;
  }

  #skipBlanks(): boolean {
    if (!this.#format.trimLeft || this.#in.ch > BLANK) return true;
    if (this.#long) return this.#skipToLong(this.#long);
    while (this.#in.ch <= BLANK && this.#in.ch !== this.#sep && this.#in.ch !== this.#break && this.#in.ch !== this.#quote)
      if (!this.#in.next()) return false;
    return true;
  }

  #skipToLong(sep: LongSeparator): boolean {
    while (this.#in.ch <= BLANK && this.#in.ch !== this.#break && this.#in.ch !== this.#quote) {
      if (!this.#in.next()) return false;
      if (!sep.goesOn(this.#in)) continue;
      const found = this.#atSeparator();
      if (found === null) return false;
      if (!found) continue;
      this.#putNull();
      if (!this.#in.next()) return false;
    }
    sep.keep(this.#in);
    return true;
  }

  /** The text has ended: ends the field and the record; `some`: the record has a character at all. */
  #finish(some: boolean): void {
    const isClosed = this.#in.ch === this.#quote && this.#in.prev === this.#quote && this.#quote !== NONE;
    if (!isClosed && this.#in.ch === this.#quote && this.#quote !== NONE && !this.#overran) this.#in.value += this.#format.quote;
    let isValue = isClosed || (this.#in.prev !== NONE && this.#in.ch !== this.#sep && this.#in.ch !== this.#break);
    this.#in.ch = NONE;
    this.#in.prev = NONE;
    if (!isClosed && this.#long?.isBegun) {
      this.#long.keep(this.#in);
      isValue = true;
    }
    if (isValue || this.#in.value !== '') this.#put();
    else if (some) this.#putNull();
  }

  #put(): void {
    const given = this.#lineBreak.startsWith('\r') ? this.#in.value.replaceAll(LONE_FEED, '\n') : this.#in.value;
    const value = this.#trim ? trimmed(given) : given;
    const { emptyValue, nullValue } = this.#format;
    this.#fields.push(value !== '' ? value : emptyValue !== '' ? emptyValue : nullValue === '' ? '' : QUOTED_EMPTY);
    this.#in.value = '';
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

/** The text with one character for its line break, as Spark's reader has it. */
function withShortBreaks(text: string, given: string, short: string): string {
  if (given === short) return text;
  const lone = short === '\n' ? text.replaceAll(given === '\r\n' ? /(?<!\r)\n/g : '\n', LONE_FEED) : text;
  return lone.replaceAll(given, short);
}
