import { MlError, show } from '../../../error.ts';
import type { Plan, TransformStage } from '../../../frame/plan.ts';
import type { Schema } from '../../../frame/schema.ts';
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

  /** `input`, the rows of the chain's base, with the sizes that its stages ask for. A column of rows that hold no vector at all is an error. */
  async sized(chain: Chain, input: Relation, options: QueryOptions): Promise<Relation> {
    let sized = input.schema;
    let schema = input.schema;
    for (const { stage } of chain.stages) {
      for (const name of stage.sizedByRows?.(schema) ?? []) {
        if (!input.schema.path(name)) continue;
        const size = await this.size(chain.base, input, name, options);
        if (size === null && (await this.#hasRows(input, options))) throw unsized(stage, name);
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

  async #hasRows(input: Relation, options: QueryOptions): Promise<boolean> {
    return (await this.#database.rows(`SELECT true FROM (${input.sql}) AS t LIMIT 1`, [{ kind: 'boolean' }], options)).length > 0;
  }
}

/** `schema`, which knows the size of a column's vectors. Fields of structs have no place for it. */
export function withSize(schema: Schema, name: string, size: number | null): Schema {
  const field = schema.has(name) && schema.find(name);
  return field && size !== null ? schema.with({ ...field, size }) : schema;
}

function unsized({ owner, uid }: TransformStage, column: string): MlError {
  const remedy = 'say the size in its attributes (as VectorSizeHint does)';
  const message = `${owner ?? uid}: column ${show(column)} must hold a vector in some row, all are null; ${remedy}`;
  return new MlError('VALUE_INVALID', message, { stage: uid, column });
}
