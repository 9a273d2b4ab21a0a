const NONE = 0;

/**
 * Stands in a text for a line feed that is not the text's line break: it ends a line only where Spark's reader goes character by character, and not
 * where it looks for a field's end.
 */
export const LONE_FEED = '\uffff';

const LONE = LONE_FEED.charCodeAt(0);
const FEED = 10;

/** A place in a text that is being cut into fields, and what the field at hand holds so far. */
export class TextCursor {
  text = '';
  /** Where the character behind the one at hand stands. */
  at = 0;
  /** The character at hand, and the one before it where it still matters; 0 for none. */
  ch = NONE;
  prev = NONE;
  value = '';

  begin(text: string): void {
    this.text = text;
    this.at = 0;
    this.ch = NONE;
    this.prev = NONE;
    this.value = '';
  }

  /** On to the next character; false at the end, where the last one stays at hand. */
  next(): boolean {
    if (this.at >= this.text.length) return false;
    const code = this.text.charCodeAt(this.at++);
    this.ch = code === LONE ? FEED : code;
    return true;
  }

  add(code: number): void {
    this.value += String.fromCharCode(code);
  }

  /** Appends from the character at hand up to one of these, which is then at hand; at the end of the text the first one stays. */
  append(a: number, b: number, c: number): boolean {
    const { text } = this;
    const from = this.at - 1;
    let to = from;
    for (; to < text.length; to++) {
      const code = text.charCodeAt(to);
      if (code === a || code === b || code === c) break;
    }
    this.value += text.slice(from, to);
    this.at = to;
    return this.next();
  }

  /** At the end of the text: back to a lone line feed in the field at hand, if there is one. */
  backToLoneFeed(): boolean {
    const end = this.value.indexOf(LONE_FEED);
    if (end < 0) return false;
    this.at -= this.value.length - end - 1;
    this.value = this.value.slice(0, end);
    this.ch = FEED;
    return true;
  }
}
