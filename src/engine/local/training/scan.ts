import type { Block, Column } from '../../../block/column.ts';
import { MlError, throwIfAborted } from '../../../error.ts';
import type { Plan } from '../../../frame/plan.ts';
import { startProgram } from '../../../scoring/program.ts';
import type { Compiler } from '../compiler.ts';
import { withViews } from '../duck/bindings.ts';
import type { Chunk } from '../duck/chunk.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { chainOf, chainsBelow } from '../ml/chain.ts';
import { lacksValue, withValue } from '../ml/refused.ts';
import type { PartOfRows } from '../sources/part-of-rows.ts';
import { keepRows } from './keep-rows.ts';
import { readingOf } from './reading.ts';
import { chunks } from './sections.ts';

/** A block of a scan, dropped rows taken out. */
export interface Scanned {
  readonly rows: number;
  readonly firstRow: number;
  readonly columns: readonly Column[];
}

/** Rows of a block, as DuckDB cuts them. */
const BLOCK_ROWS = 2048;
/** Blocks of kept columns that are visited before others, an abort among them, have a turn. */
const BLOCKS_PER_TURN = 16;

/** Takes a block; the scan waits for the promise where there is one. */
type OnBlock = (block: Scanned) => void | Promise<void>;

interface Parts {
  readonly compiler: Compiler;
  readonly database: Database;
}

/**
 * `lent`: blocks are good until `onBlock` returns; their memory is given back at once then, whatever it answers. `part`: only these rows of a plan that
 * is row by row over Parquet files.
 */
interface ScanOptions extends QueryOptions {
  readonly lent?: boolean;
  readonly part?: PartOfRows;
}

/**
 * Visits columns of a plan block by block, in row order, on this thread. A chain of transformers at its end is not run inside the query:
 * the query gives the program's inputs, so that vectors keep their parts.
 */
export async function scan(parts: Parts, plan: Plan, names: readonly string[], options: ScanOptions, onBlock: OnBlock): Promise<void> {
  try {
    await visit(parts, plan, names, options, onBlock, null);
  } catch (error) {
    if (parts.database.isFromFunction(error)) throw await locate(parts, chainOf(plan).base, error, options);
    const column = lacksValue(error);
    if (column !== null) await visit(parts, plan, names, options, () => {}, column);
    throw error;
  }
}

/**
 * The error of a program that refused a value inside a query, where rows come in any order, without their number, and texts as codes of
 * labels. The rows are read again in order, the lowest chain of transformers first, so that the error is about the first such row, always
 * the same, and tells the value.
 */
export async function locate(parts: Parts, plan: Plan, error: unknown, options: QueryOptions): Promise<unknown> {
  try {
    for (const chain of chainsBelow(plan)) {
      const { schema } = await parts.compiler.describe(chain, options);
      await scan(parts, chain, schema.names, { ...options, owner: 'transform' }, () => {});
    }
  } catch (found) {
    return found instanceof MlError ? found : error;
  }
  return error;
}

/** `watched` is a column of the chain's base whose values are read as they are: the one that a program's error is about. */
async function visit(
  { compiler, database }: Parts,
  plan: Plan,
  names: readonly string[],
  options: ScanOptions,
  onBlock: OnBlock,
  watched: string | null,
): Promise<void> {
  const { source, input, program, inputs: wanted, through, few, kept } = await readingOf(compiler, plan, names, options, watched === null);
  const running = startProgram(program);
  const inputs = [...wanted];
  const watching = watched !== null && input.schema.path(watched) ? watched : null;
  if (watching !== null) inputs.push({ column: watching, form: 'values', labels: null, slot: 0 });
  let firstRow = 0;
  let keptRows = 0;
  const visitRows = (columns: readonly Column[], rows: number): void | Promise<void> => {
    const block: Block = { rows, firstRow, columns: new Array(program.slots), keep: null };
    program.inputs.forEach((one, k) => {
      block.columns[one.slot] = columns[k] as Column;
    });
    try {
      running.run(block);
    } catch (error) {
      throw watching === null ? error : withValue(error, watching, columns.at(-1) as Column, firstRow);
    }
    const found = names.map((name) => {
      const slot = program.outputs.get(name);
      return (slot === undefined ? columns[program.inputs.length + through.indexOf(name)] : block.columns[slot]) as Column;
    });
    const { keep } = block as { keep: Uint8Array | null };
    firstRow += rows;
    if (!keep) {
      keptRows += rows;
      return onBlock({ rows, firstRow: keptRows - rows, columns: found });
    }
    const stay = keep.reduce((sum, k) => sum + (k ? 1 : 0), 0);
    if (stay === 0) return;
    keptRows += stay;
    return onBlock({ rows: stay, firstRow: keptRows - stay, columns: found.map((column) => keepRows(column, keep, rows, stay)) });
  };
  const slices = kept && (await kept.slices(inputs, options));
  if (kept && slices) {
    for (let lo = 0; lo < kept.rows; lo += BLOCK_ROWS) {
      if (lo % (BLOCKS_PER_TURN * BLOCK_ROWS) === (BLOCKS_PER_TURN - 1) * BLOCK_ROWS) await new Promise((resolve) => setImmediate(resolve));
      throwIfAborted(options.signal, options.owner);
      const hi = Math.min(lo + BLOCK_ROWS, kept.rows);
      await visitRows(
        slices.map((slice) => slice(lo, hi)),
        hi - lo,
      );
    }
    return;
  }
  const readers = await compiler.transforms.readers(inputs, input, options);
  const list = readers.map((reader, k) => `${reader.sql} AS i${k}`).join(', ') || 'NULL AS none';
  const sql = `SELECT ${list} FROM (${input.sql}) AS t`;
  const visitChunk = (chunk: Chunk) => {
    const columns = readers.map((reader, k) => reader.read(chunk.column(k), chunk.rows, firstRow));
    return visitRows(columns, chunk.rows);
  };
  for await (const chunk of chunks({ compiler, database }, source, sql, readers.length, few, options)) {
    const pause = options.lent ? withViews(() => visitChunk(chunk)) : visitChunk(chunk);
    if (pause) await pause;
    chunk.release();
  }
}
