import { type Expression, parts } from '../../../frame/expression.ts';
import type { Plan } from '../../../frame/plan.ts';
import type { Compiler } from '../compiler.ts';
import type { Chunk } from '../duck/chunk.ts';
import { collectResults } from '../duck/collect.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import type { PartOfRows } from '../sources/part-of-rows.ts';

/** Plans whose queries run: programs are forgotten with the plans that call them. */
const inUse = new Set<Plan>();

/** Bytes of rows that are read at once; twice as much is in memory, since the next section is read meanwhile. */
const SECTION_BYTES = 1 << 27;

/**
 * The query's chunks in order; few rows all at once. Over Parquet files they come section by section, each computed as a whole while the one before
 * is used: a stream would keep DuckDB's threads waiting for one another. A `part` of their rows comes all at once.
 */
export async function* chunks(
  { compiler, database }: { compiler: Compiler; database: Database },
  base: Plan,
  sql: string,
  width: number,
  few: boolean,
  options: QueryOptions & { readonly part?: PartOfRows },
): AsyncGenerator<Chunk, void> {
  const leaf = rowWiseLeaf(base);
  const relation = leaf && (await compiler.compile(leaf, options));
  const { part } = options;
  const query = (part && relation && (await compiler.sources.parquet.part(relation, sql, part, options))) ?? sql;
  const sections = relation && !part && (await compiler.sources.parquet.sections(relation, sql, 8 * width, SECTION_BYTES, options));
  inUse.add(base);
  if (!sections) {
    try {
      yield* few || part ? database.whole(query, options) : database.stream(query, Math.max(width, 1), options);
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

/** Operators and functions that look at one row alone, as calls and in SQL text. */
const OF_ROW: ReadonlySet<string> = new Set([
  ...['+', '-', '*', '/', '%', '=', '!=', '<', '<=', '>', '>=', '<=>', 'and', 'or', 'not', 'in', 'between', 'negative'],
  ...['isnull', 'isnotnull', 'isnan', 'coalesce', 'cast', 'try_cast', 'abs', 'floor', 'ceil', 'round', 'sqrt', 'exp', 'ln', 'hash_unit', 'md5'],
  ...['length', 'lower', 'upper', 'trim', 'substr', 'substring', 'contains', 'starts_with', 'like', 'year', 'month', 'day'],
]);

function isRowWise(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
    case 'literal':
    case 'star':
      return true;
    case 'call':
      return OF_ROW.has(expression.name) && expression.args.every(isRowWise);
    case 'alias':
    case 'cast':
    case 'case':
      return parts(expression).every(isRowWise);
    case 'sql':
      return isRowWiseText(expression.text);
    default:
      return false;
  }
}

/** Whether SQL text surely is: one with a query, a window, a comment or an unknown name before a parenthesis counts as none. */
function isRowWiseText(text: string): boolean {
  if (/\b(select|over|from)\b|\/\*|--/i.test(text)) return false;
  return [...text.matchAll(/([\w"'`$]+)\s*\(/g)].every(([, name]) => OF_ROW.has(name.toLowerCase()));
}
