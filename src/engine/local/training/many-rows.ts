import type { Plan } from '../../../frame/plan.ts';
import { mayDropRows } from '../../../scoring/program.ts';
import type { Compiler } from '../compiler.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { readingOf } from './reading.ts';
import { rowWiseLeaf } from './row-wise.ts';

/**
 * How many rows a plan has that is row by row over Parquet files and whose columns take more than `bytes` as doubles; null for any other plan, where only
 * a program can tell which rows stay, and where `wanted` rows of such columns are no small part of those bytes.
 */
export async function manyRows(
  { compiler, database }: { compiler: Compiler; database: Database },
  plan: Plan,
  names: readonly string[],
  { bytes, wanted }: { readonly bytes: number; readonly wanted: number },
  options: QueryOptions,
): Promise<number | null> {
  if (!rowWiseLeaf(plan)) return null;
  const { source, input, program, inputs } = await readingOf(compiler, plan, names, options, false);
  const leaf = rowWiseLeaf(source);
  if (!leaf || program.steps.some(mayDropRows)) return null;
  const most = bytes / (8 * inputs.length);
  if (4 * wanted > most) return null;
  const read = await compiler.sources.parquet.rows(await compiler.compile(leaf, options), input.sql, options);
  if (read === null || read <= most) return null;
  const [row] = await database.rows(`SELECT count(*)::DOUBLE FROM (${input.sql}) AS t`, [{ kind: 'double' }], options);
  const rows = row?.[0] as number;
  return rows > most ? rows : null;
}
