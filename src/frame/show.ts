import { javaDouble } from '../linalg/format.ts';
import type { Schema } from './schema.ts';
import type { DataType } from './types.ts';

/** How `show` prints: `n` rows (20), and cells cut to `truncate` characters (true: 20, false: never). */
export interface ShowOptions {
  readonly n?: number;
  readonly truncate?: boolean | number;
}

/** Rows as Spark's `show` prints them; `rows` may hold one more than `count`, which then says that there are more. */
export function showTable(schema: Schema, rows: readonly (readonly unknown[])[], count: number, truncate: boolean | number): string {
  const limit = truncate === true ? 20 : truncate === false ? 0 : truncate;
  const cut = (text: string) => {
    const chars = Array.from(text);
    if (limit <= 0 || chars.length <= limit) return text;
    return limit < 4 ? chars.slice(0, limit).join('') : `${chars.slice(0, limit - 3).join('')}...`;
  };
  const table = [
    schema.names.map(cut),
    ...rows.slice(0, count).map((row) => row.map((value, i) => cut(escapeControls(cellText(value, schema.fields[i].type))))),
  ];
  const widths = schema.names.map((_, i) => Math.max(3, ...table.map((cells) => width(cells[i]))));
  const line = `+${widths.map((w) => '-'.repeat(w)).join('+')}+`;
  const pad = (text: string, w: number) => {
    const space = ' '.repeat(Math.max(0, w - width(text)));
    return limit > 0 ? space + text : text + space;
  };
  const print = (cells: readonly string[]) => `|${cells.map((c, i) => pad(c, widths[i])).join('|')}|`;
  const more = rows.length > count ? [`only showing top ${count} row${count === 1 ? '' : 's'}`] : [];
  return [line, print(table[0]), line, ...table.slice(1).map(print), line, ...more, ''].join('\n');
}

/** A value as Spark's cast to text prints it; null is `NULL`. */
export function cellText(value: unknown, type: DataType): string {
  if (value === null || value === undefined) return 'NULL';
  switch (type.kind) {
    case 'double':
      return javaDouble(value as number);
    case 'float':
      return javaDouble(shortFloat(value as number));
    case 'timestamp':
      return timestampText(value as Date);
    case 'binary':
      return `[${Array.from(value as Uint8Array, (b) => b.toString(16).toUpperCase().padStart(2, '0')).join(' ')}]`;
    case 'array':
      return `[${Array.from(value as ArrayLike<unknown>, (v) => cellText(v, type.element)).join(', ')}]`;
    case 'map':
      return `{${[...(value as Map<unknown, unknown>)].map(([k, v]) => `${cellText(k, type.key)} -> ${cellText(v, type.value)}`).join(', ')}}`;
    case 'struct':
      return `{${type.fields.map((f) => cellText((value as Record<string, unknown>)[f.name], f.type)).join(', ')}}`;
    default:
      return String(value);
  }
}

/** The shortest decimal number that rounds to this 32-bit float. */
function shortFloat(x: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(x.toPrecision(digits));
    if (Math.fround(short) === x) return short;
  }
  return x;
}

/** `2024-01-31 12:00:00`, with a fraction only where there is one. */
function timestampText(value: Date): string {
  return value
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.\d*?)0*Z$/, '$1')
    .replace(/\.$/, '');
}

const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\f', '\\f'],
  ['\b', '\\b'],
  ['\v', '\\v'],
  ['\x07', '\\a'],
]);

function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => CONTROLS.get(c) ?? c);
}

/** Columns on a terminal: wide East Asian characters take two. */
function width(text: string): number {
  let total = 0;
  for (const char of text) {
    const c = char.codePointAt(0) as number;
    const wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f);
    total += wide || (c >= 0xff00 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) ? 2 : 1;
  }
  return total;
}
