import type { Plan } from '../../../frame/plan.ts';
import type { Compiler } from '../compiler.ts';
import type { Chunk } from '../duck/chunk.ts';
import { collectResults } from '../duck/collect.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import type { PartOfRows } from '../sources/part-of-rows.ts';
import { rowWiseLeaf } from './row-wise.ts';

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
  try {
    if (sections) yield* inSections(database, sections, options);
    else yield* few || part ? database.whole(query, options) : database.stream(query, Math.max(width, 1), options);
  } finally {
    inUse.delete(base);
  }
}

/** Chunks of one query after the other; each begins while those of the one before are used. */
async function* inSections(database: Database, sections: readonly string[], options: QueryOptions): AsyncGenerator<Chunk, void> {
  const start = (k: number) => {
    const result = k < sections.length ? database.result(sections[k], options) : null;
    result?.catch(() => {});
    return result;
  };
  let next = start(0);
  for (let k = 1; next; k++) {
    const chunksOf = await next;
    next = start(k);
    yield* chunksOf();
    collectResults();
  }
}
