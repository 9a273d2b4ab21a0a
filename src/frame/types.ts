import { MlError, requireMade, show } from '../error.ts';

type SimpleKind =
  | 'boolean'
  | 'byte'
  | 'short'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'string'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'vector'
  | 'matrix'
  | 'void';

/** A column's type. `vector` and `matrix` are Spark ML's `VectorUDT` and `MatrixUDT`; `void` is the type of a bare null. */
export type DataType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** From a field to another; without fields Spark's `interval` of months, days and microseconds. */
  | { readonly kind: 'interval'; readonly from?: IntervalField; readonly to?: IntervalField }
  | { readonly kind: 'array'; readonly element: DataType }
  | { readonly kind: 'map'; readonly key: DataType; readonly value: DataType }
  | { readonly kind: 'struct'; readonly fields: readonly StructField[] };

/** Fields of intervals, from the longest to the shortest: those of months, then those of microseconds. */
export const INTERVAL_FIELDS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
export type IntervalField = (typeof INTERVAL_FIELDS)[number];

/** Metadata of a column or a struct's field as Spark keeps it; ML attributes are under `ml_attr`. */
export type Metadata = Readonly<Record<string, unknown>>;

export interface StructField {
  readonly name: string;
  readonly type: DataType;
  readonly metadata?: Metadata;
  /** The size of a field's vectors, where rows told it because attributes do not; not part of what is saved. */
  readonly size?: number;
}

const SIMPLE: ReadonlySet<string> = new Set<SimpleKind>([
  'boolean',
  'byte',
  'short',
  'int',
  'long',
  'float',
  'double',
  'string',
  'binary',
  'date',
  'timestamp',
  'vector',
  'matrix',
  'void',
]);

/** Spark's longer spellings. */
const ALIASES: ReadonlyMap<string, SimpleKind> = new Map([
  ['integer', 'int'],
  ['bigint', 'long'],
  ['smallint', 'short'],
  ['tinyint', 'byte'],
  ['bool', 'boolean'],
  ['null', 'void'],
  ['timestamp_ntz', 'timestamp'],
]);

const NUMERIC: ReadonlySet<string> = new Set(['byte', 'short', 'int', 'long', 'float', 'double', 'decimal']);

export const DOUBLE: DataType = { kind: 'double' };
export const STRING: DataType = { kind: 'string' };
export const VECTOR: DataType = { kind: 'vector' };

/** True for byte, short, int, long, float, double and decimal. */
export function isNumeric(type: DataType): boolean {
  return NUMERIC.has(type.kind);
}

/** Spark's short name of a type: `double`, `decimal(10,2)`, `array<string>`, `struct<a:int,b:string>`. */
export function typeName(type: DataType): string {
  requireMade('typeName', typeof type?.kind === 'string', 'parseType makes types of their names');
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'interval':
      return `interval${type.from ? ` ${type.from}` : ''}${type.from === type.to ? '' : ` to ${type.to}`}`;
    case 'array':
      return `array<${typeName(type.element)}>`;
    case 'map':
      return `map<${typeName(type.key)},${typeName(type.value)}>`;
    case 'struct':
      return `struct<${type.fields.map((f) => `${f.name}:${typeName(f.type)}`).join(',')}>`;
    default:
      return type.kind;
  }
}

export function sameType(a: DataType, b: DataType): boolean {
  return typeName(a) === typeName(b);
}

/** Reads a type's name as {@link typeName} prints it; Spark's aliases (`integer`, `bigint`) are understood. */
export function parseType(text: string): DataType {
  const reader = new TypeReader(text);
  const type = reader.type();
  reader.end();
  return type;
}

class TypeReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    if (typeof text !== 'string') this.#fail();
  }

  type(): DataType {
    const word = this.#word().toLowerCase();
    if (word === 'array') return { kind: 'array', element: this.#bracketed(() => this.type()) };
    if (word === 'map') return this.#map();
    if (word === 'struct') return { kind: 'struct', fields: this.#bracketed(() => this.#fields()) };
    if (word === 'decimal' || word === 'numeric') return this.#decimal();
    if (word === 'interval') return this.#interval();
    const kind = ALIASES.get(word) ?? word;
    if (!SIMPLE.has(kind)) this.#fail();
    return { kind: kind as SimpleKind };
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.#fail();
  }

  #map(): DataType {
    return this.#bracketed(() => {
      const key = this.type();
      this.#expect(',');
      return { kind: 'map', key, value: this.type() };
    });
  }

  #decimal(): DataType {
    if (!this.#take('(')) return { kind: 'decimal', precision: 10, scale: 0 };
    const precision = Number(this.#word());
    const scale = this.#take(',') ? Number(this.#word()) : 0;
    this.#expect(')');
    if (!(precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision)) this.#fail();
    return { kind: 'decimal', precision, scale };
  }

  #interval(): DataType {
    const match = /^ +([a-z]+)(?: +to +([a-z]+))?/i.exec(this.#text.slice(this.#at));
    if (!match) return { kind: 'interval' };
    this.#at += match[0].length;
    const [first, last] = [match[1], match[2] ?? match[1]].map((field) => (INTERVAL_FIELDS as readonly string[]).indexOf(field.toLowerCase()));
    if (first < 0 || last < first || first < 2 !== last < 2) this.#fail();
    return { kind: 'interval', from: INTERVAL_FIELDS[first], to: INTERVAL_FIELDS[last] };
  }

  #fields(): StructField[] {
    const fields: StructField[] = [];
    do {
      const name = this.#name();
      this.#expect(':');
      fields.push({ name, type: this.type() });
    } while (this.#take(','));
    return fields;
  }

  #bracketed<T>(body: () => T): T {
    this.#expect('<');
    const result = body();
    this.#expect('>');
    return result;
  }

  #name(): string {
    this.#space();
    if (this.#text[this.#at] === '`') {
      const end = this.#text.indexOf('`', this.#at + 1);
      if (end < 0) this.#fail();
      const name = this.#text.slice(this.#at + 1, end);
      this.#at = end + 1;
      return name;
    }
    const end = this.#text.indexOf(':', this.#at);
    if (end < 0) this.#fail();
    const name = this.#text.slice(this.#at, end).trim();
    this.#at = end;
    return name;
  }

  #word(): string {
    this.#space();
    const match = /^[A-Za-z0-9_]+/.exec(this.#text.slice(this.#at));
    if (!match) this.#fail();
    this.#at += match[0].length;
    return match[0];
  }

  #take(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #expect(char: string): void {
    if (!this.#take(char)) this.#fail();
  }

  #space(): void {
    while (this.#text[this.#at] === ' ') this.#at++;
  }

  #fail(): never {
    throw new MlError(
      'SCHEMA_INVALID',
      `Schema: type must be one of Spark's names (double, int, string, vector, array<double>, decimal(10,2) …), got ${show(this.#text)}`,
      { value: this.#text },
    );
  }
}
