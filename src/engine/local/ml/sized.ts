import { MlError, show } from '../../../error.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import type { Relation } from '../sql/relation.ts';
import { type Chain, inputColumn } from './chain.ts';

/** Refuses rows that leave a vector column's size open, which the chain must know: there are some, and all hold null. */
export async function checkSized(chain: Chain, input: Relation, database: Database, options: QueryOptions): Promise<void> {
  let schema = input.schema;
  for (const { stage } of chain.stages) {
    for (const name of stage.sizedByRows?.(schema) ?? []) {
      if (!input.schema.path(name)) continue;
      const { sql } = inputColumn(input, name);
      const has = async (condition: string) =>
        (await database.rows(`SELECT true FROM (${input.sql}) AS t WHERE ${condition} LIMIT 1`, [{ kind: 'boolean' }], options)).length > 0;
      if ((await has(`${sql} IS NOT NULL`)) || !(await has('true'))) continue;
      const remedy = 'say the size in its attributes (as VectorSizeHint does)';
      throw new MlError(
        'VALUE_INVALID',
        `${stage.owner ?? stage.uid}: column ${show(name)} must hold a vector in some row, all are null; ${remedy}`,
        {
          stage: stage.uid,
          column: name,
        },
      );
    }
    schema = stage.transformSchema(schema);
  }
}
