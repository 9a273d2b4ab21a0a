import { MlError } from '../../error.ts';
import type { Expression } from '../../frame/expression.ts';
import { inputsOf, type JoinType, type LocalTable, type Plan, type TransformStage } from '../../frame/plan.ts';
import { Schema } from '../../frame/schema.ts';
import { blame } from '../../frame/site.ts';
import { aliasOf, attribute, sortOrder, sparkExpression } from './expression.ts';
import { literalOf } from './literal.ts';
import { type Names, namesOver, quoted } from './names.ts';
import { PlainNames } from './plain-names.ts';
import type { Relation } from './proto/connect_pb.ts';
import { readRelation } from './read.ts';
import { type RelType, relationOf } from './relation.ts';
import { reshape } from './reshape.ts';

export type TransformPlan = Extract<Plan, { op: 'transform' }>;

/** What the compiler asks of the engine. */
export interface PlanContext {
  schema(plan: Plan): Promise<Schema>;
  /** Rows of this process, uploaded where they are many. */
  localTable(table: LocalTable): Promise<RelType>;
  /** A file of this machine. */
  localFiles(plan: Extract<Plan, { op: 'read' }>): Promise<RelType>;
  /** What a transform by a stage that is composed stands for. */
  composed(plan: TransformPlan): Plan;
  /** The input with a stage's columns. */
  transform(plan: TransformPlan, input: Relation): Promise<RelType>;
}

const JOINS: Readonly<Record<JoinType, number>> = { inner: 1, full: 2, left: 3, right: 4, anti: 5, semi: 6, cross: 7 };
const INTERSECT = 1;
const UNION = 2;
const EXCEPT = 3;
const GROUP_BY = 1;
const SETS = { rollup: 2, cube: 3 } as const;
const GROUPING_SETS = 5;
const PIVOT = 4;

/** Turns plans into relations of the protocol, each plan once. */
export class PlanCompiler {
  readonly #context: PlanContext;
  readonly #relations = new WeakMap<Plan, Promise<Relation>>();
  readonly #numbers = new WeakMap<Plan, bigint>();
  /** What transforms by stages that are composed stand for. */
  readonly #composed = new WeakMap<Plan, Plan>();
  #last = 0n;

  constructor(context: PlanContext) {
    this.#context = context;
  }

  /** The relation of a plan. A mistake carries the stack of the line that built the step. */
  relation(plan: Plan): Promise<Relation> {
    let found = this.#relations.get(plan);
    if (!found) {
      found = this.#compile(plan).catch((error: unknown) => {
        this.#relations.delete(plan);
        throw blame(error, plan.site);
      });
      this.#relations.set(plan, found);
    }
    return found;
  }

  /** Forgets the relations of a plan and its inputs that hold a stage of which this is said, so that they are made anew; whether there were any. */
  async forget(plan: Plan, isLost: (stage: TransformStage) => Promise<boolean>): Promise<boolean> {
    let found = plan.op === 'transform' && (await isLost(plan.stage));
    const composed = this.#composed.get(plan);
    for (const input of composed ? [composed] : inputsOf(plan)) found = (await this.forget(input, isLost)) || found;
    if (found) this.#relations.delete(plan);
    return found;
  }

  /** The transforms in a plan, of those that are composed what they are made of; the first to run comes first. */
  *transforms(plan: Plan): Generator<TransformPlan, void> {
    const composed = this.#composed.get(plan);
    for (const input of composed ? [composed] : inputsOf(plan)) yield* this.transforms(input);
    if (plan.op === 'transform' && !composed) yield plan;
  }

  /** The number by which expressions name a plan; what only keeps rows has its input's. */
  number(plan: Plan): bigint {
    if (plan.op === 'cache') return this.number(plan.input);
    let number = this.#numbers.get(plan);
    if (number === undefined) {
      number = ++this.#last;
      this.#numbers.set(plan, number);
    }
    return number;
  }

  async #compile(plan: Plan): Promise<Relation> {
    // What is kept is the server's matter: it knows a kept plan when it sees it.
    if (plan.op === 'cache') return this.relation(plan.input);
    return this.#relation(await this.#relType(plan), this.number(plan));
  }

  /** A relation of its own, with a number of its own. */
  #relation(relType: RelType, planId: bigint = ++this.#last): Relation {
    return relationOf(relType, planId);
  }

  async #relType(plan: Exclude<Plan, { op: 'cache' }>): Promise<RelType> {
    switch (plan.op) {
      case 'read':
        return readRelation(plan) ?? this.#context.localFiles(plan);
      case 'local':
        return this.#context.localTable(plan.table);
      case 'range':
        return { case: 'range', value: { start: BigInt(plan.start), end: BigInt(plan.end), step: BigInt(plan.step) } };
      case 'sql':
        return this.#sql(plan);
      case 'join':
        return this.#join(plan);
      case 'union': {
        const byName = plan.byName ? { byName: true, allowMissingColumns: plan.allowMissing } : {};
        return { case: 'setOp', value: { ...(await this.#sides(plan)), setOpType: UNION, isAll: true, ...byName } };
      }
      case 'combine':
        return { case: 'setOp', value: { ...(await this.#sides(plan)), setOpType: plan.kind === 'intersect' ? INTERSECT : EXCEPT, isAll: plan.all } };
      case 'transform':
        return this.#transform(plan);
      case 'mapBatches':
        throw new MlError(
          'NOT_SUPPORTED',
          'mapBatches: functions of this process cannot run on the cluster; use column expressions or expr(…), or collect the frame into a local session: (await Session.local()).createFrame(await frame.toArrow())',
        );
      default:
        return this.#overOne(plan, await this.relation(plan.input));
    }
  }

  async #transform(plan: TransformPlan): Promise<RelType> {
    if (!plan.stage.composed) return this.#context.transform(plan, await this.relation(plan.input));
    let composed = this.#composed.get(plan);
    if (!composed) {
      // Expressions would overwrite a column that is there.
      plan.stage.transformSchema(await this.#context.schema(plan.input));
      composed = this.#context.composed(plan);
      this.#composed.set(plan, composed);
    }
    return (await this.relation(composed)).relType;
  }

  async #sides(plan: Extract<Plan, { op: 'union' | 'combine' }>) {
    return { leftInput: await this.relation(plan.left), rightInput: await this.relation(plan.right) };
  }

  /** Steps over one input. */
  async #overOne(plan: Exclude<Extract<Plan, { input: Plan }>, { op: 'cache' | 'transform' | 'mapBatches' }>, input: Relation): Promise<RelType> {
    switch (plan.op) {
      case 'project': {
        const names = await this.#names([plan.input], plan.columns);
        return { case: 'project', value: { input, expressions: plan.columns.map((c) => sparkExpression(c, names)) } };
      }
      case 'withColumns': {
        const given = plan.columns.map((c) => c.name);
        if (new Set(given).size < given.length) throw new MlError('COLUMN_EXISTS', 'withColumns: each name may stand once');
        const names = await this.#names(
          [plan.input],
          plan.columns.map((c) => c.value),
        );
        return { case: 'withColumns', value: { input, aliases: plan.columns.map(({ name, value }) => named(value, name, names)) } };
      }
      case 'filter':
        return { case: 'filter', value: { input, condition: sparkExpression(plan.condition, await this.#names([plan.input], [plan.condition])) } };
      case 'aggregate':
      case 'pivot': {
        const pivoted = plan.op === 'pivot' ? [plan.column] : [];
        const sets = plan.op === 'aggregate' && typeof plan.sets === 'object' ? plan.sets : [];
        const names = await this.#names([plan.input], [...plan.keys, ...pivoted, ...plan.aggregates, ...sets.flat()]);
        const aggregates = await this.#everyNumber(plan);
        const grouped = {
          input,
          groupingExpressions: plan.keys.map((e) => sparkExpression(e, names)),
          aggregateExpressions: aggregates.map((e) => sparkExpression(e, names)),
        };
        if (sets.length > 0) {
          const groupingSets = sets.map((set) => ({ groupingSet: set.map((e) => sparkExpression(e, names)) }));
          return { case: 'aggregate', value: { ...grouped, groupType: GROUPING_SETS, groupingSets } };
        }
        if (plan.op === 'aggregate')
          return { case: 'aggregate', value: { ...grouped, groupType: plan.sets ? SETS[plan.sets as keyof typeof SETS] : GROUP_BY } };
        const pivot = { col: sparkExpression(plan.column, names), values: (plan.values ?? []).map((value) => literalOf(value)) };
        return { case: 'aggregate', value: { ...grouped, groupType: PIVOT, pivot } };
      }
      case 'sort': {
        const names = await this.#names([plan.input], plan.keys);
        return { case: 'sort', value: { input, order: plan.keys.map((key) => sortOrder(key, names)), isGlobal: !plan.within } };
      }
      case 'drop': {
        const { columns = [] } = plan;
        const names = await this.#names([plan.input], columns);
        return { case: 'drop', value: { input, columnNames: [...plan.names], columns: columns.map((e) => sparkExpression(e, names)) } };
      }
      case 'sampleBy': {
        const names = await this.#names([plan.input], [plan.column]);
        const fractions = plan.fractions.map(({ value, fraction }) => ({ stratum: literalOf(value), fraction }));
        return { case: 'sampleBy', value: { input, col: sparkExpression(plan.column, names), fractions, seed: plan.seed } };
      }
      case 'describe':
        return this.#described(plan, input);
      default:
        return reshape(plan, input);
    }
  }

  async #described({ input: plan, columns, statistics }: Extract<Plan, { op: 'describe' }>, input: Relation): Promise<RelType> {
    const schema = await this.#context.schema(plan);
    for (const name of columns ?? []) {
      const { type } = schema.require('describe', name);
      if (type.kind !== 'string') schema.require('describe', name, 'numeric', 'string');
    }
    const chosen = columns && this.#relation({ case: 'project', value: { input, expressions: columns.map((name) => attribute(quoted(name))) } });
    const names = await PlainNames.over(columns ?? schema.names, async () => schema);
    const summary = (of: Relation): RelType => ({ case: 'summary', value: { input: of, statistics: [...statistics] } });
    if (!names) return summary(chosen ?? input);
    return names.output(this.#relation(summary(names.input(chosen ?? input))), new Schema([]));
  }

  /** `sum(*)` and the like stand for all numeric columns. */
  async #everyNumber({ input, aggregates }: Extract<Plan, { op: 'aggregate' | 'pivot' }>): Promise<Expression[]> {
    const starred = (e: Expression) => e.kind === 'call' && e.args.length === 1 && e.args[0].kind === 'star' && e.name !== 'count';
    if (!aggregates.some(starred)) return [...aggregates];
    const { fields } = await this.#context.schema(input);
    const numbers = fields.filter((f) => NUMERIC.has(f.type.kind));
    return aggregates.flatMap((e) =>
      starred(e) ? numbers.map((f): Expression => ({ ...e, args: [{ kind: 'column', name: f.name }] }) as Expression) : [e],
    );
  }

  async #join(plan: Extract<Plan, { op: 'join' }>): Promise<RelType> {
    const { on, type } = plan;
    if (on === null && type !== 'cross' && type !== 'inner') {
      throw new MlError('PARAM_INVALID', `join: a ${type} join needs columns or a condition`, { param: 'on' });
    }
    const sides = { left: await this.relation(plan.left), right: await this.relation(plan.right) };
    if (Array.isArray(on)) return { case: 'join', value: { ...sides, joinType: JOINS[type], usingColumns: on as string[] } };
    const joinType = on === null ? JOINS.cross : JOINS[type];
    if (on === null) return { case: 'join', value: { ...sides, joinType } };
    const condition = on as Expression;
    const joinCondition = sparkExpression(condition, await this.#names([plan.left, plan.right], [condition]));
    return { case: 'join', value: { ...sides, joinType, joinCondition } };
  }

  /** SQL text in Spark's dialect; the frames it names go along. */
  async #sql({ text, frames }: Extract<Plan, { op: 'sql' }>): Promise<RelType> {
    const query = { case: 'sql', value: { query: text.trim().replace(/;+$/, '') } } as const;
    if (frames.size === 0) return query;
    const references: Relation[] = [];
    for (const [alias, frame] of frames)
      references.push(this.#relation({ case: 'subqueryAlias', value: { input: await this.relation(frame), alias } }));
    return { case: 'withRelations', value: { root: this.#relation(query), references } };
  }

  #names(inputs: readonly Plan[], expressions: readonly Expression[]): Promise<Names> {
    return namesOver(inputs, expressions, { number: (plan) => this.number(plan), schema: (plan) => this.#context.schema(plan) });
  }
}

const NUMERIC: ReadonlySet<string> = new Set(['byte', 'short', 'int', 'long', 'float', 'double', 'decimal']);

/** The alias of a new column; metadata goes along where the expression has it. */
function named(value: Expression, name: string, names: Names) {
  return value.kind === 'alias' ? aliasOf(value.child, name, names, value.metadata) : aliasOf(value, name, names);
}
