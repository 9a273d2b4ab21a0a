import type { Expression } from '../../frame/expression.ts';
import type { Plan, TransformStage } from '../../frame/plan.ts';
import { STRING } from '../../frame/types.ts';
import type { Database, QueryOptions } from './duck/database.ts';
import { LocalTables } from './local-table.ts';
import { batchSchema, emptyRelation, mapBatches } from './map-batches.ts';
import { chainOf } from './ml/chain.ts';
import { wantedOf } from './ml/narrow.ts';
import { withSize } from './ml/sized.ts';
import { Transforms } from './ml/transform.ts';
import { ScriptedFunctions } from './scripted/functions.ts';
import { shared } from './shared.ts';
import { Sources } from './sources/sources.ts';
import { text } from './sql/duck-type.ts';
import { expressionSql } from './sql/expression.ts';
import { pivotTextsSql } from './sql/pivot.ts';
import { planSql } from './sql/plan.ts';
import type { EnginePlan, PlanContext, Relation } from './sql/relation.ts';
import { compileTexts } from './sql/sql-text.ts';
import type { Typed } from './sql/typed.ts';
import { sqlRelation } from './sql-relation.ts';
import { type SummaryContext, summaryRelation } from './summaries.ts';
import { KeptColumns } from './training/kept-columns.ts';
import { rowWiseLeaf } from './training/row-wise.ts';
import { scan } from './training/scan.ts';
import type { WorkerPool } from './workers/pool.ts';

const FRAME: QueryOptions = { owner: 'frame' };

/** Rows that are written in one go. */
const SECTION_ROWS = 1_000_000;

const FEW_ROWS = 100_000;

/** Rows in a table. */
interface KeptRelation extends Relation {
  readonly rows: number;
}

interface KeptTable {
  readonly table: string;
  readonly relation: Promise<KeptRelation>;
  columns?: KeptColumns;
}

/** What plans become: relations, kept by plan. Asking for a schema computes nothing; what is to be kept is kept at the first action. */
export class Compiler {
  readonly transforms: Transforms;
  readonly sources: Sources;
  readonly #database: Database;
  readonly #pool: WorkerPool;
  readonly #locals: LocalTables;
  readonly #hashes: ScriptedFunctions;
  readonly #described: PlanContext['compiled'] = new WeakMap();
  /** Values of pivoted columns, by the column's expression, which a narrowed plan has too. */
  readonly #pivots = new WeakMap<object, Promise<(string | null)[]>>();
  #compiled: PlanContext['compiled'] = new WeakMap();
  /** Sources, whose types may have been found by reading them: once for the schema and all actions. */
  readonly #read = new WeakMap<Plan, Promise<Relation>>();
  /** Tables of rows that are kept, by the plan that gives them. */
  readonly #kept = new WeakMap<Plan, KeptTable>();
  readonly #dropped = new FinalizationRegistry<string>((table) => void this.#drop(table));

  constructor({ database, pool }: { database: Database; pool: WorkerPool }) {
    this.#database = database;
    this.#pool = pool;
    this.transforms = new Transforms(database);
    this.sources = new Sources(database);
    this.#locals = new LocalTables(database);
    this.#hashes = ScriptedFunctions.of(database);
  }

  /** The relation by which a plan's schema is known. */
  describe(plan: Plan, options: QueryOptions = FRAME): Promise<Relation> {
    return this.#find(plan, false, options);
  }

  /** The relation that an action runs. */
  compile(plan: Plan, options: QueryOptions = FRAME): Promise<Relation> {
    return this.#find(plan, true, options);
  }

  #find(plan: Plan, forAction: boolean, options: QueryOptions): Promise<Relation> {
    return shared(() => planSql(plan, this.#context(forAction, options.signal)), options);
  }

  /** Forgets the rows that a `cache()` keeps. */
  async unpersist(plan: Plan): Promise<void> {
    const { base } = chainOf(plan);
    const kept = this.#kept.get(base);
    if (!kept) return;
    this.#kept.delete(base);
    this.#compiled = new WeakMap();
    await kept.relation.catch(() => {});
    await this.#drop(kept.table);
  }

  /** The SQL of expressions over a relation whose table alias is `t`. */
  async typed(expressions: readonly Expression[], from: Relation, options: QueryOptions): Promise<Typed[]> {
    const scope = await compileTexts(options.owner, expressions, from, this.#context(true, options.signal));
    return expressions.map((expression) => expressionSql(expression, scope));
  }

  #context(forAction: boolean, signal: AbortSignal | undefined): PlanContext {
    const options: QueryOptions = { ...FRAME, signal };
    return {
      compiled: forAction ? this.#compiled : this.#described,
      engineRelation: (plan, compile) => this.#relation(plan, compile, forAction, options),
      materialize: async (plan, relation) => (forAction ? this.#keep(plan, relation, signal) : relation),
      syntaxTree: async (sql) => {
        const [row] = await this.#database.rows(`SELECT json_serialize_sql(${text(sql)})`, [STRING], { owner: 'sql' });
        return JSON.parse(row?.[0] as string);
      },
      describe: (sql) => this.#database.describe(sql, { owner: 'sql' }),
      pivotTexts: (plan) => this.#pivotTexts(plan, options),
      prepare: (sql) => this.#hashes.prepare(sql, options),
    };
  }

  /** Found once for a frame, so that its schema and its rows agree. */
  #pivotTexts(plan: Extract<Plan, { op: 'pivot' }>, options: QueryOptions): Promise<(string | null)[]> {
    let texts = this.#pivots.get(plan.column);
    if (!texts) {
      const query = { ...options, owner: 'pivot' };
      texts = this.compile(plan.input, query)
        .then((from) => pivotTextsSql(from, plan, this.#context(true, options.signal)))
        .then((sql) => this.#database.rows(sql, [STRING], query))
        .then((rows) => rows.map(([value]) => value as string | null));
      this.#pivots.set(plan.column, texts);
      texts.catch(() => this.#pivots.delete(plan.column));
    }
    return texts;
  }

  async #relation(plan: EnginePlan, compile: (input: Plan) => Promise<Relation>, forAction: boolean, options: QueryOptions): Promise<Relation> {
    switch (plan.op) {
      case 'read':
        return this.#source(plan, options);
      case 'local':
        return this.#locals.relation(plan.table, { ...options, owner: 'createFrame' });
      case 'sql':
        return sqlRelation(plan, compile, this.#context(true, undefined));
      case 'cache':
      case 'transform': {
        if (!forAction)
          return plan.op === 'cache' ? compile(plan.input) : described(plan.stage, await this.#sized(plan, await compile(plan.input), options));
        const chain = chainOf(plan);
        const input = await this.#base(chain, compile, options.signal);
        return chain.stages.length === 0 ? input : this.transforms.relation(chain, input, wantedOf(plan), plan, options);
      }
      case 'mapBatches':
        return this.#mapBatches(plan, compile, forAction, options.signal);
      case 'project':
      case 'aggregate':
        return summaryRelation(plan, this.#summaryContext(forAction, options, compile));
    }
  }

  /** `input` of a transform, with the sizes of vectors that its stage must know and only rows tell. */
  async #sized(plan: Extract<Plan, { op: 'transform' }>, input: Relation, options: QueryOptions): Promise<Relation> {
    const { base } = chainOf(plan);
    let { schema } = input;
    for (const name of plan.stage.sizedByRows?.(schema) ?? []) {
      const rows = await this.compile(base, options);
      if (rows.schema.path(name)) schema = withSize(schema, name, await this.transforms.sizes.size(base, rows, name, options));
    }
    return { ...input, schema };
  }

  #summaryContext(forAction: boolean, options: QueryOptions, compile: (plan: Plan) => Promise<Relation>): SummaryContext {
    const query = { ...options, owner: 'Summarizer' };
    const parts = { compiler: this, database: this.#database };
    return {
      compile,
      plan: this.#context(forAction, options.signal),
      scan: forAction ? (plan, names, onBlock) => scan(parts, plan, names, query, onBlock) : null,
      keep: async (table, owner) => (forAction ? this.#locals.relation(table, query, owner) : emptyRelation(table.schema)),
    };
  }

  #source(plan: Extract<Plan, { op: 'read' }>, options: QueryOptions): Promise<Relation> {
    let relation = this.#read.get(plan);
    if (!relation) {
      relation = this.sources.relation(plan, options);
      this.#read.set(plan, relation);
      relation.catch(() => this.#read.delete(plan));
    }
    return relation;
  }

  /** The relation that a chain of transformers starts from, kept when the chain is cached. */
  base(chain: { base: Plan; cached: boolean }, options: QueryOptions): Promise<Relation> {
    return shared(() => this.#base(chain, (plan) => this.compile(plan, options), options.signal), options);
  }

  async #base(
    chain: { base: Plan; cached: boolean },
    compile: (plan: Plan) => Promise<Relation>,
    signal: AbortSignal | undefined,
  ): Promise<Relation> {
    if (!chain.cached || chain.base.op === 'local') return compile(chain.base);
    return this.#kept.get(chain.base)?.relation ?? this.#keep(chain.base, await compile(chain.base), signal);
  }

  /** Whether the plan's rows come from few rows that are kept already: then a query's own cost counts, and not what it does a row. */
  async hasFewRows(plan: Plan): Promise<boolean> {
    const { base } = chainOf(plan);
    if (base.op === 'local') return base.table.rows <= FEW_ROWS;
    const kept = await this.#kept.get(base)?.relation.catch(() => null);
    if (kept) return kept.rows <= FEW_ROWS;
    return base.op === 'filter' && this.hasFewRows(base.input);
  }

  /** Columns of the plan's base where that is a cached frame of few rows, and its rows have been asked for. */
  async keptColumns({ base, cached }: { base: Plan; cached: boolean }): Promise<KeptColumns | null> {
    const kept = cached ? this.#kept.get(base) : undefined;
    const relation = await kept?.relation.catch(() => null);
    if (!kept || !relation || relation.rows > FEW_ROWS) return null;
    kept.columns ??= new KeptColumns(this.#database, this.transforms.labelTypes, relation);
    return kept.columns;
  }

  /** The schema at once; the rows when an action asks for them, kept in a table. */
  async #mapBatches(
    plan: Extract<Plan, { op: 'mapBatches' }>,
    compile: (input: Plan) => Promise<Relation>,
    forAction: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Relation> {
    const input = await compile(plan.input);
    const schema = batchSchema(plan, input.schema);
    if (!forAction) return emptyRelation(schema);
    const rows = await mapBatches(plan, input, schema, this.#database, this.#pool, signal);
    return this.#locals.relation(rows, { owner: `mapBatches: ${plan.name}`, signal }, plan);
  }

  #keep(plan: Plan, relation: Relation, signal: AbortSignal | undefined): Promise<Relation> {
    const known = this.#kept.get(plan);
    if (known) return known.relation;
    const table = `kept${this.#database.number()}`;
    const kept: KeptTable = { table, relation: this.#load(table, relation, signal) };
    this.#kept.set(plan, kept);
    this.#dropped.register(plan, table);
    kept.relation.catch(() => this.#kept.get(plan) === kept && this.#kept.delete(plan)); // not the rows of a later caller, after an unpersist
    return kept.relation;
  }

  async #load(table: string, relation: Relation, signal: AbortSignal | undefined): Promise<KeptRelation> {
    const columns = relation.columns.join(', ') || 'NULL AS none';
    const create = `CREATE TABLE ${table} AS SELECT ${columns} FROM (${relation.sql}) AS t`;
    const [written] = await this.#database.rows(create, [{ kind: 'long' }], { owner: 'cache', signal });
    return { ...relation, sql: `SELECT * FROM ${table}`, stable: true, rows: Number(written?.[0]) };
  }

  async #drop(table: string): Promise<void> {
    if (!this.#database.closed) await this.#database.run(`DROP TABLE IF EXISTS ${table}`, { owner: 'unpersist' }).catch(() => {});
  }

  /**
   * The plan's query as queries of a million rows each, when each row is made of one row of Parquet files; null for any other plan. DuckDB
   * keeps a copy's rows in order by holding them back, so that one long copy takes ever more memory.
   */
  async sections(plan: Plan, sql: string, options: QueryOptions): Promise<string[] | null> {
    const leaf = rowWiseLeaf(plan);
    return leaf && this.sources.parquet.sections(await this.compile(leaf, options), sql, 1, SECTION_ROWS * 8, options);
  }

  /** As {@link Compiler.sections}, in up to `count` queries over as many rows each. */
  async shares(plan: Plan, sql: string, count: number, options: QueryOptions): Promise<string[] | null> {
    const leaf = rowWiseLeaf(plan);
    return leaf && this.sources.parquet.shares(await this.compile(leaf, options), sql, count, options);
  }
}

/** What a transformer makes, as far as its schema goes. */
function described(stage: TransformStage, input: Relation): Relation {
  const schema = stage.transformSchema(input.schema);
  for (const { name } of input.schema.fields) if (schema.has(name)) schema.find(name);
  return { ...emptyRelation(schema), stable: input.stable };
}
