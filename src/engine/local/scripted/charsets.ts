import { MlError, show } from '../../../error.ts';

/** Bytes of one unit of a charset; `low` where the lower byte comes first. */
interface Charset {
  readonly size: 1 | 2 | 4;
  readonly low?: boolean;
  /** The largest code there is. */
  readonly most: number;
  /** Whether a mark at the beginning tells the order of bytes, which is written too. */
  readonly mark?: 'read' | 'written';
}

const CHARSETS: ReadonlyMap<string, Charset> = new Map<string, Charset>([
  ['US-ASCII', { size: 1, most: 0x7f }],
  ['ISO-8859-1', { size: 1, most: 0xff }],
  ['UTF-16', { size: 2, most: 0x10ffff, mark: 'written' }],
  ['UTF-16BE', { size: 2, most: 0x10ffff }],
  ['UTF-16LE', { size: 2, low: true, most: 0x10ffff }],
  ['UTF-32', { size: 4, most: 0x10ffff, mark: 'read' }],
]);

const MARK = 0xfeff;

/** The names of the charsets, but for UTF-8, which the engine knows itself. */
export const charsetNames: readonly string[] = [...CHARSETS.keys()];

/** A text's bytes in a charset that has all of its characters. */
export function encoded(text: string, charset: string): Uint8Array {
  const { size, low = false, most, mark } = CHARSETS.get(charset) as Charset;
  const units: number[] = mark === 'written' && text !== '' ? [MARK] : [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code > most) throw malformed('encode', `text must be of characters of ${charset}, has ${show(character)}`, character);
    if (size === 2) for (let i = 0; i < character.length; i++) units.push(character.charCodeAt(i));
    else units.push(code);
  }
  const bytes = new DataView(new ArrayBuffer(size * units.length));
  units.forEach((unit, i) => {
    if (size === 1) bytes.setUint8(i, unit);
    else if (size === 2) bytes.setUint16(2 * i, unit, low);
    else bytes.setUint32(4 * i, unit);
  });
  return new Uint8Array(bytes.buffer);
}

/** The text that bytes of a charset are. */
export function decoded(given: Uint8Array, charset: string): string {
  const { size, most, mark, low: lowFirst = false } = CHARSETS.get(charset) as Charset;
  const bytes = new DataView(given.buffer, given.byteOffset, given.byteLength);
  const wrong = (at: number) => malformed('decode', `bytes must be ${charset}, are not from byte ${at} on`, at);
  if (given.length % size !== 0) throw wrong(given.length - (given.length % size));
  const unit = (i: number, low: boolean) => (size === 1 ? bytes.getUint8(i) : size === 2 ? bytes.getUint16(2 * i, low) : bytes.getUint32(4 * i, low));
  const count = given.length / size;
  const swapped = size === 2 ? 0xfffe : 0xfffe0000;
  const marked = mark !== undefined && count > 0 && (unit(0, false) === MARK || unit(0, false) === swapped);
  const low = marked ? unit(0, false) === swapped : lowFirst;
  let text = '';
  for (let i = marked ? 1 : 0; i < count; i++) {
    const code = unit(i, low);
    if (code > most) throw wrong(i * size);
    text += size === 2 ? String.fromCharCode(code) : String.fromCodePoint(code);
  }
  const lone = /\p{Surrogate}/u.exec(text);
  if (lone) throw wrong(size * (lone.index + (marked ? 1 : 0)));
  return text;
}

function malformed(owner: string, message: string, value: unknown): MlError {
  return new MlError('VALUE_INVALID', `${owner}: ${message}`, { value });
}
