import type { CsvFormat } from './options.ts';
import { RecordCutter } from './record-cutter.ts';
import { LONE_FEED } from './text-cursor.ts';

/** A record of a text: what stands there for it, and its fields. */
export interface CsvRecord {
  readonly text: string;
  readonly fields: string[];
}

/** Cuts CSV text into records as Spark's reader (univocity's parser, with its defaults) does. */
export class CsvTokenizer {
  readonly #format: CsvFormat;
  readonly #cutter: RecordCutter;
  /** The one character that ends a line while records are cut. */
  readonly #feed: string;

  constructor(format: CsvFormat) {
    this.#format = format;
    this.#cutter = new RecordCutter(format);
    this.#feed = String.fromCharCode(this.#cutter.feed);
  }

  /** The fields of one line. */
  line(text: string): string[] {
    const cutter = this.#cutter;
    cutter.begin(text, '');
    if (!cutter.cursor.next() || !cutter.record()) cutter.finish(true);
    return cutter.fields;
  }

  /**
   * The records of a whole text, whose quoted fields may hold line breaks with `multiLine`; blank lines and comments are left out. Their own texts
   * come along where these are wanted.
   */
  *records(text: string, withTexts = false): Generator<CsvRecord> {
    const { multiLine, lineSep, comment: mark } = this.#format;
    if (!multiLine) {
      for (const line of text.split(lineSep ?? /\r\n?|\n/))
        if (line.trim() !== '' && (mark === '' || !line.startsWith(mark))) yield { text: line, fields: this.line(line) };
      return;
    }
    const lineBreak = lineSep ?? /\r\n?|\n/.exec(text)?.[0] ?? '\n';
    const comment = mark === '' ? -1 : mark.charCodeAt(0);
    const cutter = this.#cutter;
    const { cursor } = cutter;
    cutter.begin(withShortBreaks(text, lineBreak, this.#feed), lineBreak);
    for (;;) {
      const start = cursor.at;
      cutter.fields = [];
      const goesOn = cursor.next();
      if (goesOn && cursor.ch === comment) {
        const end = cursor.text.indexOf(this.#feed, cursor.at);
        if (end < 0) return;
        cursor.at = end + 1;
        continue;
      }
      const isWhole = goesOn && cutter.record();
      if (!isWhole) cutter.finish(cursor.at > start);
      if (cutter.fields.length > 0) yield { text: withTexts ? this.#given(start, lineBreak) : '', fields: cutter.fields };
      if (!isWhole) return;
    }
  }

  /** What the text has from `start` to here, without a line break at the end. */
  #given(start: number, lineBreak: string): string {
    const { text, at } = this.#cutter.cursor;
    const given = text.slice(start, at).replaceAll(this.#feed, lineBreak).replaceAll(LONE_FEED, '\n');
    return given.replace(/(\r\n?|\n)$/, '');
  }
}

/** The text with one character for its line break, as Spark's reader has it. */
function withShortBreaks(text: string, given: string, short: string): string {
  if (given === short) return text;
  const lone = short === '\n' ? text.replaceAll(given === '\r\n' ? /(?<!\r)\n/g : '\n', LONE_FEED) : text;
  return lone.replaceAll(given, short);
}
