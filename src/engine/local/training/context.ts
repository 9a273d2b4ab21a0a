import type { FitOptions, Logger, ProgressEvent } from '../../../frame/executor.ts';
import type { Plan } from '../../../frame/plan.ts';
import type { Schema } from '../../../frame/schema.ts';
import { pruneProgram } from '../../../scoring/program.ts';
import type { AggregateRequest, BinnedRequest, BinnedSet, Level, ScannedBlock, SolveTask, TrainingContext, TrainingSet } from '../../engine.ts';
import type { StageName } from '../../stage-name.ts';
import type { Compiler } from '../compiler.ts';
import type { QueryOptions } from '../duck/database.ts';
import type { EngineParts } from '../engine-parts.ts';
import { located } from '../locate.ts';
import { bindChain, chainOf } from '../ml/chain.ts';
import { narrow } from '../ml/narrow.ts';
import type { Relation } from '../sql/relation.ts';
import type { FitFunction } from '../workers/contract.ts';
import { runFit } from '../workers/crew.ts';
import type { ColumnStore } from '../workers/store.ts';
import { aggregate, levels } from './aggregates.ts';
import { binnedSet } from './binned-sets.ts';
import type { KeptColumns } from './kept-columns.ts';
import type { TrainingColumns } from './load.ts';
import { scan } from './scan.ts';
import type { TrainingSets } from './training-sets.ts';

/** What an estimator sees of the local engine while it trains on the rows of a plan. */
export class LocalTraining implements TrainingContext {
  readonly owner: string;
  readonly uid: string;
  readonly schema: Schema;
  readonly signal: AbortSignal | undefined;
  readonly logger: Logger;
  readonly #plan: Plan;
  readonly #parts: EngineParts;
  readonly #compiler: Compiler;
  readonly #sets: TrainingSets;
  readonly #options: FitOptions;
  /** Held for as long as queries may call their programs. */
  readonly #narrowed: Plan[] = [];

  constructor(
    engine: { parts: EngineParts; compiler: Compiler; sets: TrainingSets },
    plan: Plan,
    schema: Schema,
    stage: StageName,
    options: FitOptions,
  ) {
    this.owner = stage.owner;
    this.uid = stage.uid;
    this.schema = schema;
    this.signal = options.signal;
    this.logger = engine.parts.logger;
    this.#plan = plan;
    this.#parts = engine.parts;
    this.#compiler = engine.compiler;
    this.#sets = engine.sets;
    this.#options = options;
  }

  report(event: Omit<ProgressEvent, 'stage'>): void {
    this.#options.onProgress?.({ ...event, stage: this.uid });
  }

  scan(columns: readonly string[], onBlock: (block: ScannedBlock) => void): Promise<void> {
    return scan({ compiler: this.#compiler, database: this.#parts.database }, this.#plan, columns, this.#query, onBlock);
  }

  async levels(columns: readonly string[]): Promise<Level[][]> {
    return this.#located(async () => {
      const kept = await this.#kept(columns);
      if (kept) return kept.levels(columns, this.#query);
      const relation = await this.#relation(columns);
      return levels(this.#parts.database, relation, columns, await this.#compiler.hasFewRows(this.#plan), this.#query);
    });
  }

  async aggregate(requests: readonly AggregateRequest[]): Promise<(number | null)[]> {
    const columns = requests.map((r) => r.column);
    return this.#located(async () => aggregate(this.#parts.database, await this.#relation(columns), requests, this.#query));
  }

  trainingSet(columns: TrainingColumns): Promise<TrainingSet> {
    return this.#sets.get(this.#plan, this.schema, columns, this.#query);
  }

  binnedSet(request: BinnedRequest): Promise<BinnedSet> {
    return binnedSet({ parts: this.#parts, compiler: this.#compiler, sets: this.#sets }, this.#plan, this.schema, request, this.#query);
  }

  solve<Args, R>(task: SolveTask<Args, R>, set: TrainingSet | BinnedSet, args: Args): Promise<R> {
    return runFit<R>(
      this.#parts.pool,
      {
        module: task.module,
        name: task.name,
        ...(task.local && { local: task.local as FitFunction<unknown, unknown> }),
        args,
        store: this.#sets.storeOf(set) as ColumnStore,
        aggregators: { ...task.aggregators },
        ...(task.rounds && { rounds: task.rounds }),
        owner: this.owner,
      },
      { signal: this.signal, ...(this.#options.onProgress && { onProgress: (progress) => this.report(progress) }) },
    );
  }

  /** The fit is over. */
  end(): void {
    this.#narrowed.length = 0;
  }

  get #query(): QueryOptions {
    return { owner: this.owner, signal: this.signal };
  }

  #located<T>(work: () => Promise<T>): Promise<T> {
    return located({ compiler: this.#compiler, database: this.#parts.database }, this.#plan, this.#query, work());
  }

  /** The columns of a cached frame, where the transformers on it leave them as they are and drop no rows. */
  async #kept(columns: readonly string[]): Promise<KeptColumns | null> {
    const chain = chainOf(this.#plan);
    if (!chain.cached) return null;
    const base = await this.#compiler.base(chain, this.#query);
    const { schema } = await this.#compiler.transforms.sizes.sized(chain, base, this.#query);
    const passing = pruneProgram(bindChain(chain, schema).program, new Set(columns)).steps.length === 0;
    return passing ? this.#compiler.keptColumns(chain) : null;
  }

  #relation(columns: readonly string[]): Promise<Relation> {
    const narrowed = narrow(this.#plan, new Set(columns));
    this.#narrowed.push(narrowed);
    return this.#compiler.compile(narrowed, this.#query);
  }
}
