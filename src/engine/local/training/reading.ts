import type { Plan } from '../../../frame/plan.ts';
import { type Program, type ProgramInput, pruneProgram } from '../../../scoring/program.ts';
import type { Compiler } from '../compiler.ts';
import type { QueryOptions } from '../duck/database.ts';
import { bindChain, type Chain, chainOf, inputColumn } from '../ml/chain.ts';
import { narrow } from '../ml/narrow.ts';
import { plainInput } from '../ml/program-inputs.ts';
import type { Relation } from '../sql/relation.ts';
import type { KeptColumns } from './kept-columns.ts';
import { rowWiseLeaf } from './row-wise.ts';

/** How columns of a plan are read: a query gives what the program at the plan's end takes. */
export interface Reading {
  /** The plan of the query, and its relation. */
  readonly source: Plan;
  readonly input: Relation;
  readonly program: Program;
  /** The query's columns: what the program takes, then the columns wanted that it does not make (`through`). */
  readonly inputs: readonly ProgramInput[];
  readonly through: readonly string[];
  /** Whether the rows are few, and kept already; their columns where those are kept too. */
  readonly few: boolean;
  readonly kept: KeptColumns | null;
}

/** `mayKeep`: whether columns of a cached frame of few rows may be kept, and come from there. */
export async function readingOf(compiler: Compiler, plan: Plan, names: readonly string[], options: QueryOptions, mayKeep: boolean): Promise<Reading> {
  const schema = (await compiler.describe(plan, options)).schema;
  for (const name of names) schema.require(options.owner, name);
  const chain = await chainUnder(compiler, plan, names, options);
  const bare = chain.stages.length === 0 && !chain.cached;
  const few = await compiler.hasFewRows(chain.base);
  const kept = mayKeep ? await compiler.keptColumns(chain) : null;
  // A cached frame's rows are not kept twice: what is read here over plain files, or a few rows kept below, goes into a training set, and that is
  // kept.
  const direct = chain.cached && !kept && (rowWiseLeaf(chain.base) !== null || (few && chain.base.op === 'filter'));
  const source = bare ? narrow(plan, new Set(names)) : chain.base;
  const from = bare || direct ? await compiler.compile(source, options) : await compiler.base(chain, options);
  const input = await compiler.transforms.sizes.sized(chain, from, options);
  const program = pruneProgram(bindChain(chain, input.schema).program, new Set(names));
  const through = [...new Set(names.filter((name) => !program.outputs.has(name)))];
  const inputs = [...program.inputs, ...through.map((name) => plainInput(inputColumn(input, name).field))];
  return { source, input, program, inputs, through, few, kept };
}

/** The chain at the plan's end, or the one under selections of columns above it: no vector need be written out to be selected. */
async function chainUnder(compiler: Compiler, plan: Plan, names: readonly string[], options: QueryOptions): Promise<Chain> {
  const chain = chainOf(plan);
  if (chain.stages.length > 0 || (chain.cached && rowWiseLeaf(chain.base) === null)) return chain;
  let under = chain.base;
  for (;;) {
    if (under.op === 'drop' && !under.columns) under = under.input;
    else if (under.op === 'project' && (await selects(compiler, under, names, options))) under = under.input;
    else break;
  }
  const below = chainOf(under);
  return below.stages.length > 0 ? below : chain;
}

/** Whether the columns asked for are columns of the input, under their own names. */
async function selects(
  compiler: Compiler,
  plan: Extract<Plan, { op: 'project' }>,
  names: readonly string[],
  options: QueryOptions,
): Promise<boolean> {
  const { schema } = await compiler.describe(plan.input, options);
  return names.every((name) => {
    const [column, ...more] = plan.columns.filter((c) => c.kind !== 'column' || c.name === name);
    return more.length === 0 && column?.kind === 'column' && column.of === undefined && schema.has(name);
  });
}
