import type { CsvFormat } from './options.ts';

/** Stands for a quoted empty field until it is told from an empty one. */
export const QUOTED_EMPTY = '\u0001\u0001';

/**
 * Cuts CSV text into fields as Spark's reader does: quotes count only at a field's beginning; a quoted field whose closing quote is
 * followed by text goes on to the next separator and keeps its quotes; one that is never closed goes on to the end.
 */
export class CsvTokenizer {
  readonly #format: CsvFormat;
  #text = '';
  #at = 0;
  #multiLine = false;

  constructor(format: CsvFormat) {
    this.#format = format;
  }

  /** The fields of one line. */
  line(text: string): string[] {
    this.#text = text;
    this.#at = 0;
    this.#multiLine = false;
    return this.#record();
  }

  /** The records of a whole text whose quoted fields may hold line breaks (which become \n); blank lines and comments are left out. */
  *records(text: string): Generator<string[]> {
    this.#text = text;
    this.#at = 0;
    this.#multiLine = true;
    const { trimLeft, comment } = this.#format;
    while (this.#at < text.length) {
      const end = this.#lineEnd(this.#at);
      const line = text.slice(this.#at, end);
      const isBlank = (trimLeft ? line.trimStart() : line) === '';
      if (isBlank || (comment !== '' && line.startsWith(comment))) this.#at = this.#afterBreak(end);
      else yield this.#record();
    }
  }

  #record(): string[] {
    const { sep } = this.#format;
    const fields: string[] = [];
    for (;;) {
      fields.push(this.#field());
      if (!this.#text.startsWith(sep, this.#at) || this.#at >= this.#text.length) break;
      this.#at += sep.length;
    }
    if (this.#multiLine) this.#at = this.#afterBreak(this.#at);
    return fields;
  }

  #field(): string {
    const { quote, trimLeft } = this.#format;
    if (trimLeft) while (this.#isBlank(this.#at)) this.#at++;
    if (quote !== '' && this.#text[this.#at] === quote) return this.#quoted();
    const from = this.#at;
    this.#at = this.#fieldEnd(from);
    return this.#trim(this.#text.slice(from, this.#at));
  }

  /** The quoted field that begins here. */
  #quoted(): string {
    const { quote, escape: escaper, emptyValue, nullValue } = this.#format;
    const text = this.#text;
    let value = '';
    let from = this.#at + 1;
    for (let i = from; i < text.length; i++) {
      const c = text[i];
      if (c === escaper && (text[i + 1] === quote || (escaper !== quote && text[i + 1] === escaper))) {
        value += text.slice(from, i) + text[i + 1];
        i++;
        from = i + 1;
      } else if (c === quote) {
        let closed = i + 1;
        while (text[closed] === quote) closed++;
        let end = closed;
        while (this.#isBlank(end) && !this.#endsField(end)) end++;
        value += text.slice(from, closed - 1);
        if (!this.#endsField(end)) {
          const rest = this.#fieldEnd(end);
          value = this.#trim(quote + value + text.slice(closed - 1, rest));
          end = rest;
        }
        this.#at = end;
        if (value !== '') return this.#multiLine ? value.replace(/\r\n?/g, '\n') : value;
        return emptyValue !== '' ? emptyValue : nullValue === '' ? '' : QUOTED_EMPTY;
      }
    }
    this.#at = text.length;
    // A quote and nothing more is a value; an escape with nothing behind it is lost.
    if (value === '' && from === text.length) return quote;
    const isCut = escaper !== quote && from < text.length && text.at(-1) === escaper;
    return value + text.slice(from, isCut ? -1 : undefined);
  }

  #endsField(at: number): boolean {
    return at >= this.#text.length || this.#text.startsWith(this.#format.sep, at) || (this.#multiLine && this.#isBreak(at));
  }

  #fieldEnd(from: number): number {
    const end = this.#multiLine ? this.#lineEnd(from) : this.#text.length;
    const at = this.#text.indexOf(this.#format.sep, from);
    return at === -1 || at > end ? end : at;
  }

  #trim(field: string): string {
    const { trimLeft, trimRight } = this.#format;
    let from = 0;
    let to = field.length;
    if (trimLeft) while (from < to && field.charCodeAt(from) <= 32) from++;
    if (trimRight) while (to > from && field.charCodeAt(to - 1) <= 32) to--;
    return field.slice(from, to);
  }

  #isBlank(at: number): boolean {
    return at < this.#text.length && this.#text.charCodeAt(at) <= 32 && !(this.#multiLine && this.#isBreak(at));
  }

  #isBreak(at: number): boolean {
    return this.#text[at] === '\n' || this.#text[at] === '\r';
  }

  #lineEnd(from: number): number {
    let at = from;
    while (at < this.#text.length && !this.#isBreak(at)) at++;
    return at;
  }

  #afterBreak(at: number): number {
    if (this.#text[at] === '\r' && this.#text[at + 1] === '\n') return at + 2;
    return at + 1;
  }
}
