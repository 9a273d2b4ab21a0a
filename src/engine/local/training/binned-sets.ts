import { MlError, show } from '../../../error.ts';
import { featureNames } from '../../../frame/attributes.ts';
import type { Plan } from '../../../frame/plan.ts';
import type { Schema } from '../../../frame/schema.ts';
import type { ColumnSpec } from '../../../kernels/contract.ts';
import { binCount } from '../../../kernels/js/bins.ts';
import type { FeatureBins, FeatureSample } from '../../../tree/bins.ts';
import type { BinnedLayout, BinnedRequest, BinnedSet } from '../../engine.ts';
import type { Compiler } from '../compiler.ts';
import type { QueryOptions } from '../duck/database.ts';
import type { EngineParts } from '../engine-parts.ts';
import { chainOf } from '../ml/chain.ts';
import type { PartOfRows } from '../sources/part-of-rows.ts';
import { ColumnStore } from '../workers/store.ts';
import type { RefusedCategory } from './code-rows.ts';
import { Coding } from './coding.ts';
import { type Loaded, loadedColumns, noRows, type TrainingColumns, TrainingLoader } from './load.ts';
import { manyRows } from './many-rows.ts';
import { RowSample } from './row-sample.ts';
import { scan } from './scan.ts';
import { summaries } from './summarize.ts';
import type { TrainingSets } from './training-sets.ts';
import { WaitingRows } from './waiting-rows.ts';

/** Rows that are held as f64 at a time. */
const STAGE_ROWS = 131072;
/** Frames of so many bytes as f64 stay in memory between sampling and coding. */
const SMALL_BYTES = 1 << 28;
/** Codes that one u8 can hold, the missing one not counted. */
const U8_BINS = 255;
const U16_BINS = 65535;

interface Engine {
  readonly parts: EngineParts;
  readonly compiler: Compiler;
  readonly sets: TrainingSets;
}

/** Samples the rows of a plan, lets the caller choose bins, and codes all rows on the workers. */
export async function binnedSet(engine: Engine, plan: Plan, schema: Schema, request: BinnedRequest, options: QueryOptions): Promise<BinnedSet> {
  const { features, label, weight, numbers, missing } = request;
  const columns: TrainingColumns = {
    features,
    ...(label !== undefined && { label }),
    ...(weight !== undefined && { weight }),
    ...(numbers && { numbers }),
    missing,
  };
  const making = new Making(engine, plan, schema, columns, request, options);
  if (!chainOf(plan).cached) return making.fromPlan();
  const { loaded, leave } = await engine.sets.kept(plan, schema, columns, options);
  try {
    return await making.fromLoaded(loaded);
  } finally {
    leave();
  }
}

class Making {
  readonly #engine: Engine;
  readonly #plan: Plan;
  readonly #schema: Schema;
  readonly #columns: TrainingColumns;
  readonly #request: BinnedRequest;
  readonly #options: QueryOptions;
  #sample: RowSample;

  constructor(engine: Engine, plan: Plan, schema: Schema, columns: TrainingColumns, request: BinnedRequest, options: QueryOptions) {
    this.#engine = engine;
    this.#plan = plan;
    this.#schema = schema;
    this.#columns = columns;
    this.#request = request;
    this.#options = options;
    this.#sample = this.#newSample();
  }

  /** Everything is loaded already, and stays the caller's. */
  async fromLoaded(loaded: Loaded): Promise<BinnedSet> {
    this.#sample.add(loaded);
    return this.#code(loaded.store.rows, async (coding) => {
      await coding.add(loaded, () => {});
    });
  }

  /** Of large Parquet files the sample is read first; other rows are kept until the bins are known. */
  async fromPlan(): Promise<BinnedSet> {
    const rows = await this.#sampleAhead();
    if (rows !== null) return this.#code(rows, (coding) => this.#readInto(coding));
    const { ledger, tempDirectory } = this.#engine.parts;
    const waiting = new WaitingRows(this.#options.owner, Math.min(SMALL_BYTES, (ledger.limit - ledger.used) / 4), tempDirectory);
    try {
      await this.#stages((loaded) => {
        this.#sample.add(loaded);
        waiting.add(loaded);
      });
      if (waiting.rows === 0) noRows(this.#options.owner);
      return await this.#code(waiting.rows, async (coding) => {
        if (!(await waiting.feed(coding))) await this.#readInto(coding);
      });
    } finally {
      waiting.drop();
    }
  }

  /**
   * Fills the sample from a part of the rows, where the plan is row by row over large Parquet files, which are read quickly where few rows are wanted.
   * Gives the number of all rows; null, and no sample, for any other plan.
   */
  async #sampleAhead(): Promise<number | null> {
    const { parts, compiler } = this.#engine;
    const { rows: wanted, seed } = this.#request.sample;
    const limits = { bytes: SMALL_BYTES, wanted };
    const rows = await manyRows({ compiler, database: parts.database }, this.#plan, loadedColumns(this.#columns), limits, this.#options);
    if (rows === null) return null;
    // So many that hardly ever fewer come than are wanted.
    const part = { fraction: (wanted + 5 * Math.sqrt(wanted)) / rows, seed: BigInt(seed) };
    try {
      await this.#stages((loaded) => {
        this.#sample.add(loaded);
        loaded.store.release();
      }, part);
    } catch (error) {
      // The row that an error names is one of the part: all rows are read for its number.
      if (!(error instanceof MlError && error.details.row !== undefined)) throw error;
      this.#sample = this.#newSample();
      return null;
    }
    return rows;
  }

  #newSample(): RowSample {
    const { rows, seed } = this.#request.sample;
    return new RowSample(Math.max(1, rows), seed);
  }

  /** Reads all rows to their codes. */
  #readInto(coding: Coding): Promise<void> {
    return this.#stages((loaded) => coding.add(loaded, () => loaded.store.release()));
  }

  /** Reads the plan, or a part of its rows, so many at a time; whoever takes them releases them. */
  async #stages(take: (loaded: Loaded) => void | Promise<void>, part?: PartOfRows): Promise<void> {
    const { parts, compiler } = this.#engine;
    const loader = new TrainingLoader(this.#options.owner, this.#columns, this.#schema, parts.ledger);
    const flush = () => {
      const loaded = loader.take();
      return loaded ? take(loaded) : undefined;
    };
    try {
      await scan(
        { compiler, database: parts.database },
        this.#plan,
        loadedColumns(this.#columns),
        { ...this.#options, lent: true, ...(part && { part }) },
        (block) => {
          loader.add(block);
          return loader.rows >= STAGE_ROWS ? flush() : undefined;
        },
      );
      await flush();
    } finally {
      loader.abandon();
    }
  }

  async #code(rows: number, feed: (coding: Coding) => Promise<void>): Promise<BinnedSet> {
    const sample = await this.#summarized(rows);
    const bins = this.#request.bins(sample);
    const { specs, layout } = this.#layout(bins, rows, sample.numFeatures);
    const { parts, sets } = this.#engine;
    const store = ColumnStore.allocate(specs, rows, { ledger: parts.ledger, owner: this.#options.owner });
    const coding = new Coding(parts, store.partitions, layout, this.#request.missing, this.#options);
    try {
      await feed(coding).finally(() => coding.end());
      if (coding.rows !== rows) {
        throw new MlError(
          'VALUE_INVALID',
          `${this.#options.owner}: the frame's rows must not change while they are read, there were ${rows}, then ${coding.rows}`,
        );
      }
      if (coding.refused) throw this.#refusal(coding.refused, bins);
    } catch (error) {
      store.release();
      throw error;
    }
    const set: BinnedSet = { rows, numFeatures: sample.numFeatures, partitions: store.partitions, layout, release: () => store.release() };
    sets.adopt(set, store);
    return set;
  }

  async #summarized(rows: number): Promise<FeatureSample> {
    const sample = { ...this.#sample.finish(), rows };
    const { summarize } = this.#request;
    const found = summarize ? await summaries(this.#engine.parts.pool, sample, summarize, this.#options.owner) : [];
    return { ...sample, summary: (j) => found[j] };
  }

  #layout(bins: readonly FeatureBins[], rows: number, numFeatures: number): { specs: ColumnSpec[]; layout: BinnedLayout } {
    const { owner } = this.#options;
    if (bins.length !== numFeatures) throw new Error(`binnedSet: ${numFeatures} features need as many bins, got ${bins.length}`);
    const specs: ColumnSpec[] = [];
    const add = (spec: ColumnSpec) => specs.push(spec) - 1;
    const features = bins.map((one, j) => {
      if (binCount(one) > U16_BINS) {
        const name = this.#featureName(j, numFeatures);
        throw new MlError('VALUE_INVALID', `${owner}: feature ${show(name)} must have at most ${U16_BINS} bins or categories, has ${binCount(one)}`, {
          stage: owner,
          feature: name,
        });
      }
      return add({ type: binCount(one) > U8_BINS ? 'u16' : 'u8' });
    });
    const { label, weight, numbers = [], scratch = [], rowMajor } = this.#request;
    const narrow = rowMajor && specs.every(({ type }) => type === 'u8');
    const stride = Math.ceil(numFeatures / 8) * 8;
    const layout: BinnedLayout = {
      features,
      bins,
      ...(label !== undefined && { label: add({ type: 'f64' }) }),
      ...(weight !== undefined && { weight: add({ type: 'f64' }) }),
      numbers: numbers.map(() => add({ type: 'f64' })),
      scratch: (typeof scratch === 'function' ? scratch({ rows, numFeatures }) : scratch).map(add),
      ...(narrow && { rowMajor: { column: add({ type: 'u8', width: stride }), stride } }),
    };
    return { specs, layout };
  }

  #refusal({ row, feature, value }: RefusedCategory, bins: readonly FeatureBins[]): MlError {
    const { owner } = this.#options;
    const { features: column } = this.#columns;
    const name = this.#featureName(feature, bins.length);
    return new MlError(
      'VALUE_INVALID',
      `${owner}: column ${show(column)} must hold categories 0 … ${binCount(bins[feature]) - 1} in ${show(name)}, row ${row} has ${show(value)}`,
      { stage: owner, column, feature: name, row, value },
    );
  }

  #featureName(feature: number, numFeatures: number): string {
    return featureNames(this.#schema.require(this.#options.owner, this.#columns.features), numFeatures)[feature];
  }
}
