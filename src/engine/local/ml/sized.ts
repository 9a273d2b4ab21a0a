import type { Plan } from '../../../frame/plan.ts';
import type { Schema } from '../../../frame/schema.ts';
import type { StructField } from '../../../frame/types.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import type { Relation } from '../sql/relation.ts';
import { type Chain, inputColumn } from './chain.ts';

/** Sizes of vector columns that only their rows tell: the first vector's, looked up once for a plan. */
export class VectorSizes {
  readonly #database: Database;
  readonly #known = new WeakMap<Plan, Map<string, Promise<number | null>>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** `input`, the rows of the chain's base, with the sizes that its stages ask for. */
  async sized(chain: Chain, input: Relation, options: QueryOptions): Promise<Relation> {
    let sized = input.schema;
    let schema = input.schema;
    for (const { stage } of chain.stages) {
      for (const name of stage.sizedByRows?.(schema) ?? []) {
        if (!input.schema.path(name)) continue;
        const size = await this.size(chain.base, input, name, options);
        sized = withSize(sized, name, size);
        schema = withSize(schema, name, size);
      }
      schema = stage.transformSchema(schema);
    }
    return sized === input.schema ? input : { ...input, schema: sized };
  }

  /** The size of the first vector in a column of `input`, which is what `plan` gives; null when it holds none. */
  size(plan: Plan, input: Relation, name: string, options: QueryOptions): Promise<number | null> {
    const sizes = this.#known.get(plan) ?? new Map<string, Promise<number | null>>();
    this.#known.set(plan, sizes);
    const known = sizes.get(name) ?? this.#find(input, name, options);
    sizes.set(name, known);
    known.catch(() => sizes.delete(name));
    return known;
  }

  async #find(input: Relation, name: string, options: QueryOptions): Promise<number | null> {
    const { sql } = inputColumn(input, name);
    const size = `CASE ${sql}."type" WHEN 0 THEN ${sql}."size" ELSE len(${sql}."values") END::INTEGER`;
    const query = `SELECT ${size} FROM (${input.sql}) AS t WHERE ${sql} IS NOT NULL LIMIT 1`;
    const [row] = await this.#database.rows(query, [{ kind: 'int' }], options);
    return (row?.[0] as number | undefined) ?? null;
  }
}

/** `schema`, which knows the size of a column's vectors, or of a struct's field. */
export function withSize(schema: Schema, name: string, size: number | null): Schema {
  const [column, ...path] = schema.path(name) ?? [];
  const field = size !== null && column !== undefined && schema.find(column);
  return field ? schema.with(sizedField(field, path, size)) : schema;
}

function sizedField<F extends StructField>(field: F, [inner, ...path]: readonly string[], size: number): F {
  if (inner === undefined || field.type.kind !== 'struct') return { ...field, size };
  const fields = field.type.fields.map((f) => (f.name === inner ? sizedField(f, path, size) : f));
  return { ...field, type: { kind: 'struct', fields } };
}
