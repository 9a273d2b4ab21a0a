import { MlError, show } from '../error.ts';
import { groupMetadata } from '../frame/attributes.ts';
import { type Field, type Lack, type Metadata, type Requirement, Schema } from '../frame/schema.ts';
import type { DataType } from '../frame/types.ts';
import { isVector } from '../linalg/vectors.ts';

/** Names that plain objects have without owning them: a row must own these to have them. */
export const isInherited = (name: string): boolean => name in Object.prototype;

/** The row's value of a key, or of the dotted path to a key of an object that it holds; undefined when the row lacks it. */
export function keyOf(row: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = Object.hasOwn(row, name) || !isInherited(name) ? row[name] : undefined;
  if (value !== undefined) return value;
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const inner = keyOf(row, name.slice(0, dot));
    if (typeof inner !== 'object') continue;
    return inner === null ? null : keyOf(inner as typeof row, name.slice(dot + 1));
  }
  return undefined;
}

/**
 * The schema of one row, found out as stages ask: a key is a column of the type of its value, and a null takes the type that is asked
 * of it. Keys that no stage asks for are no columns. `absent` collects the names asked for that the row lacks; those of `assumed` count as there.
 */
export class RowSchema extends Schema {
  readonly #row: Readonly<Record<string, unknown>>;
  readonly #assumed: ReadonlySet<string>;
  readonly #asked: Map<string, Field>;
  readonly absent: Set<string>;
  /** By column that a stage did not make, why. */
  readonly #lacking: Map<string, Lack>;

  constructor(
    row: Readonly<Record<string, unknown>>,
    assumed: ReadonlySet<string> = new Set(),
    fields: readonly Field[] = [],
    asked = new Map<string, Field>(),
    absent = new Set<string>(),
    lacking = new Map<string, Lack>(),
  ) {
    super(fields);
    this.#row = row;
    this.#assumed = assumed;
    this.#asked = asked;
    this.absent = absent;
    this.#lacking = lacking;
  }

  override has(name: string): boolean {
    return this.find(name) !== undefined;
  }

  override find(name: string): Field | undefined {
    return super.find(name) ?? this.#column(name, []);
  }

  override require(owner: string, name: string, ...kinds: Requirement[]): Field {
    const column = super.find(name) === undefined ? this.#column(name, kinds) : undefined;
    return column ? new Schema([column]).require(owner, name, ...kinds) : super.require(owner, name, ...kinds);
  }

  override add(owner: string, name: string, type: DataType, options: Partial<Omit<Field, 'name' | 'type'>> = {}): Schema {
    const known = this.fields.some((field) => field.name === name);
    // Only a column that a stage made is in the way; the row's own key of that name is passed over.
    return known
      ? super.add(owner, name, type, options)
      : this.#plus([...this.fields, { name, type, ...options, nullable: options.nullable ?? true }]);
  }

  override with(field: Field): Schema {
    const known = this.fields.some(({ name }) => name === field.name);
    return this.#plus(known ? this.fields.map((f) => (f.name === field.name ? field : f)) : [...this.fields, field]);
  }

  override lacks(name: string, lack: Lack): Schema {
    this.#lacking.set(name, lack);
    return this;
  }

  protected override missing(owner: string, name: string): MlError {
    const { owner: who, stage, column } = this.#lacking.get(name) ?? { owner, stage: owner, column: name };
    return new MlError('COLUMN_NOT_FOUND', `${who}: the row must have the key ${show(column)}; use null where its value is unknown`, {
      stage,
      column,
    });
  }

  #plus(fields: readonly Field[]): RowSchema {
    return new RowSchema(this.#row, this.#assumed, fields, this.#asked, this.absent, this.#lacking);
  }

  #column(name: string, kinds: readonly Requirement[]): Field | undefined {
    const known = this.#asked.get(name);
    if (known) return known;
    const own = keyOf(this.#row, name);
    const value = own === undefined && this.#assumed.has(name) ? null : own;
    if (value === undefined) {
      this.absent.add(name);
      return undefined;
    }
    // What a null stands for is open until a stage says which types it takes.
    const field: Field = { name, type: value === null ? typeFor(kinds[0]) : typeOf(value), nullable: true, metadata: metadataOf(value) };
    if (value !== null || kinds.length > 0) this.#asked.set(name, field);
    return field;
  }
}

function typeFor(kind: Requirement | undefined): DataType {
  if (kind === undefined || kind === 'numeric' || kind === 'number') return { kind: 'double' };
  if (kind === 'array') return { kind: 'array', element: { kind: 'string' } };
  if (kind === 'map') return { kind: 'map', key: { kind: 'string' }, value: { kind: 'string' } };
  if (kind === 'struct') return { kind: 'struct', fields: [] };
  if (kind === 'decimal') return { kind: 'decimal', precision: 10, scale: 0 };
  return { kind };
}

/** The type that a value of a row has: numbers are doubles, bigints longs. */
export function typeOf(value: unknown): DataType {
  if (typeof value === 'number') return { kind: 'double' };
  if (typeof value === 'bigint') return { kind: 'long' };
  if (typeof value === 'boolean') return { kind: 'boolean' };
  if (typeof value === 'string') return { kind: 'string' };
  if (isVector(value)) return { kind: 'vector' };
  if (value instanceof Date) return { kind: 'timestamp' };
  if (value instanceof Uint8Array) return { kind: 'binary' };
  if (value instanceof Float64Array || value instanceof Float32Array) return { kind: 'array', element: { kind: 'double' } };
  if (Array.isArray(value)) return { kind: 'array', element: typeOf(value.find((item) => item !== null) ?? '') };
  if (value instanceof Map) return { kind: 'map', key: { kind: 'string' }, value: { kind: 'string' } };
  return { kind: 'struct', fields: [] };
}

function metadataOf(value: unknown): Metadata | undefined {
  return isVector(value) ? groupMetadata({ size: value.size }) : undefined;
}
