import { type DataType, STRING } from '../../../frame/types.ts';
import type { AggregateRequest, Level } from '../../engine.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { inputColumn } from '../ml/chain.ts';
import { textSql } from '../sql/cast.ts';
import { doubleSql } from '../sql/literal.ts';
import type { Relation } from '../sql/relation.ts';

const DOUBLE: DataType = { kind: 'double' };
const COUNTS: DataType = { kind: 'map', key: STRING, value: { kind: 'long' } };
/** Columns of one query with a grouping set each. */
const SETS = 30;

/** Distinct values of columns as texts with their counts, nulls left out, in any order. `few`: there are few rows. */
export function levels(database: Database, relation: Relation, columns: readonly string[], few: boolean, options: QueryOptions): Promise<Level[][]> {
  return few ? fewLevels(database, relation, columns, options) : manyLevels(database, relation, columns, options);
}

/** All columns in one pass without a hash table for each, whose making takes longer than few rows. */
async function fewLevels(database: Database, relation: Relation, columns: readonly string[], options: QueryOptions): Promise<Level[][]> {
  const counts = columns.map((name) => {
    const { sql, type } = sqlOf(relation, name, options.owner);
    return `histogram(${textSql(sql, type)})`;
  });
  const sql = `SELECT ${counts.join(', ')} FROM (${relation.sql}) AS t`;
  const [row = []] = await database.rows(
    sql,
    counts.map(() => COUNTS),
    options,
  );
  return row.map((found) => [...((found ?? []) as Map<string, number>)].map(([text, count]) => ({ text, count: Number(count) })));
}

/** One pass over the rows for up to 30 columns; spills. */
async function manyLevels(database: Database, relation: Relation, columns: readonly string[], options: QueryOptions): Promise<Level[][]> {
  const found: Level[][] = columns.map(() => []);
  for (let from = 0; from < columns.length; from += SETS) {
    const some = columns.slice(from, from + SETS).map((name) => groupable(sqlOf(relation, name, options.owner)));
    const names = some.map((_, k) => `x${k}`);
    const inner = `SELECT ${some.map(({ sql }, k) => `${sql} AS x${k}`).join(', ')} FROM (${relation.sql}) AS t`;
    const grouped = `SELECT ${names.join(', ')}, grouping(${names.join(', ')}) AS g, count(*) AS n FROM (${inner}) AS t GROUP BY GROUPING SETS (${names.map((x) => `(${x})`).join(', ')})`;
    // Bit k (from the left) of `g` is 0 in the set of column k.
    const all = 2 ** some.length - 1;
    const cases = some.map(({ type }, k) => `WHEN ${all - 2 ** (some.length - 1 - k)} THEN ${textSql(`x${k}`, type)}`);
    const position = some.map((_, k) => `WHEN ${all - 2 ** (some.length - 1 - k)} THEN ${k}`);
    const sql = `SELECT CASE g ${position.join(' ')} END::INTEGER AS k, CASE g ${cases.join(' ')} END AS v, n::DOUBLE FROM (${grouped}) AS t WHERE v IS NOT NULL`;
    for (const [k, text, count] of await database.rows(sql, [{ kind: 'int' }, STRING, DOUBLE], options)) {
      found[from + (k as number)].push({ text: text as string, count: count as number });
    }
  }
  return found;
}

/** DuckDB takes -0.0 and 0.0 for one value, which are two texts: fractions are grouped by their text. */
function groupable({ sql, type }: { sql: string; type: DataType }): { sql: string; type: DataType } {
  return type.kind === 'double' || type.kind === 'float' ? { sql: textSql(sql, type), type: STRING } : { sql, type };
}

/** Order-free aggregates of numeric columns, in one query but for modes; nulls and NaN are skipped. */
export async function aggregate(
  database: Database,
  relation: Relation,
  requests: readonly AggregateRequest[],
  options: QueryOptions,
): Promise<(number | null)[]> {
  const results = new Array<number | null>(requests.length).fill(null);
  const simple = requests.flatMap((request, at) => (request.of === 'mode' ? [] : [{ request, at }]));
  if (simple.length > 0) {
    const list = simple.map(({ request }) => {
      const x = `CAST(${sqlOf(relation, request.column, options.owner).sql} AS DOUBLE)`;
      return `CAST(${call(request, x)} FILTER (WHERE ${counts(request, x)}) AS DOUBLE)`;
    });
    const [row = []] = await database.rows(
      `SELECT ${list.join(', ')} FROM (${relation.sql}) AS t`,
      list.map(() => DOUBLE),
      options,
    );
    simple.forEach(({ at }, k) => {
      results[at] = row[k] as number | null;
    });
  }
  for (const [at, request] of requests.entries()) {
    if (request.of !== 'mode') continue;
    const x = `CAST(${sqlOf(relation, request.column, options.owner).sql} AS DOUBLE)`;
    const inner = `SELECT x, count(*) AS n FROM (SELECT ${x} AS x FROM (${relation.sql}) AS t WHERE ${counts(request, x)}) AS t GROUP BY x`;
    const [row] = await database.rows(`SELECT x FROM (${inner}) AS t ORDER BY n DESC, x LIMIT 1`, [DOUBLE], options);
    results[at] = (row?.[0] as number | undefined) ?? null;
  }
  return results;
}

function call({ of, p = 0 }: AggregateRequest, x: string): string {
  if (of === 'count') return 'count(*)';
  return of === 'quantile' ? `quantile_disc(${x}, ${doubleSql(p)})` : `${of}(${x})`;
}

function counts({ except }: AggregateRequest, x: string): string {
  const known = `${x} IS NOT NULL AND NOT isnan(${x})`;
  return except === undefined || Number.isNaN(except) ? known : `${known} AND ${x} <> ${doubleSql(except)}`;
}

function sqlOf(relation: Relation, name: string, owner: string): { sql: string; type: DataType } {
  relation.schema.require(owner, name);
  const { field, sql } = inputColumn(relation, name);
  return { sql, type: field.type };
}
