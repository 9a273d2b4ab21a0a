import { show } from '../error.ts';
import { type ColumnField, type ColumnType, fromStored, type LeafName } from './column-type.ts';
import { type LeafData, numberOf, PHYSICAL_TYPES, type PhysicalType, readChunk, struct } from './parquet-pages.ts';
import { ByteReader, readStruct, type ThriftStruct, type ThriftValue } from './thrift.ts';

const MAGIC = 0x31524150;
const ENCRYPTED = 0x45524150;
const MAX_DEPTH = 16;
const MAX_COLUMNS = 100_000;
/** A file may hold this many rows, and this many values of a column, whatever its size, and this many a byte (runs are short). */
const FREE_ROWS = 1_000_000;
const FREE_VALUES = 16_000_000;
const VALUES_PER_BYTE = 64;

/** A node of the file's own schema. */
interface FileNode {
  readonly name: string;
  readonly physical: PhysicalType | null;
  readonly converted: number | null;
  readonly repetition: number;
  readonly children: FileNode[];
  /** Number of the leaf among the file's leaves. */
  readonly leaf: number;
}

const PHYSICAL: Record<LeafName, PhysicalType> = {
  boolean: 'BOOLEAN',
  byte: 'INT32',
  int: 'INT32',
  long: 'INT64',
  float: 'FLOAT',
  double: 'DOUBLE',
  string: 'BYTE_ARRAY',
};
const [REQUIRED, , REPEATED] = [0, 1, 2];

/**
 * The rows of a Parquet file, each the values of `columns` in order (found by name; other columns are passed over). The inverse of
 * `writeParquet`, for files by any writer: types must be the same, nullability and the order of columns may differ.
 * Throws an Error whose message is the reason; trusts nothing in the file.
 */
export async function readParquet(file: Uint8Array, columns: readonly ColumnField[]): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  await visitParquet(file, columns, (row) => rows.push(row));
  return rows;
}

/** Hands the rows of {@link readParquet} over one by one. */
export async function visitParquet(file: Uint8Array, columns: readonly ColumnField[], visit: (row: unknown[]) => void): Promise<void> {
  const footer = readFooter(file);
  const { roots, leaves } = readSchema(footer);
  const budget = { rows: FREE_ROWS + VALUES_PER_BYTE * file.length, values: FREE_VALUES + VALUES_PER_BYTE * file.length };
  const plans = columns.map(([name, type]) => {
    const nodes = roots.filter((node) => node.name === name);
    if (nodes.length === 0 && type.optional) return ABSENT;
    if (nodes.length === 0)
      throw new Error(
        `column ${show(name)} is missing; the table has ${roots
          .map((node) => node.name)
          .slice(0, 12)
          .join(', ')}`,
      );
    if (nodes.length > 1) throw new Error(`column ${show(name)} stands twice`);
    return new ColumnReader(type, nodes[0], name);
  });
  let rows = 0;
  for (const group of list(footer, 4)) {
    const fields = asStruct(group);
    const chunks = list(fields, 1);
    if (chunks.length !== leaves) throw new Error(`Parquet row group has ${chunks.length} columns where the schema has ${leaves}`);
    const count = numberOf(fields, 3);
    budget.rows -= count;
    if (budget.rows < 0) throw new Error(`Parquet says ${count} rows, more than a file of ${file.length} bytes may hold`);
    for (const plan of plans) await plan.load(file, chunks, budget);
    for (let r = 0; r < count; r++) visit(plans.map((plan) => plan.next()));
    for (const plan of plans) plan.end();
    rows += count;
  }
  if (rows !== numberOf(footer, 3)) throw new Error(`Parquet says ${numberOf(footer, 3)} rows, and holds ${rows}`);
}

function readFooter(file: Uint8Array): ThriftStruct {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length >= 4 && view.getUint32(file.length - 4, true) === ENCRYPTED) {
    throw new Error('the Parquet file is encrypted; write the model without encryption');
  }
  if (file.length < 12 || view.getUint32(0, true) !== MAGIC || view.getUint32(file.length - 4, true) !== MAGIC) {
    throw new Error(file.length === 0 ? 'the file is empty' : 'it is not a Parquet file, or it is cut off');
  }
  const length = view.getUint32(file.length - 8, true);
  if (length > file.length - 12) throw new Error('Parquet footer is longer than the file');
  return readStruct(new ByteReader(file.subarray(file.length - 8 - length, file.length - 8)));
}

function readSchema(footer: ThriftStruct): { roots: FileNode[]; leaves: number } {
  const elements = list(footer, 2);
  let at = 0;
  let leaves = 0;
  const node = (depth: number): FileNode => {
    if (depth > MAX_DEPTH || at >= elements.length) throw new Error('Parquet schema is nested too deeply or ends too early');
    const fields = asStruct(elements[at++]);
    const count = fields.has(5) ? numberOf(fields, 5) : 0;
    if (count > MAX_COLUMNS) throw new Error(`Parquet schema has a group of ${count} columns`);
    const type = fields.has(1) ? PHYSICAL_TYPES[numberOf(fields, 1)] : undefined;
    const name = fields.get(4);
    const self = {
      name: name instanceof Uint8Array ? new TextDecoder().decode(name) : '',
      physical: count === 0 ? (type ?? null) : null,
      converted: fields.has(6) ? numberOf(fields, 6) : null,
      repetition: fields.has(3) ? numberOf(fields, 3) : REQUIRED,
      children: [] as FileNode[],
      leaf: count === 0 ? leaves++ : -1,
    };
    for (let c = 0; c < count; c++) self.children.push(node(depth + 1));
    return self;
  };
  const { children } = node(0);
  if (at !== elements.length) throw new Error('Parquet schema has elements left over');
  return { roots: children, leaves };
}

/** A leaf with the place up to which it has been read. */
interface Cursor {
  readonly node: FileNode;
  readonly maxRep: number;
  readonly maxDef: number;
  data: LeafData;
  at: number;
  value: number;
}

const EMPTY: LeafData = { count: 0, reps: null, defs: null, values: [] };

/** Puts the values of one column together from its leaves' levels. */
class ColumnReader {
  readonly #cursors: Cursor[] = [];
  readonly #read: () => unknown;
  readonly #name: string;

  constructor(type: ColumnType, node: FileNode, name: string) {
    this.#name = name;
    this.#read = this.#reader(type, node, 0, 0, name);
  }

  async load(file: Uint8Array, chunks: readonly ThriftValue[], budget: { values: number }): Promise<void> {
    for (const cursor of this.#cursors) {
      const meta = struct(asStruct(chunks[cursor.node.leaf]), 3);
      const data = numberOf(meta, 9);
      const start = meta.has(11) && numberOf(meta, 11) > 0 ? Math.min(numberOf(meta, 11), data) : data;
      const end = start + numberOf(meta, 7);
      if (end > file.length) throw new Error(`Parquet column ${show(this.#name)} lies beyond the end of the file`);
      if (PHYSICAL_TYPES[numberOf(meta, 1)] !== cursor.node.physical) throw new Error(`Parquet column ${show(this.#name)} has two types`);
      const { maxRep, maxDef } = cursor;
      const chunk = { type: cursor.node.physical, codec: numberOf(meta, 4), start, end, numValues: numberOf(meta, 5), maxRep, maxDef };
      cursor.data = await readChunk(file, chunk, budget);
      cursor.at = 0;
      cursor.value = 0;
    }
  }

  next(): unknown {
    for (const cursor of this.#cursors) if (cursor.data.reps && cursor.data.reps[cursor.at] !== 0) this.#fail();
    return this.#read();
  }

  /** Checks that nothing is left. */
  end(): void {
    for (const cursor of this.#cursors) {
      if (cursor.at !== cursor.data.count) this.#fail();
      cursor.data = EMPTY;
    }
  }

  #fail(): never {
    throw new Error(`Parquet column ${show(this.#name)} has levels that do not fit together`);
  }

  #reader(type: ColumnType, node: FileNode, rep: number, def: number, path: string): () => unknown {
    const wrong = (what: string): never => {
      throw new Error(`column ${show(path)} must be ${what}, is ${describe(node)}`);
    };
    if (node.repetition === REPEATED) wrong(type.kind === 'leaf' ? type.name : type.kind);
    const own = def + (node.repetition === REQUIRED ? 0 : 1);
    const first = this.#cursors.length;
    const { build, level } = this.#builder(type, node, rep, own, path, wrong);
    const cursors = this.#cursors.slice(first);
    if (own === def) return build;
    return () => {
      if (cursors[0].at >= cursors[0].data.count) this.#fail();
      if (cursors[0].data.defs![cursors[0].at] >= level) return build();
      if (type.nullable) return this.#skip(cursors);
      throw new Error(`column ${show(path)} must not be null`);
    };
  }

  /** What reads a value that is there, and the definition level from which it is. */
  #builder(type: ColumnType, node: FileNode, rep: number, own: number, path: string, wrong: (what: string) => never) {
    if (type.kind === 'leaf') {
      if (node.physical !== PHYSICAL[type.name] || !sameLeaf(type.name, node)) wrong(type.name);
      const cursor: Cursor = { node, maxRep: rep, maxDef: own, data: EMPTY, at: 0, value: 0 };
      this.#cursors.push(cursor);
      const build = () => {
        if (cursor.at >= cursor.data.count || cursor.value >= cursor.data.values.length) this.#fail();
        cursor.at++;
        return cursor.data.values[cursor.value++];
      };
      return { build, level: own };
    }
    if (type.kind === 'struct') {
      if (node.physical || node.converted !== null) wrong(type.udt ?? 'struct');
      const readers = type.fields.map(([name, inner]) => {
        const child = node.children.find((c) => c.name === name);
        if (!child && inner.optional) return () => null;
        if (!child) throw new Error(`column ${show(path)} must have a field ${name}`);
        return this.#reader(inner, child, rep, own, `${path}.${name}`);
      });
      const build = () =>
        fromStored(
          type.udt,
          readers.map((read) => read()),
        );
      return { build, level: own };
    }
    const group = node.children[0];
    const isMap = type.kind === 'map';
    if (node.children.length !== 1 || group.repetition !== REPEATED) wrong(type.kind);
    const inner = !isMap && isElement(group, node) ? [{ ...group, repetition: REQUIRED }] : group.children;
    if (inner.length !== (isMap ? 2 : 1)) wrong(type.kind);
    const first = this.#cursors.length;
    const parts = isMap ? [type.key, type.value] : [type.element];
    const readers = parts.map((part, p) => this.#reader(part, inner[p], rep + 1, own + 1, `${path}.${inner[p].name}`));
    const cursors = this.#cursors.slice(first);
    const build = () => {
      const { data, at } = cursors[0];
      if (at >= data.count) this.#fail();
      const items: unknown[] = [];
      if (data.defs![at] === own) this.#skip(cursors);
      else {
        do items.push(isMap ? [readers[0](), readers[1]()] : readers[0]());
        while (this.#continues(cursors, rep + 1));
      }
      return isMap ? new Map(items as [unknown, unknown][]) : items;
    };
    return { build, level: own };
  }

  /** Whether another element of the list at this level follows; all leaves must agree. */
  #continues(cursors: readonly Cursor[], rep: number): boolean {
    let more = 0;
    for (const { data, at } of cursors) {
      const level = at < data.count ? data.reps![at] : 0;
      if (level > rep) this.#fail();
      if (level === rep) more++;
    }
    if (more !== 0 && more !== cursors.length) this.#fail();
    return more > 0;
  }

  /** Passes the entry that says that nothing is there. */
  #skip(cursors: readonly Cursor[]): null {
    for (const cursor of cursors) {
      if (cursor.at >= cursor.data.count || cursor.data.defs![cursor.at] === cursor.maxDef) this.#fail();
      cursor.at++;
    }
    return null;
  }
}

/** Reads a column that is not there. */
const ABSENT: Pick<ColumnReader, 'load' | 'next' | 'end'> = { load: async () => undefined, next: () => null, end: () => undefined };

/** Whether what repeats is the list's element itself and not a group around it: so older writers have it, and Spark with `writeLegacyFormat`. */
function isElement(group: FileNode, list: FileNode): boolean {
  return group.physical !== null || group.children.length !== 1 || group.name === 'array' || group.name === `${list.name}_tuple`;
}

function sameLeaf(name: LeafName, { converted }: FileNode): boolean {
  if (name === 'string') return converted === 0;
  if (name === 'byte') return converted === 15;
  return converted === null || (name === 'int' && converted === 17) || (name === 'long' && converted === 18);
}

function describe(node: FileNode): string {
  if (node.physical) return `${node.physical.toLowerCase()}${node.converted === null ? '' : ` (converted type ${node.converted})`}`;
  return `a group of ${node.children
    .map((child) => child.name)
    .slice(0, 12)
    .join(', ')}`;
}

function list(fields: ThriftStruct, id: number): ThriftValue[] {
  const value = fields.get(id);
  if (!Array.isArray(value)) throw new Error(`Parquet footer lacks field ${id}`);
  return value;
}

function asStruct(value: ThriftValue | undefined): ThriftStruct {
  if (!(value instanceof Map)) throw new Error('Parquet header has nonsense where a struct is due');
  return value;
}
