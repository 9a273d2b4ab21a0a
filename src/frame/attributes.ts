import type { Field, Metadata } from './schema.ts';

/**
 * What is known of one column or one vector slot, as Spark's ML attributes: `numeric`, `binary` (0/1), or `nominal` (an index
 * into `values`, or one of `numValues` categories without texts). `extra` keeps Spark's other keys (min, max, std, sparsity, ord).
 */
export interface Attribute {
  readonly type: 'numeric' | 'nominal' | 'binary';
  readonly name?: string;
  readonly values?: readonly string[];
  readonly numValues?: number;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** What is known of a vector column: its size, and its slots' attributes when they are known. */
interface AttributeGroup {
  readonly size?: number;
  readonly attributes?: readonly Attribute[];
}

type Json = Readonly<Record<string, unknown>>;

const KNOWN = new Set(['type', 'name', 'vals', 'num_vals', 'idx']);

/** What metadata was read as: stages of a chain ask for the same columns again and again. */
const attributes = new WeakMap<Json, Attribute>();
const groups = new WeakMap<Json, AttributeGroup>();

/** The attribute of a scalar column, or undefined when its metadata has none; one that tells no type is numeric, which Spark leaves out. */
export function attributeOf(field: Field): Attribute | undefined {
  const ml = mlAttr(field);
  if (!ml || 'attrs' in ml || 'num_attrs' in ml) return undefined;
  return remembered(attributes, ml, () => readAttribute(ml, String(ml.type ?? 'numeric')));
}

/** The group of a vector column; empty when its metadata has none. */
export function groupOf(field: Field): AttributeGroup {
  const ml = mlAttr(field);
  return ml ? remembered(groups, ml, () => readGroup(ml)) : {};
}

function remembered<T>(known: WeakMap<Json, T>, ml: Json, read: () => T): T {
  const made = known.get(ml) ?? read();
  known.set(ml, made);
  return made;
}

function readGroup(ml: Json): AttributeGroup {
  const size = typeof ml.num_attrs === 'number' ? ml.num_attrs : undefined;
  if (typeof ml.attrs !== 'object' || ml.attrs === null) return size === undefined ? {} : { size };
  const listed = Object.entries(ml.attrs as Json).flatMap(([type, list]) =>
    Array.isArray(list) ? list.map((attr: Json) => ({ index: Number(attr.idx), attribute: readAttribute(attr, type) })) : [],
  );
  const count = size ?? listed.length;
  const attributes: Attribute[] = Array.from({ length: count }, () => ({ type: 'numeric' }));
  for (const { index, attribute } of listed) if (index >= 0 && index < count) attributes[index] = attribute;
  return { size: count, attributes };
}

/** Metadata of a scalar column with this attribute. */
export function attributeMetadata(attribute: Attribute): Metadata {
  return { ml_attr: writeAttribute(attribute) };
}

/** Metadata of a vector column with this group. */
export function groupMetadata(group: AttributeGroup): Metadata {
  if (!group.attributes) return { ml_attr: group.size === undefined ? {} : { num_attrs: group.size } };
  const attrs: Partial<Record<Attribute['type'], Json[]>> = {};
  group.attributes.forEach((attribute, idx) => {
    const { type: _, ...rest } = writeAttribute(attribute);
    (attrs[attribute.type] ??= []).push({ idx, ...rest });
  });
  return { ml_attr: { num_attrs: group.attributes.length, ...(group.attributes.length > 0 && { attrs }) } };
}

/** A name for every slot of a vector column: the one it came with, its attribute's, or `<column>_<index>`. */
export function featureNames(field: Field, size: number): string[] {
  const { attributes } = groupOf(field);
  return Array.from({ length: size }, (_, j) => field.slotNames?.[j] ?? attributes?.[j]?.name ?? `${field.name}_${j}`);
}

/** How many categories a nominal or binary attribute has, or undefined when unknown. */
export function categories(attribute: Attribute | undefined): number | undefined {
  if (attribute?.type === 'binary') return 2;
  return attribute?.type === 'nominal' ? (attribute.values?.length ?? attribute.numValues) : undefined;
}

function mlAttr(field: Field): Json | undefined {
  const ml = field.metadata?.ml_attr;
  return typeof ml === 'object' && ml !== null ? (ml as Json) : undefined;
}

function readAttribute(json: Json, type: string): Attribute {
  const extra = Object.fromEntries(Object.entries(json).filter(([key]) => !KNOWN.has(key)));
  return {
    type: type === 'nominal' || type === 'binary' ? type : 'numeric',
    ...(typeof json.name === 'string' && { name: json.name }),
    ...(Array.isArray(json.vals) && { values: json.vals.map(String) }),
    ...(typeof json.num_vals === 'number' && { numValues: json.num_vals }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function writeAttribute({ type, name, values, numValues, extra }: Attribute): Json {
  return {
    type,
    ...(name !== undefined && { name }),
    ...(values && { vals: [...values] }),
    ...(numValues !== undefined && { num_vals: numValues }),
    ...extra,
  };
}
