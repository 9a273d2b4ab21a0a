import type { TextCursor } from './text-cursor.ts';

/** A separator of several characters, and how many of them have been met. */
export class LongSeparator {
  readonly #text: string;
  #matched = 0;

  constructor(text: string) {
    this.#text = text;
  }

  begin(): void {
    this.#matched = 0;
  }

  /** Whether the text has begun what may be the separator. */
  get isBegun(): boolean {
    return this.#matched > 0;
  }

  /** Whether the character at hand is the one that would go on. */
  goesOn({ ch }: TextCursor): boolean {
    return this.#text.charCodeAt(this.#matched) === ch;
  }

  /** Whether the separator stands here; its last character is then at hand. Null at the end of the text. */
  meets(cursor: TextCursor): boolean | null {
    while (this.goesOn(cursor)) {
      if (++this.#matched === this.#text.length) {
        this.#matched = 0;
        return true;
      }
      if (!cursor.next()) return null;
    }
    return false;
  }

  /** What looked like the separator is part of the field. */
  keep(cursor: TextCursor): void {
    if (this.#matched < this.#text.length) cursor.value += this.#text.slice(0, this.#matched);
    this.#matched = 0;
  }

  /** Appends up to the separator, whose last character is then at hand, or to `end`; false at the end of the text. */
  appendTo(cursor: TextCursor, end: number): boolean {
    while (cursor.ch !== end) {
      if (this.goesOn(cursor)) {
        if (++this.#matched === this.#text.length) break;
      } else if (this.#matched > 0) {
        this.keep(cursor);
        continue;
      } else cursor.add(cursor.ch);
      if (!cursor.next()) return false;
    }
    this.keep(cursor);
    return true;
  }
}
