import { MlError, requireMade, show } from '../error.ts';
import { nameHint } from '../param/param.ts';
import { isRecord } from '../param/record.ts';
import { type DataType, isNumeric, type Metadata, parseType, type StructField, typeName } from './types.ts';

export type { Metadata };

export interface Field {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly metadata?: Metadata;
  /** Names of a vector's slots where Spark's attributes drop them (a scaler's output); not part of what is saved. */
  readonly slotNames?: readonly string[];
  /** As {@link StructField.size}. */
  readonly size?: number;
}

/** What users write: `{ age: 'double', id: { type: 'long', nullable: false }, features: { type: 'vector', attributes: {…} } }`. */
export type SchemaLiteral = Readonly<Record<string, string | FieldLiteral>>;
export interface FieldLiteral {
  readonly type: string;
  readonly nullable?: boolean;
  /** Spark's `ml_attr` JSON. */
  readonly attributes?: unknown;
  readonly metadata?: Metadata;
}

/** A column that a stage passed over. */
export interface Lack {
  readonly owner: string;
  readonly stage: string;
  readonly column: string;
}

/** What a column may have to be: a type's kind, `numeric` for any number, `number` for a number or a boolean. */
export type Requirement = DataType['kind'] | 'numeric' | 'number';

/**
 * An ordered, immutable list of named and typed columns. Names are exact: case counts, dots are plain characters. A name that is no
 * column's may be the dotted path to a field of a struct.
 */
export class Schema {
  readonly fields: readonly Field[];
  /** Made when a column is first looked for: stages add columns one by one, to schemas of which only the last is read. */
  #positions: ReadonlyMap<string, readonly number[]> | null = null;

  /** By column that a stage did not make, why. */
  readonly #lacking: ReadonlyMap<string, Lack>;

  constructor(fields: readonly Field[], lacking: ReadonlyMap<string, Lack> = new Map()) {
    requireMade('Schema', Array.isArray(fields), 'Schema.from makes one of a literal');
    this.fields = Object.freeze([...fields]);
    this.#lacking = lacking;
  }

  /** A schema from a literal, or the schema itself. */
  static from(source: Schema | SchemaLiteral): Schema {
    if (source instanceof Schema) return source;
    if (!isRecord(source)) {
      throw new MlError('SCHEMA_INVALID', `Schema: a schema must be an object such as { age: 'double' }, got ${show(source)}`, { value: source });
    }
    return new Schema(Object.entries(source).map(([name, value]) => literalField(name, value)));
  }

  get names(): string[] {
    return this.fields.map((f) => f.name);
  }

  has(name: string): boolean {
    return this.#positions ? this.#positions.has(name) : this.fields.some((f) => f.name === name);
  }

  /** Where the columns called `name` stand. */
  positions(name: string): readonly number[] {
    this.#positions ??= positionsOf(this.fields);
    return this.#positions.get(name) ?? [];
  }

  /** The column called `name`, or the field of a struct at that path, or undefined. A name that stands twice is an error: which one is meant cannot be known. */
  find(name: string): Field | undefined {
    const [at, another] = this.positions(name);
    if (another !== undefined) {
      throw new MlError('COLUMN_AMBIGUOUS', `column ${show(name)} must be unique, but the frame has several; rename them with toDF(…) or drop one`, {
        column: name,
      });
    }
    return at === undefined ? this.#nested(name) : this.fields[at];
  }

  /** Names from a column down to what `name` means: itself alone, or the parts of a path to a field of a struct. */
  path(name: string): readonly string[] | undefined {
    if (typeof name !== 'string') return undefined;
    if (this.positions(name).length > 0) return [name];
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      const owner = this.path(name.slice(0, dot));
      const field = name.slice(dot + 1);
      if (owner && this.#inner(owner)?.some((f) => f.name === field)) return [...owner, field];
    }
    return undefined;
  }

  /** What a struct at the path is made of. */
  #inner([column, ...fields]: readonly string[]): readonly StructField[] | undefined {
    let type: DataType | undefined = this.fields[this.positions(column)[0]]?.type;
    for (const name of fields) type = type?.kind === 'struct' ? type.fields.find((f) => f.name === name)?.type : undefined;
    return type?.kind === 'struct' ? type.fields : undefined;
  }

  #nested(name: string): Field | undefined {
    const path = this.path(name) ?? [];
    const found = path.length > 1 ? this.#inner(path.slice(0, -1))?.find((f) => f.name === path.at(-1)) : undefined;
    return found && { ...found, name, nullable: true };
  }

  /** The column called `name`, which must exist and be one of `kinds` (any type when none is given). */
  require(owner: string, name: string, ...kinds: Requirement[]): Field {
    const field = this.find(name);
    if (!field) throw this.missing(owner, name, kinds);
    if (kinds.length > 0 && !kinds.some((kind) => fits(field.type, kind))) {
      const hint = kinds.includes('vector') && isNumeric(field.type) ? '; assemble it with VectorAssembler' : textHint(field.type, kinds);
      throw new MlError('COLUMN_TYPE', `${owner}: column ${show(name)} must be ${kinds.join(' or ')}, is ${typeName(field.type)}${hint}`, {
        stage: owner,
        column: name,
        value: typeName(field.type),
      });
    }
    return field;
  }

  /** This schema, which knows that a stage passed over an absent column and so did not make `name`: whoever needs that is told of the cause. */
  lacks(name: string, lack: Lack): Schema {
    return new Schema(this.fields, new Map([...this.#lacking, [name, lack]]));
  }

  /** The error for `owner`, which needs the column; where a stage passed over an absent one instead of making it, it is about that. */
  protected missing(owner: string, name: string, kinds: readonly Requirement[]): MlError {
    const lack = this.#lacking.get(name);
    const so = lack ? `, so there is no ${show(name)} for ${owner}` : '';
    const { owner: who, stage, column } = lack ?? { owner, stage: owner, column: name };
    const remedy = kinds[0] === 'vector' ? '; VectorAssembler makes vectors of number columns' : '';
    const message = `${who}: column ${show(column)} does not exist${so}; the frame has ${listNames(this.names)}${remedy}`;
    return new MlError('COLUMN_NOT_FOUND', message, { stage, column });
  }

  /** This schema with one more column at the end; the name must be free. */
  add(owner: string, name: string, type: DataType, options: Partial<Omit<Field, 'name' | 'type'>> = {}): Schema {
    if (this.has(name)) {
      throw new MlError('COLUMN_EXISTS', `${owner}: output column ${show(name)} already exists; choose another name or drop it first`, {
        stage: owner,
        column: name,
      });
    }
    return new Schema([...this.fields, { ...options, name, type, nullable: options.nullable ?? true }], this.#lacking);
  }

  /** This schema with `field` in place of the column of that name, or at the end. */
  with(field: Field): Schema {
    requireMade('Schema', typeof field?.name === 'string', 'a field is { name, type, nullable }');
    const known = this.has(field.name);
    return new Schema(known ? this.fields.map((f) => (f.name === field.name ? field : f)) : [...this.fields, field], this.#lacking);
  }

  /** The literal that {@link Schema.from} reads. */
  toLiteral(): SchemaLiteral {
    const literal: Record<string, string | FieldLiteral> = Object.create(null);
    for (const f of this.fields) {
      const plain = f.nullable && !f.metadata;
      literal[f.name] = plain ? typeName(f.type) : { type: typeName(f.type), nullable: f.nullable, ...(f.metadata && { metadata: f.metadata }) };
    }
    return literal;
  }

  /** The tree that Spark's `printSchema` prints. */
  treeString(): string {
    return ['root', ...this.fields.flatMap((f) => branches(f.name, f.type, `nullable = ${f.nullable}`, ' '))].join('\n');
  }
}

function positionsOf(fields: readonly Field[]): Map<string, number[]> {
  const positions = new Map<string, number[]>();
  for (const [i, { name }] of fields.entries()) {
    const known = positions.get(name);
    if (known) known.push(i);
    else positions.set(name, [i]);
  }
  return positions;
}

/** A column's lines in the tree, and below it those of what it is made of; all that is nested may be null. */
function branches(name: string, type: DataType, note: string, indent: string): string[] {
  const spelled = type.kind === 'int' ? 'integer' : type.kind === 'decimal' || type.kind === 'interval' ? typeName(type) : type.kind;
  const deeper = `${indent}|    `;
  const line = `${indent}|-- ${name}: ${spelled}${note && ` (${note})`}`;
  switch (type.kind) {
    case 'array':
      return [line, ...branches('element', type.element, 'containsNull = true', deeper)];
    case 'map':
      return [line, ...branches('key', type.key, '', deeper), ...branches('value', type.value, 'valueContainsNull = true', deeper)];
    case 'struct':
      return [line, ...type.fields.flatMap((f) => branches(f.name, f.type, 'nullable = true', deeper))];
    default:
      return [line];
  }
}

const FIELD_KEYS = ['type', 'nullable', 'attributes', 'metadata'];

function literalField(name: string, value: string | FieldLiteral): Field {
  if (typeof value === 'string') return { name, type: parseType(value), nullable: true };
  if (typeof value !== 'object' || value === null || typeof value.type !== 'string') {
    throw new MlError(
      'SCHEMA_INVALID',
      `Schema: column ${show(name)} must be a type's name or { type, nullable?, attributes? }, got ${show(value)}`,
      {
        column: name,
      },
    );
  }
  if (value.attributes !== undefined && (typeof value.attributes !== 'object' || value.attributes === null || Array.isArray(value.attributes))) {
    const must = `attributes of column ${show(name)} must be Spark's ml_attr, such as { type: 'nominal', vals: […] }`;
    throw new MlError('SCHEMA_INVALID', `Schema: ${must}, got ${show(value.attributes)}`, { column: name, value: value.attributes });
  }
  const odd = Object.keys(value).find((key) => !FIELD_KEYS.includes(key));
  if (odd !== undefined) {
    const message = `Schema: column ${show(name)} must have no ${odd}; ${nameHint(FIELD_KEYS, odd)}`;
    throw new MlError('SCHEMA_INVALID', message, { column: name });
  }
  if (value.nullable !== undefined && typeof value.nullable !== 'boolean') {
    const message = `Schema: nullable of column ${show(name)} must be true or false, got ${show(value.nullable)}`;
    throw new MlError('SCHEMA_INVALID', message, { column: name, value: value.nullable });
  }
  const metadata = value.attributes === undefined ? value.metadata : { ...value.metadata, ml_attr: value.attributes };
  return { name, type: parseType(value.type), nullable: value.nullable ?? true, metadata };
}

function fits(type: DataType, kind: Requirement): boolean {
  if (kind === 'numeric') return isNumeric(type);
  if (kind === 'number') return isNumeric(type) || type.kind === 'boolean';
  return type.kind === kind;
}

function textHint(type: DataType, kinds: readonly Requirement[]): string {
  const wantsNumber = kinds.some((k) => k === 'numeric' || k === 'number' || k === 'double' || k === 'vector');
  return type.kind === 'string' && wantsNumber ? '; index it with StringIndexer or cast it' : '';
}

/** Names for a message: the first dozen, then how many more. */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'no columns';
  const shown = names.slice(0, 12).join(', ');
  return names.length > 12 ? `${shown} … (${names.length - 12} more)` : shown;
}
