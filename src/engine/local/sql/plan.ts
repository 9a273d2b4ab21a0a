import { MlError, requireMade, show } from '../../../error.ts';
import type { Plan } from '../../../frame/plan.ts';
import { type Field, Schema } from '../../../frame/schema.ts';
import { blame } from '../../../frame/site.ts';
import { aggregateSql } from './aggregate.ts';
import { columnIndex } from './column-index.ts';
import { describeSql } from './describe.ts';
import { conditionSql, expressionSql, sortKey } from './expression.ts';
import { joinSql } from './join.ts';
import { withLeftOut } from './left-out.ts';
import { dropNullsSql, fillSql, replaceSql } from './missing.ts';
import { pivotSql } from './pivot.ts';
import { projectSql } from './project.ts';
import type { PlanContext, Relation } from './relation.ts';
import { sampleSql } from './sample.ts';
import { scopeOver, select } from './scope.ts';
import { compileTexts } from './sql-text.ts';
import { combineSql, unionSql } from './union.ts';
import { checkRowWise, containsAggregate, containsSummary } from './walk.ts';

/**
 * The relation of a plan: relational steps become nested SELECTs here, the engine gives those of its own. A mistake carries the stack of
 * the line that built the step.
 */
export function planSql(plan: Plan, context: PlanContext): Promise<Relation> {
  requireMade('Frame', typeof plan?.op === 'string', 'its methods make its steps');
  let found = context.compiled.get(plan);
  if (!found) {
    found = compile(plan, context).then(
      async (relation) => {
        await context.prepare(relation.sql);
        return { ...relation, origins: relation.columns.map((_, i) => ({ plan, before: relation.origins?.[i] ?? null })) };
      },
      (error: unknown) => {
        context.compiled.delete(plan);
        throw blame(error, plan.site);
      },
    );
    context.compiled.set(plan, found);
  }
  return found;
}

async function compile(plan: Plan, context: PlanContext): Promise<Relation> {
  const input = (of: Plan) => planSql(of, context);
  switch (plan.op) {
    case 'read':
    case 'local':
    case 'sql':
    case 'cache':
    case 'transform':
    case 'mapBatches':
      return context.engineRelation(plan, input);
    case 'range':
      return rangeSql(plan);
    case 'project':
      if (plan.columns.some(containsSummary)) return context.engineRelation(plan, input);
      return projectSql(await input(plan.input), plan.columns, context);
    case 'aggregate':
      if (plan.aggregates.some(containsSummary)) return context.engineRelation(plan, input);
      return aggregateSql(await input(plan.input), plan.keys, plan.aggregates, context, plan.sets);
    case 'pivot':
      return pivotSql(await input(plan.input), plan, context);
    case 'withColumns':
      return withColumns(await input(plan.input), plan, context);
    case 'filter':
      return withLeftOut(plan.input, input, (from) => filterSql(from, plan, context));
    case 'sort':
      return withLeftOut(plan.input, input, (from) => sortSql(from, plan, context));
    case 'join':
      return joinSql(await input(plan.left), await input(plan.right), plan, context);
    case 'union':
      return unionSql(await input(plan.left), await input(plan.right), plan);
    case 'combine':
      return combineSql(await input(plan.left), await input(plan.right), plan);
    case 'sample':
    case 'resample':
    case 'sampleBy':
      return sampleSql(await stable(plan.input, context), plan, context);
    case 'fill':
      return fillSql(await input(plan.input), plan.values);
    case 'dropNulls':
      return dropNullsSql(await input(plan.input), plan.columns, plan.minNonNulls);
    case 'replace':
      return replaceSql(await input(plan.input), plan.columns, plan.pairs);
    case 'describe':
      return describeSql(await input(plan.input), plan.columns, plan.statistics);
    case 'repartition':
      return input(plan.input);
    default:
      return reshape(await input(plan.input), plan);
  }
}

async function filterSql(from: Relation, plan: Extract<Plan, { op: 'filter' }>, context: PlanContext): Promise<Relation> {
  const scope = await compileTexts('filter', [plan.condition], from, context);
  const condition = conditionSql('filter', plan.condition, scope);
  // WHERE knows no windows, QUALIFY does.
  return { ...from, sql: `SELECT * FROM (${from.sql}) AS t ${condition.includes(' OVER (') ? 'QUALIFY' : 'WHERE'} ${condition}` };
}

async function sortSql(from: Relation, plan: Extract<Plan, { op: 'sort' }>, context: PlanContext): Promise<Relation> {
  const scope = await compileTexts('orderBy', plan.keys, from, context);
  for (const key of plan.keys) checkRowWise('orderBy', key);
  const keys = plan.keys.map((key) => sortKey(key, scope));
  // Equal rows keep their order where there is one.
  const tie = from.stable ? ', row_number() OVER ()' : '';
  return { ...from, sql: `SELECT * FROM (${from.sql}) AS t ORDER BY ${keys.join(', ')}${tie}` };
}

/** A relation whose rows come in one order; kept once where the plan has none. */
async function stable(plan: Plan, context: PlanContext): Promise<Relation> {
  const from = await planSql(plan, context);
  return from.stable ? from : context.materialize(plan, from);
}

type Reshape = Extract<Plan, { op: 'rename' | 'toDF' | 'drop' | 'alias' | 'limit' | 'distinct' }>;

/** Steps that only rename, choose columns, or cut rows. */
function reshape(from: Relation, plan: Reshape): Relation {
  const { schema } = from;
  switch (plan.op) {
    case 'rename':
      return { ...from, schema: new Schema(schema.fields.map((f) => ({ ...f, name: plan.names.get(f.name) ?? f.name }))) };
    case 'toDF':
      if (plan.names.length !== schema.fields.length) {
        throw new MlError('SCHEMA_INVALID', `toDF: needs ${schema.fields.length} names, one a column, got ${plan.names.length}`);
      }
      return { ...from, schema: new Schema(schema.fields.map((f, i) => ({ ...f, name: plan.names[i] }))) };
    case 'drop': {
      const single = (plan.columns ?? []).map((c) => (c.kind === 'column' ? columnIndex(c.name, { ...scopeOver(from), owner: 'drop' }, c.of) : -1));
      const kept = schema.fields.flatMap((f, i) => (plan.names.includes(f.name) || single.includes(i) ? [] : [i]));
      return kept.length === schema.fields.length ? from : select(from, kept);
    }
    case 'alias':
      return { ...from, qualifiers: schema.fields.map(() => plan.name) };
    case 'limit': {
      const limit = plan.count === Number.POSITIVE_INFINITY ? '' : ` LIMIT ${plan.count}`;
      return { ...from, sql: `SELECT * FROM (${from.sql}) AS t${limit}${plan.offset > 0 ? ` OFFSET ${plan.offset}` : ''}` };
    }
    case 'distinct':
      return distinctSql(from, plan.columns);
  }
}

function distinctSql(from: Relation, names: readonly string[] | null): Relation {
  for (const field of from.schema.fields) {
    if (field.type.kind === 'map' && (names === null || names.includes(field.name)))
      throw new MlError('COLUMN_TYPE', `distinct: column ${show(field.name)} must not be a map`, { column: field.name });
  }
  if (names === null) return { ...from, sql: `SELECT DISTINCT * FROM (${from.sql}) AS t`, stable: false };
  const keys = names.flatMap((name) => {
    const found = from.schema.fields.flatMap((f, i) => (f.name === name ? [from.columns[i]] : []));
    if (found.length === 0) from.schema.require('dropDuplicates', name);
    return found;
  });
  if (keys.length === 0) return { ...from, sql: `SELECT * FROM (${from.sql}) AS t LIMIT 1` };
  const numbered = `SELECT *, row_number() OVER () AS rn_ FROM (${from.sql}) AS t`;
  const firsts = `SELECT * FROM (${numbered}) AS t QUALIFY row_number() OVER (PARTITION BY ${keys.join(', ')} ORDER BY rn_) = 1`;
  return { ...from, sql: `SELECT ${from.columns.join(', ')} FROM (${firsts}) AS t ORDER BY rn_` };
}

function rangeSql({ start, end, step }: Extract<Plan, { op: 'range' }>): Relation {
  return {
    sql: `SELECT CAST(range AS BIGINT) AS c0 FROM range(${start}, ${end}, ${step})`,
    schema: new Schema([{ name: 'id', type: { kind: 'long' }, nullable: false }]),
    columns: ['c0'],
    stable: true,
  };
}

async function withColumns(from: Relation, plan: Extract<Plan, { op: 'withColumns' }>, context: PlanContext): Promise<Relation> {
  const scope = await compileTexts(
    'withColumn',
    plan.columns.map((c) => c.value),
    from,
    context,
  );
  const fields: Field[] = [...from.schema.fields];
  const sql = from.columns.map((c) => `t.${c}`);
  for (const { name, value } of plan.columns) {
    if (containsAggregate(value)) {
      const message = `withColumn: column ${show(name)} must be made row by row, not by an aggregate; put that into agg(…), or over a window`;
      throw new MlError('EXPRESSION_INVALID', message, { column: name });
    }
    const made = expressionSql(value, scope);
    const field = { name, type: made.type, nullable: made.nullable, metadata: made.metadata };
    const at = from.schema.positions(name);
    if (at.length === 0) {
      fields.push(field);
      sql.push(made.sql);
    }
    for (const i of at) {
      fields[i] = field;
      sql[i] = made.sql;
    }
  }
  const names = new Set(plan.columns.map((c) => c.name));
  if (names.size < plan.columns.length) throw new MlError('COLUMN_EXISTS', 'withColumns: each name may stand once');
  const columns = sql.map((_, i) => `c${i}`);
  const kept = <T>(of: readonly (T | null)[] | undefined) => of && fields.map((f, i) => (f === from.schema.fields[i] ? of[i] : null));
  const [qualifiers, origins] = [kept(from.qualifiers), kept(from.origins)];
  return {
    sql: `SELECT ${sql.map((s, i) => `${s} AS c${i}`).join(', ')} FROM (${from.sql}) AS t`,
    schema: new Schema(fields),
    columns,
    stable: from.stable,
    qualifiers,
    origins,
  };
}
