import type { DataType } from '../../../frame/types.ts';
import { text } from './duck-type.ts';
import { type Typed, typeError } from './typed.ts';

/** Whether nulls may stand within values of the type: DuckDB has them last there, Spark first. */
export const isNested = (type: DataType): boolean => type.kind === 'array' || type.kind === 'struct';

/** SQL of something that DuckDB orders as Spark orders the value: each part of an array or struct goes behind whether it is there. */
export function orderKey({ sql, type }: Pick<Typed, 'sql' | 'type'>, depth = 0): string {
  if (type.kind === 'array') {
    const item = `k${depth}_`;
    return `list_transform(${sql}, lambda ${item}: {'n': ${item} IS NOT NULL, 'v': ${orderKey({ sql: item, type: type.element }, depth + 1)}})`;
  }
  if (type.kind !== 'struct') return sql;
  const parts = type.fields.map((field, j) => {
    const part = `struct_extract(${sql}, ${text(field.name)})`;
    return `'n${j}': ${part} IS NOT NULL, 'v${j}': ${orderKey({ sql: part, type: field.type }, depth)}`;
  });
  return `CASE WHEN ${sql} IS NOT NULL THEN {${parts.join(', ')}} END`;
}

/** The items of an array in their order; null ones at its beginning, or at its end. */
export function sortedList(list: string, element: DataType, descending: boolean, nulls: 'FIRST' | 'LAST'): string {
  const direction = descending ? 'DESC' : 'ASC';
  if (!isNested(element)) return `list_sort(${list}, '${direction}', 'NULLS ${nulls}')`;
  const there = descending === (nulls === 'LAST') ? 'IS NOT NULL' : 'IS NULL';
  const keyed = `list_transform(${list}, lambda o_: {'n': o_ ${there}, 'k': ${orderKey({ sql: 'o_', type: element })}, 'v': o_})`;
  return `list_transform(list_sort(${keyed}, '${direction}', 'NULLS ${nulls}'), lambda o_: o_.v)`;
}

/** Types that hold maps, vectors or matrices have no order. */
export function checkOrdered(owner: string, type: DataType): void {
  const unordered = (part: DataType): boolean => {
    if (part.kind === 'array') return unordered(part.element);
    if (part.kind === 'struct') return part.fields.some((field) => unordered(field.type));
    return part.kind === 'map' || part.kind === 'vector' || part.kind === 'matrix';
  };
  if (unordered(type)) throw typeError(owner, 'a type with an order', type);
}
