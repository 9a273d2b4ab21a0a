import type { Sink } from '../../../frame/executor.ts';
import type { Plan } from '../../../frame/plan.ts';
import type { Compiler } from '../compiler.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { borders, partitionsOf } from '../partitions.ts';
import type { Relation } from '../sql/relation.ts';
import { writeRelation } from './sinks.ts';

interface Parts {
  readonly compiler: Compiler;
  readonly database: Database;
}

/**
 * Writes a plan's rows, one part file a partition where the plan says how many there are: consecutive rows, shared out evenly. Row
 * by row over Parquet files each part is a query of its own; any other plan is kept in a table first, so that it runs once.
 */
export async function writePlan({ compiler, database }: Parts, plan: Plan, relation: Relation, sink: Sink, options: QueryOptions): Promise<void> {
  let table: string | null = null;
  const queries = async (): Promise<readonly string[]> => {
    const asked = partitionsOf(plan);
    if (asked?.count === 1) return [relation.sql];
    const sections = (await compiler.sections(plan, relation.sql, options)) ?? [relation.sql];
    if (!asked || (asked.atMost && sections.length <= asked.count)) return sections;
    const shares = await compiler.shares(plan, relation.sql, asked.count, options);
    if (shares) return shares;
    table = `written${database.number()}`;
    await database.run(`CREATE TABLE ${table} AS SELECT ${relation.columns.join(', ')} FROM (${relation.sql}) AS t`, options);
    const [row] = await database.rows(`SELECT count(*)::DOUBLE FROM ${table}`, [{ kind: 'double' }], options);
    return borders(row?.[0] as number, asked.count).map(([from, to]) => `SELECT * FROM ${table} WHERE rowid >= ${from} AND rowid < ${to}`);
  };
  try {
    await writeRelation(database, relation, sink, options, queries);
  } finally {
    if (table && !database.closed) await database.run(`DROP TABLE IF EXISTS ${table}`, { owner: options.owner }).catch(() => {});
  }
}
