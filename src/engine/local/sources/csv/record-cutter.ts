import { LongSeparator } from './long-separator.ts';
import type { CsvFormat } from './options.ts';
import { LONE_FEED, TextCursor } from './text-cursor.ts';

/** Stands for an empty text that is no null, until it is told from an empty field. */
export const QUOTED_EMPTY = '\u0001\u0001';

const NONE = 0;
const BLANK = 32;

/**
 * Cuts one record of a CSV text into fields, oddities of Spark's reader included: quotes count only at a field's beginning;
 * a quoted field whose closing quote is followed by text goes on to the next separator and keeps its quotes; one that is never closed goes on to
 * the end, and so does one with blanks and text behind its closing quote where the separator has several characters.
 *
 * Steps return whether the text goes on: where it has ended, the field at hand is finished by {@link RecordCutter.finish}.
 */
export class RecordCutter {
  /** Where it is in the text. */
  readonly cursor = new TextCursor();
  /** What ends a line of the text: one character. */
  readonly feed: number;
  /** The fields of the record at hand. */
  fields: string[] = [];
  readonly #format: CsvFormat;
  readonly #quote: number;
  readonly #escape: number;
  readonly #escapeEscape: number;
  /** The separator's only character, or none. */
  readonly #sep: number;
  /** The separator, where it has several characters. */
  readonly #long: LongSeparator | null;
  /** What the text had for its line breaks before each became one character. */
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
    this.feed = format.lineSep === null ? 10 : NONE;
    this.#sep = format.sep.length === 1 ? code(format.sep) : NONE;
    this.#long = format.sep.length === 1 ? null : new LongSeparator(format.sep);
  }

  begin(text: string, lineBreak: string): void {
    this.cursor.begin(text);
    this.#long?.begin();
    this.#lineBreak = lineBreak;
    this.fields = [];
    this.#trim = false;
    this.#overran = false;
  }

  /** Cuts the record at hand, from the character at hand; false where the text ends in it. */
  record(): boolean {
    if (!this.#skipBlanks()) return false;
    while (this.cursor.ch !== this.feed) {
      if (!this.#field()) return false;
      if (this.cursor.ch === this.feed) break;
      if (!this.cursor.next()) return false;
      if (this.cursor.ch === this.feed) this.#putNull();
    }
    return true;
  }

  #field(): boolean {
    if (!this.#skipBlanks()) return false;
    const isEmpty = this.cursor.ch === this.feed || this.#atSeparator();
    if (isEmpty === null) return false;
    if (isEmpty) {
      this.#putNull();
      return true;
    }
    this.cursor.prev = NONE;
    this.#overran = false;
    if (this.#quote !== NONE && this.cursor.ch === this.#quote && this.cursor.value === '') return this.#quoted();
    return this.#long ? this.#plainLong(this.#long) : this.#plain();
  }

  // ---- fields without quotes

  #plain(): boolean {
    this.#trim = this.#format.trimRight;
    if (!this.cursor.append(this.#sep, this.feed, this.feed) && !this.cursor.backToLoneFeed()) return false;
    // Unlike at the end of the text, a field of blanks only is null here.
    if (this.#trim && trimmed(this.cursor.value) === '') {
      this.cursor.value = '';
      this.#putNull();
    } else this.#put();
    return true;
  }

  #plainLong(sep: LongSeparator): boolean {
    if (!sep.appendTo(this.cursor, this.feed)) return false;
    if (this.#format.trimRight) this.cursor.value = trimmed(this.cursor.value);
    this.#put();
    return true;
  }

  // ---- fields in quotes

  #quoted(): boolean {
    const close = this.#long ? -1 : this.cursor.text.indexOf(this.#format.quote, this.cursor.at);
    if (close >= 0 && this.#isPlainTo(close)) {
      this.cursor.value = this.cursor.text.slice(this.cursor.at, close);
      this.cursor.at = close + 1;
      this.#trim = false;
      this.#put();
      return this.cursor.next();
    }
    this.#trim = false;
    if (!this.#inQuotes()) return false;
    this.#put();
    return true;
  }

  /** Whether the quoted field closes at the next quote, with nothing escaped before it and a separator behind it. */
  #isPlainTo(close: number): boolean {
    const { escape: escaper } = this.#format;
    const after = this.cursor.text.charCodeAt(close + 1);
    if (after !== this.#sep && after !== this.feed) return false;
    const inner = this.cursor.text.slice(this.cursor.at, close);
    if (inner.includes(String.fromCharCode(this.feed))) return false;
    if (this.#escape === this.#quote) return inner !== '';
    return (
      escaper === '' ||
      !(inner.endsWith(escaper) || (this.#escapeEscape !== NONE && inner.includes(escaper + String.fromCharCode(this.#escapeEscape))))
    );
  }

  #inQuotes(): boolean {
    if (!this.cursor.next()) return false;
    while (!(this.cursor.prev === this.#quote && (this.cursor.ch <= BLANK || (!this.#long && this.cursor.ch === this.#sep)))) {
      if (this.#long && this.cursor.prev === this.#quote) {
        const isSeparator = this.#atSeparator();
        if (isSeparator !== false) return isSeparator === true;
      }
      if (this.cursor.ch === this.#quote || this.cursor.ch === this.#escape) {
        if (!this.#escapes()) return false;
        this.cursor.prev = this.cursor.ch;
        if (!this.cursor.next()) return false;
        continue;
      }
      if (this.cursor.prev === this.#quote) {
        this.#overran = true;
        if (!this.#long) return this.#overrun('', null);
        return this.#overrun('', this.#long) && (this.cursor.ch === this.feed || this.cursor.ch > BLANK || this.#afterBlanks());
      }
      if (this.cursor.prev === this.#escape && this.#escape !== NONE) this.cursor.add(this.#escape);
      if (!this.cursor.append(this.#quote, this.#escape, this.#escapeEscape)) return false;
      this.cursor.prev = this.cursor.ch;
      if (!this.cursor.next()) return false;
    }
    return this.cursor.ch === this.feed || (!this.#long && this.cursor.ch === this.#sep) || this.#afterBlanks();
  }

  /** A quote or an escape within quotes. */
  #escapes(): boolean {
    if (this.cursor.ch === this.#escape && this.cursor.prev === this.#escapeEscape && this.#escapeEscape !== NONE) this.#take(this.#escape);
    else if (this.cursor.prev === this.#escape) {
      if (this.cursor.ch === this.#quote) this.#take(this.#quote);
      else this.cursor.add(this.cursor.prev);
    } else if (this.cursor.prev === this.#quote) {
      this.cursor.add(this.#quote);
      if (this.cursor.ch !== this.#quote) return this.#escapedTail();
    }
    return true;
  }

  #take(ch: number): void {
    this.cursor.add(ch);
    this.cursor.ch = NONE;
  }

  /** What follows a closing quote and an escape: up to the next separator, one more for each further such pair. */
  #escapedTail(): boolean {
    this.cursor.prev = this.cursor.ch;
    for (let depth = 0; ; ) {
      if (this.cursor.ch === this.#sep || this.cursor.ch === this.feed) {
        if (depth-- === 0) return true;
      } else if (this.cursor.ch !== this.#quote && this.cursor.ch !== this.#escape) {
        if (this.cursor.prev === this.#quote) {
          this.cursor.add(this.#quote);
          this.cursor.prev = this.cursor.ch;
          continue;
        }
        this.cursor.add(this.cursor.ch);
      } else if (this.cursor.prev === this.#quote && this.cursor.ch !== this.#quote && this.cursor.prev !== this.#escapeEscape) {
        this.cursor.add(this.#quote);
        this.cursor.prev = this.cursor.ch;
        depth++;
        continue;
      } else this.#escapes();
      this.cursor.prev = this.cursor.ch;
      if (!this.cursor.next()) return false;
    }
  }

  /** Blanks behind a closing quote are dropped, unless text follows them: that goes on to the line's end where the separator is long. */
  #afterBlanks(): boolean {
    const meets = () => (this.#long ? this.#long.meets(this.cursor) : false);
    let found = meets();
    for (let blanks = ''; found === false; found = meets()) {
      if (this.cursor.ch > BLANK) return (!this.#long && this.cursor.ch === this.#sep) || this.#overrun(blanks, null);
      blanks += String.fromCharCode(this.cursor.ch);
      if (!this.cursor.next()) return false;
      if (this.cursor.ch === this.feed) return true;
    }
    return found === true;
  }

  /** Text behind a closing quote: the field keeps its quotes and goes on to the separator, or to the line's end. */
  #overrun(blanks: string, sep: LongSeparator | null): boolean {
    const quote = this.#format.quote;
    this.cursor.value = quote + this.cursor.value + quote + blanks + String.fromCharCode(this.cursor.ch);
    this.cursor.prev = this.cursor.ch;
    if (!this.cursor.next()) return false;
    this.#trim = this.#format.trimRight;
    return sep ? sep.appendTo(this.cursor, this.feed) : this.cursor.append(this.#sep, this.feed, LONE_FEED.charCodeAt(0));
  }

  // ---- pieces

  /** Whether a separator begins here; a long one is then behind, but for its last character. What looked like one is text. Null at the end. */
  #atSeparator(): boolean | null {
    if (!this.#long) return this.cursor.ch === this.#sep;
    const found = this.#long.meets(this.cursor);
    if (found === false) this.#long.keep(this.cursor);
    return found;
  }

  #skipBlanks(): boolean {
    if (!this.#format.trimLeft || this.cursor.ch > BLANK) return true;
    if (this.#long) return this.#skipToLong(this.#long);
    while (this.cursor.ch <= BLANK && this.cursor.ch !== this.#sep && this.cursor.ch !== this.feed && this.cursor.ch !== this.#quote)
      if (!this.cursor.next()) return false;
    return true;
  }

  #skipToLong(sep: LongSeparator): boolean {
    while (this.cursor.ch <= BLANK && this.cursor.ch !== this.feed && this.cursor.ch !== this.#quote) {
      if (!this.cursor.next()) return false;
      if (!sep.goesOn(this.cursor)) continue;
      const found = this.#atSeparator();
      if (found === null) return false;
      if (!found) continue;
      this.#putNull();
      if (!this.cursor.next()) return false;
    }
    sep.keep(this.cursor);
    return true;
  }

  /** The text has ended: ends the field and the record; `some`: the record has a character at all. */
  finish(some: boolean): void {
    const isClosed = this.cursor.ch === this.#quote && this.cursor.prev === this.#quote && this.#quote !== NONE;
    if (!isClosed && this.cursor.ch === this.#quote && this.#quote !== NONE && !this.#overran) this.cursor.value += this.#format.quote;
    let isValue = isClosed || (this.cursor.prev !== NONE && this.cursor.ch !== this.#sep && this.cursor.ch !== this.feed);
    this.cursor.ch = NONE;
    this.cursor.prev = NONE;
    if (!isClosed && this.#long?.isBegun) {
      this.#long.keep(this.cursor);
      isValue = true;
    }
    if (isValue || this.cursor.value !== '') this.#put();
    else if (some) this.#putNull();
  }

  #put(): void {
    const given = this.#lineBreak.startsWith('\r') ? this.cursor.value.replaceAll(LONE_FEED, '\n') : this.cursor.value;
    const value = this.#trim ? trimmed(given) : given;
    const { emptyValue, nullValue } = this.#format;
    this.fields.push(value !== '' ? value : emptyValue !== '' ? emptyValue : nullValue === '' ? '' : QUOTED_EMPTY);
    this.cursor.value = '';
  }

  #putNull(): void {
    this.fields.push('');
  }
}

/** Without characters up to the blank at the end. */
function trimmed(value: string): string {
  let to = value.length;
  while (to > 0 && value.charCodeAt(to - 1) <= BLANK) to--;
  return value.slice(0, to);
}
