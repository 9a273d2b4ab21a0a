import type { Plan } from '../../../frame/plan.ts';
import type { Schema } from '../../../frame/schema.ts';
import type { BinnedSet, TrainingSet } from '../../engine.ts';
import type { Compiler } from '../compiler.ts';
import type { QueryOptions } from '../duck/database.ts';
import type { EngineParts } from '../engine-parts.ts';
import { chainOf } from '../ml/chain.ts';
import { shared, unlessAborted } from '../shared.ts';
import type { ColumnStore } from '../workers/store.ts';
import { type Loaded, loadedColumns, type TrainingColumns, TrainingLoader } from './load.ts';
import { scan } from './scan.ts';

/** A set that a cached frame keeps, for as long as someone uses it or the frame is cached. */
interface Kept {
  readonly loaded: Promise<Loaded>;
  users: number;
  dropped: boolean;
}

/** Training sets: loaded for one fit, or kept beside a cached frame for all fits on the same columns. */
export class TrainingSets {
  readonly #parts: EngineParts;
  readonly #compiler: Compiler;
  readonly #stores = new WeakMap<TrainingSet | BinnedSet, ColumnStore>();
  readonly #kept = new WeakMap<Plan, Map<string, Kept>>();
  readonly #gone = new FinalizationRegistry<Map<string, Kept>>((sets) => {
    for (const kept of sets.values()) this.#drop(kept);
  });

  constructor(parts: EngineParts, compiler: Compiler) {
    this.#parts = parts;
    this.#compiler = compiler;
  }

  async get(plan: Plan, schema: Schema, columns: TrainingColumns, options: QueryOptions): Promise<TrainingSet> {
    if (!chainOf(plan).cached) {
      const loaded = await this.#load(plan, schema, columns, options);
      return this.#set(loaded, () => loaded.store.release());
    }
    const { loaded, leave } = await this.kept(plan, schema, columns, options);
    return this.#set(loaded, leave);
  }

  /** What a cached frame keeps of these columns; it stays until `leave`. */
  kept(plan: Plan, schema: Schema, columns: TrainingColumns, options: QueryOptions): Promise<{ loaded: Loaded; leave: () => void }> {
    return shared(() => this.#join(plan, schema, columns, options), options);
  }

  async #join(plan: Plan, schema: Schema, columns: TrainingColumns, options: QueryOptions): Promise<{ loaded: Loaded; leave: () => void }> {
    const kept = this.#keep(plan, schema, columns, options);
    kept.users++;
    const leave = () => {
      kept.users--;
      this.#releaseUnused(kept);
    };
    try {
      return { loaded: await unlessAborted(kept.loaded, options), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** The store behind a set. */
  storeOf(set: TrainingSet | BinnedSet): ColumnStore | undefined {
    return this.#stores.get(set);
  }

  /** Says which store is behind a set that was made elsewhere. */
  adopt(set: BinnedSet, store: ColumnStore): void {
    this.#stores.set(set, store);
  }

  /** Forgets what a cached frame keeps. */
  unpersist(plan: Plan): void {
    for (const kept of this.#kept.get(plan)?.values() ?? []) this.#drop(kept);
    this.#kept.delete(plan);
  }

  #keep(plan: Plan, schema: Schema, columns: TrainingColumns, options: QueryOptions): Kept {
    let sets = this.#kept.get(plan);
    if (!sets) {
      sets = new Map();
      this.#kept.set(plan, sets);
      this.#gone.register(plan, sets);
    }
    const { features, label, weight, numbers = [], missing = 'refuse' } = columns;
    const key = JSON.stringify([features, label ?? null, weight ?? null, numbers, missing]);
    const known = sets.get(key);
    if (known) return known;
    const kept: Kept = { loaded: this.#load(plan, schema, columns, options), users: 0, dropped: false };
    sets.set(key, kept);
    kept.loaded.catch(() => sets.delete(key));
    return kept;
  }

  #drop(kept: Kept): void {
    kept.dropped = true;
    this.#releaseUnused(kept);
  }

  #releaseUnused({ loaded, users, dropped }: Kept): void {
    // Why a load failed is told to those who waited for it.
    if (dropped && users === 0)
      void loaded.then(
        ({ store }) => store.release(),
        () => {},
      );
  }

  async #load(plan: Plan, schema: Schema, columns: TrainingColumns, options: QueryOptions): Promise<Loaded> {
    const loader = new TrainingLoader(options.owner, columns, schema, this.#parts.ledger, this.#parts.tempDirectory);
    try {
      await scan({ compiler: this.#compiler, database: this.#parts.database }, plan, loadedColumns(columns), { ...options, lent: true }, (block) =>
        loader.add(block),
      );
      return loader.finish();
    } catch (error) {
      loader.abandon();
      throw error;
    }
  }

  #set({ store, layout }: Loaded, release: () => void): TrainingSet {
    let released = false;
    const set: TrainingSet = {
      rows: store.rows,
      numFeatures: layout.numFeatures,
      partitions: store.partitions,
      layout,
      release: () => {
        if (!released) release();
        released = true;
      },
    };
    this.#stores.set(set, store);
    return set;
  }
}
