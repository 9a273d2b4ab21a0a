import type { Column, VectorPart } from '../block/column.ts';
import type { Engine, ScannedBlock, TrainingContext } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { throwIfAborted } from '../error.ts';
import type { FitOptions } from '../frame/executor.ts';
import { Frame } from '../frame/frame.ts';
import type { Plan, TransformStage } from '../frame/plan.ts';
import { bindProgram } from '../scoring/bind.ts';
import { mayDropRows, type Program, pruneProgram, startProgram } from '../scoring/program.ts';

interface HeldBlock {
  readonly rows: number;
  readonly firstRow: number;
  readonly columns: ReadonlyMap<string, Column>;
}

interface Held {
  readonly names: ReadonlySet<string>;
  readonly blocks: readonly HeldBlock[];
}

/**
 * Rows that many models are judged on. The columns that models and evaluator read are read once and kept in this process; scans of
 * `model.transform(frame)` then run the model's steps alone, with the same bits. What cannot be served so (text that is yet to be
 * indexed, models that drop rows) goes to the engine as always.
 */
export class HeldRows {
  /** The frame whose transforms are scanned from what is held. */
  readonly frame: Frame;
  readonly #engine: Engine;
  readonly #base: Plan;
  #held: Promise<Held> = Promise.resolve({ names: new Set(), blocks: [] });

  constructor(source: Frame) {
    const engine = source.executor as Engine;
    this.#engine = engine;
    this.#base = source.plan;
    const train = this.#train.bind(this);
    const executor = new Proxy(engine, {
      get(target, key) {
        if (key === 'train') return train;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    this.frame = new Frame(executor, source.plan);
  }

  #train<T>(plan: Plan, stage: StageName, options: FitOptions, train: (context: TrainingContext) => Promise<T>): Promise<T> {
    const stages = stagesAbove(plan, this.#base);
    return this.#engine.train(plan, stage, options, (context) => train(stages ? this.#served(context, stages) : context));
  }

  /** The engine's context, but for `scan`. */
  #served(context: TrainingContext, stages: readonly TransformStage[]): TrainingContext {
    return {
      owner: context.owner,
      uid: context.uid,
      schema: context.schema,
      signal: context.signal,
      logger: context.logger,
      report: (event) => context.report(event),
      scan: (columns, onBlock) => this.#scan(context, stages, columns, onBlock),
      levels: (columns) => context.levels(columns),
      aggregate: (requests) => context.aggregate(requests),
      trainingSet: (columns) => context.trainingSet(columns),
      binnedSet: (request) => context.binnedSet(request),
      solve: (task, set, args) => context.solve(task, set, args),
    };
  }

  async #scan(
    context: TrainingContext,
    stages: readonly TransformStage[],
    names: readonly string[],
    onBlock: (block: ScannedBlock) => void,
  ): Promise<void> {
    const schema = await this.#engine.schema(this.#base);
    const program = pruneProgram(bindProgram(stages, schema).program, new Set(names));
    const needed = [...program.inputs.map((input) => input.column), ...names.filter((name) => !program.outputs.has(name))];
    const held = isPlain(program) ? await this.#load(context, needed) : null;
    if (!held || !suits(program, held)) return context.scan(names, onBlock);
    const running = startProgram(program);
    for (const { rows, firstRow, columns } of held.blocks) {
      throwIfAborted(context.signal, context.owner);
      const block = { rows, firstRow, columns: new Array<Column>(program.slots), keep: null };
      for (const { column, slot } of program.inputs) block.columns[slot] = columns.get(column) as Column;
      running.run(block);
      const found = names.map((name) => {
        const slot = program.outputs.get(name);
        return slot === undefined ? (columns.get(name) as Column) : block.columns[slot];
      });
      onBlock({ rows, firstRow, columns: found });
    }
  }

  /** What is held, after reading anew when some of the columns are not; one reading at a time. */
  #load(context: TrainingContext, needed: readonly string[]): Promise<Held> {
    const held = this.#held.then((known) => {
      if (needed.every((name) => known.names.has(name))) return known;
      return this.#read(new Set([...known.names, ...needed]), context);
    });
    this.#held = held.catch(() => ({ names: new Set(), blocks: [] }));
    return held;
  }

  async #read(names: ReadonlySet<string>, { owner, uid, signal }: TrainingContext): Promise<Held> {
    const columns = [...names];
    const blocks: HeldBlock[] = [];
    await this.#engine.train(this.#base, { owner, uid }, { signal }, (context) =>
      context.scan(columns, (block) => {
        const copies = columns.map((name, i) => [name, copied(block.columns[i], block.rows)] as const);
        blocks.push({ rows: block.rows, firstRow: block.firstRow, columns: new Map(copies) });
      }),
    );
    return { names, blocks };
  }
}

/** The transformers between `plan` and `base`, first one first; null when something else stands there. */
function stagesAbove(plan: Plan, base: Plan): TransformStage[] | null {
  const stages: TransformStage[] = [];
  let current = plan;
  while (current !== base) {
    if (current.op !== 'transform') return null;
    stages.unshift(current.stage);
    current = current.input;
  }
  return stages;
}

/** Whether the program reads numbers and vectors only, and drops no rows. */
function isPlain({ inputs, steps }: Program): boolean {
  return !steps.some(mayDropRows) && inputs.every(({ form }) => form === 'numbers' || form === 'vectors');
}

/** Whether the columns came in the forms that the program asks for. */
function suits({ inputs }: Program, { blocks }: Held): boolean {
  return blocks.every(({ columns }) =>
    inputs.every(({ column, form }) => {
      const { kind } = columns.get(column) as Column;
      return form === 'vectors' ? kind === 'vectors' : kind === 'numbers' || kind === 'codes';
    }),
  );
}

/** A copy of the column's first `rows` rows: its maker writes the original anew. */
function copied(column: Column, rows: number): Column {
  switch (column.kind) {
    case 'numbers':
      return { ...column, values: column.values.slice(0, rows), valid: column.valid?.slice(0, rows) ?? null };
    case 'codes':
      return { ...column, codes: column.codes.slice(0, rows) };
    case 'strings':
      return { kind: 'strings', values: column.values.slice(0, rows) };
    case 'values':
      return { kind: 'values', values: column.values.slice(0, rows) };
    case 'vectors':
      return { ...column, parts: column.parts.map((part) => copiedPart(part, rows)), valid: column.valid?.slice(0, rows) ?? null };
  }
}

function copiedPart(part: VectorPart, rows: number): VectorPart {
  switch (part.kind) {
    case 'numbers':
      return { ...part, values: part.values.slice(0, rows) };
    case 'codes':
      return { ...part, codes: part.codes.slice(0, rows) };
    case 'dense':
      return { ...part, values: part.values.slice(0, rows * part.size) };
    case 'sparse': {
      const end = part.starts[rows];
      return { ...part, starts: part.starts.slice(0, rows + 1), indices: part.indices.slice(0, end), values: part.values.slice(0, end) };
    }
  }
}
