import type { Expression } from '../../../frame/expression.ts';
import type { Plan } from '../../../frame/plan.ts';
import type { Compiler } from '../compiler.ts';
import type { Chunk } from '../duck/chunk.ts';
import { collectResults } from '../duck/collect.ts';
import type { Database, QueryOptions } from '../duck/database.ts';

/** Plans whose queries run: programs are forgotten with the plans that call them. */
const inUse = new Set<Plan>();

/** Bytes of rows that are read at once; twice as much is in memory, since the next section is read meanwhile. */
const SECTION_BYTES = 1 << 27;

/**
 * The query's chunks in order; few rows all at once. Over Parquet files they come section by section, each computed as a whole while the one before is used:
 * a stream would keep DuckDB's threads waiting for one another.
 */
export async function* chunks(
  { compiler, database }: { compiler: Compiler; database: Database },
  base: Plan,
  sql: string,
  width: number,
  few: boolean,
  options: QueryOptions,
): AsyncGenerator<Chunk, void> {
  const leaf = rowWiseLeaf(base);
  const relation = leaf && (await compiler.compile(leaf, options));
  const sections = relation && (await compiler.sources.parquet.sections(relation, sql, 8 * width, SECTION_BYTES, options));
  inUse.add(base);
  if (!sections) {
    try {
      yield* few ? database.whole(sql, options) : database.stream(sql, Math.max(width, 1), options);
    } finally {
      inUse.delete(base);
    }
    return;
  }
  const start = (k: number) => {
    const section = sections[k];
    const result = section === undefined ? null : database.result(section, options);
    result?.catch(() => {});
    return result;
  };
  try {
    let next = start(0);
    for (let k = 1; next; k++) {
      const chunksOf = await next;
      next = start(k);
      yield* chunksOf();
      collectResults();
    }
  } finally {
    inUse.delete(base);
  }
}

/** The Parquet source under steps that make each row of one row; null for any other plan. */
export function rowWiseLeaf(plan: Plan): Plan | null {
  switch (plan.op) {
    case 'read':
      return plan.format === 'parquet' ? plan : null;
    case 'rename':
    case 'toDF':
    case 'drop':
    case 'alias':
    case 'repartition':
    case 'fill':
    case 'replace':
    case 'transform':
      return rowWiseLeaf(plan.input);
    case 'filter':
      return isRowWise(plan.condition) ? rowWiseLeaf(plan.input) : null;
    case 'project':
      return plan.columns.every(isRowWise) ? rowWiseLeaf(plan.input) : null;
    case 'withColumns':
      return plan.columns.every((c) => isRowWise(c.value)) ? rowWiseLeaf(plan.input) : null;
    default:
      return null;
  }
}

const OPERATORS: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '<=>',
  'and',
  'or',
  'not',
  'negative',
  'abs',
  'floor',
]);

function isRowWise(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
    case 'literal':
    case 'star':
      return true;
    case 'alias':
    case 'cast':
      return isRowWise(expression.child);
    case 'call':
      return OPERATORS.has(expression.name) && expression.args.every(isRowWise);
    default:
      return false;
  }
}
