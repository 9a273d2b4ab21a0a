import { MlError, show } from '../error.ts';
import { type ColumnField, type ColumnType, type LeafName, sparkStruct, toStored } from './column-type.ts';
import { crc32 } from './crc32.ts';
import { ByteWriter, type ThriftField, writeStruct } from './thrift.ts';

/** Parquet's numbers: physical types, repetitions, converted types. */
const PHYSICAL: Record<LeafName, number> = { boolean: 0, byte: 1, int: 1, long: 2, float: 4, double: 5, string: 6 };
const CONVERTED: Partial<Record<LeafName, number>> = { string: 0, byte: 15 };
const [REQUIRED, OPTIONAL, REPEATED] = [0, 1, 2];
const [MAP, LIST] = [1, 3];
const MAGIC = new TextEncoder().encode('PAR1');

/** The values of one leaf in Dremel's form, as they are written: a repetition and a definition level an entry, and the values that are there. */
class Leaf {
  readonly path: readonly string[];
  readonly type: LeafName;
  readonly reps: LevelRuns | null;
  readonly defs: LevelRuns | null;
  readonly values = new ByteWriter();
  entries = 0;
  #bits = 0;
  #bitCount = 0;

  constructor(path: readonly string[], type: LeafName, maxRep: number, maxDef: number) {
    this.path = path;
    this.type = type;
    this.reps = maxRep > 0 ? new LevelRuns() : null;
    this.defs = maxDef > 0 ? new LevelRuns() : null;
  }

  /** An entry; a value follows it where one is there. */
  level(rep: number, def: number): void {
    this.reps?.add(rep);
    this.defs?.add(def);
    this.entries++;
  }

  value(value: unknown): void {
    const { values, type } = this;
    const fits =
      type === 'string'
        ? typeof value === 'string'
        : type === 'boolean'
          ? typeof value === 'boolean'
          : type === 'long'
            ? typeof value === 'bigint'
            : typeof value === 'number' && (type === 'double' || type === 'float' || Number.isInteger(value));
    if (!fits) {
      const { path } = this;
      throw new MlError('VALUE_INVALID', `save: column ${show(path.join('.'))} must hold ${type}, got ${show(value)}`, { column: path[0] });
    }
    if (type === 'string') {
      const bytes = encoder.encode(value as string);
      values.int32(bytes.length);
      values.put(bytes);
    } else if (type === 'boolean') {
      if (value) this.#bits |= 1 << this.#bitCount;
      if (++this.#bitCount === 8) this.flush();
    } else if (type === 'double') values.float64(value as number);
    else if (type === 'long') values.int64(value as bigint);
    else if (type === 'float') values.float32(value as number);
    else values.int32(value as number);
  }

  /** Writes the bits of the last truth values. */
  flush(): void {
    if (this.#bitCount > 0) this.values.byte(this.#bits);
    this.#bits = this.#bitCount = 0;
  }
}

/** Levels as runs; every level fits one byte. */
class LevelRuns {
  readonly #runs = new ByteWriter();
  #level = 0;
  #count = 0;

  add(level: number): void {
    if (level !== this.#level) this.#end();
    this.#level = level;
    this.#count++;
  }

  /** Puts the runs after their length in bytes. */
  writeTo(page: ByteWriter): void {
    this.#end();
    page.int32(this.#runs.length);
    page.put(this.#runs.bytes);
  }

  #end(): void {
    if (this.#count === 0) return;
    this.#runs.varint(2 * this.#count);
    this.#runs.byte(this.#level);
    this.#count = 0;
  }
}

const encoder = new TextEncoder();

/**
 * A Parquet file of these columns and rows (each row the columns' values in order), as Spark reads it: one row group, one plain
 * uncompressed page a column, and Spark's schema in the footer. The same rows give the same bytes. Structs are arrays of their
 * fields' values, maps are Maps, vectors and matrices are themselves.
 */
export function writeParquet(columns: readonly ColumnField[], rows: Iterable<readonly unknown[]>, sparkVersion: string): Uint8Array {
  const schema: ThriftField[][] = [
    [
      [4, 'string', 'spark_schema'],
      [5, 'i32', columns.length],
    ],
  ];
  const leaves: Leaf[] = [];
  const writers = columns.map(([name, type]) => columnWriter(schema, leaves, [name], type, 0, 0));
  let count = 0;
  for (const row of rows) {
    if (row.length !== columns.length) throw new MlError('VALUE_INVALID', `save: row ${count} must have ${columns.length} values, got ${row.length}`);
    writers.forEach((write, c) => {
      write(row[c], 0);
    });
    count++;
  }

  const out = new ByteWriter();
  out.put(MAGIC);
  const chunks = leaves.map((leaf) => writeChunk(out, leaf));
  const total = out.length - MAGIC.length;
  const footerStart = out.length;
  writeStruct(out, [
    [1, 'i32', 1],
    [2, 'structs', schema],
    [3, 'i64', count],
    [
      4,
      'structs',
      [
        [
          [1, 'structs', chunks],
          [2, 'i64', total],
          [3, 'i64', count],
        ],
      ],
    ],
    [
      5,
      'structs',
      [
        keyValue('org.apache.spark.version', sparkVersion),
        keyValue('org.apache.spark.sql.parquet.row.metadata', JSON.stringify(sparkStruct(columns))),
      ],
    ],
    [6, 'string', 'millstream version 0.1.0'],
  ]);
  out.int32(out.length - footerStart);
  out.put(MAGIC);
  return out.bytes.slice();
}

function keyValue(key: string, value: string): ThriftField[] {
  return [
    [1, 'string', key],
    [2, 'string', value],
  ];
}

/** Appends the column's schema and leaves, and returns what takes its values; `rep` and `def` are the levels of what encloses it. */
function columnWriter(
  schema: ThriftField[][],
  leaves: Leaf[],
  path: readonly string[],
  type: ColumnType,
  rep: number,
  def: number,
): (value: unknown, at: number) => void {
  const own = def + (type.nullable ? 1 : 0);
  const name = path[path.length - 1];
  const first = leaves.length;
  const element = (fields: Partial<{ type: number; repetition: number; children: number; converted: number }>, elementName = name): void => {
    schema.push([
      [1, 'i32', fields.type],
      [3, 'i32', fields.repetition ?? (type.nullable ? OPTIONAL : REQUIRED)],
      [4, 'string', elementName],
      [5, 'i32', fields.children],
      [6, 'i32', fields.converted],
    ]);
  };
  /** An entry in all leaves of this column where nothing is. */
  const absent = (at: number, level: number) => {
    for (let l = first; l < last; l++) leaves[l].level(at, level);
  };
  let present: (value: unknown, at: number) => void;
  if (type.kind === 'leaf') {
    element({ type: PHYSICAL[type.name], converted: CONVERTED[type.name] });
    const leaf = new Leaf(path, type.name, rep, own);
    leaves.push(leaf);
    present = (value, at) => {
      leaf.level(at, own);
      leaf.value(value);
    };
  } else if (type.kind === 'struct') {
    element({ children: type.fields.length });
    const writers = type.fields.map(([field, inner]) => columnWriter(schema, leaves, [...path, field], inner, rep, own));
    present = (value, at) => {
      const fields = toStored(type.udt, value);
      writers.forEach((write, f) => {
        write(fields[f], at);
      });
    };
  } else {
    const isMap = type.kind === 'map';
    const group = isMap ? 'key_value' : 'list';
    element({ children: 1, converted: isMap ? MAP : LIST });
    element({ repetition: REPEATED, children: isMap ? 2 : 1 }, group);
    const parts: ColumnField[] = isMap
      ? [
          ['key', type.key],
          ['value', type.value],
        ]
      : [['element', type.element]];
    const writers = parts.map(([part, inner]) => columnWriter(schema, leaves, [...path, group, part], inner, rep + 1, own + 1));
    present = (value, at) => {
      let next = at;
      for (const item of value as Iterable<unknown>) {
        const values = isMap ? (item as readonly unknown[]) : [item];
        for (let p = 0; p < writers.length; p++) writers[p](values[p], next);
        next = rep + 1;
      }
      if (next === at) absent(at, own);
    };
  }
  const last = leaves.length;
  return (value, at) => {
    if (value !== null && value !== undefined) present(value, at);
    else if (type.nullable) absent(at, own - 1);
    else throw new MlError('VALUE_INVALID', `save: column ${show(path.join('.'))} must not be null`, { column: path[0] });
  };
}

/** Writes a column's one page, and returns the footer's entry for it. */
function writeChunk(out: ByteWriter, leaf: Leaf): ThriftField[] {
  const page = new ByteWriter();
  leaf.reps?.writeTo(page);
  leaf.defs?.writeTo(page);
  leaf.flush();
  page.put(leaf.values.bytes);
  const start = out.length;
  writeStruct(out, [
    [1, 'i32', 0], // a data page
    [2, 'i32', page.length],
    [3, 'i32', page.length],
    [4, 'i32', crc32(page.bytes)],
    [
      5,
      'struct',
      [
        [1, 'i32', leaf.entries],
        [2, 'i32', 0], // PLAIN
        [3, 'i32', 3], // RLE
        [4, 'i32', 3],
      ],
    ],
  ]);
  out.put(page.bytes);
  const size = out.length - start;
  return [
    [2, 'i64', start],
    [
      3,
      'struct',
      [
        [1, 'i32', PHYSICAL[leaf.type]],
        [2, 'i32s', [0, 3]],
        [3, 'strings', leaf.path],
        [4, 'i32', 0], // uncompressed
        [5, 'i64', leaf.entries],
        [6, 'i64', size],
        [7, 'i64', size],
        [9, 'i64', start],
      ],
    ],
  ];
}
