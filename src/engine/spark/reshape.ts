import { MlError, show } from '../../error.ts';
import type { Plan } from '../../frame/plan.ts';
import { literalOf } from './literal.ts';
import { quoted } from './names.ts';
import type { Relation } from './proto/connect_pb.ts';
import { type RelType, relationOf } from './relation.ts';

const MAX_INT = 0x7fffffff;

type Reshape = Exclude<
  Extract<Plan, { input: Plan }>,
  {
    op:
      | 'cache'
      | 'transform'
      | 'mapBatches'
      | 'project'
      | 'withColumns'
      | 'filter'
      | 'aggregate'
      | 'pivot'
      | 'sort'
      | 'drop'
      | 'sampleBy'
      | 'describe';
  }
>;

/** Steps without expressions. */
export function reshape(plan: Reshape, input: Relation): RelType {
  switch (plan.op) {
    case 'rename':
      return { case: 'withColumnsRenamed', value: { input, renames: [...plan.names].map(([colName, newColName]) => ({ colName, newColName })) } };
    case 'toDF':
      return { case: 'toDf', value: { input, columnNames: [...plan.names] } };
    case 'alias':
      return { case: 'subqueryAlias', value: { input, alias: plan.name } };
    case 'limit':
      if (plan.count === Number.POSITIVE_INFINITY) return { case: 'offset', value: { input, offset: int('offset', plan.offset) } };
      return { case: 'limit', value: { input, limit: int('limit', plan.count) } };
    case 'distinct':
      if (plan.columns === null) return { case: 'deduplicate', value: { input, allColumnsAsKeys: true } };
      if (plan.columns.length === 0) return { case: 'limit', value: { input, limit: 1 } };
      return { case: 'deduplicate', value: { input, columnNames: [...plan.columns] } };
    case 'sample':
      return {
        case: 'sample',
        value: { input, lowerBound: plan.lower, upperBound: plan.upper, seed: plan.seed, deterministicOrder: true, withReplacement: false },
      };
    case 'resample':
      return {
        case: 'sample',
        value: { input, lowerBound: 0, upperBound: plan.fraction, seed: plan.seed, deterministicOrder: true, withReplacement: true },
      };
    case 'fill':
      return filled(plan, input);
    case 'dropNulls': {
      const least = plan.minNonNulls === 'any' ? {} : { minNonNulls: plan.minNonNulls === 'all' ? 1 : plan.minNonNulls };
      return { case: 'dropNa', value: { input, cols: (plan.columns ?? []).map(quoted), ...least } };
    }
    case 'replace': {
      const replacements = plan.pairs.map(({ from, to }) => ({ oldValue: literalOf(from, fillType(from)), newValue: literalOf(to, fillType(to)) }));
      return { case: 'replace', value: { input, cols: (plan.columns ?? []).map(quoted), replacements } };
    }
    case 'repartition':
      return { case: 'repartition', value: { input, numPartitions: int('repartition', plan.partitions), shuffle: !plan.atMost } };
  }
}

/** One step a value: a value fills columns of its own type only, which several at once would not. */
function filled({ values }: Extract<Plan, { op: 'fill' }>, input: Relation): RelType {
  const byValue = new Map<unknown, string[]>();
  for (const { column, value } of values) byValue.set(value, [...(byValue.get(value) ?? []), ...(column === null ? [] : [quoted(column)])]);
  const steps = [...byValue].map(([value, cols]) => ({ cols, values: [literalOf(value, fillType(value))] }));
  const last = steps.pop() ?? { cols: [], values: [] };
  const from = steps.reduce((below, step) => relationOf({ case: 'fillNa', value: { input: below, ...step } }), input);
  return { case: 'fillNa', value: { input: from, ...last } };
}

function int(owner: string, value: number): number {
  if (value <= MAX_INT) return value;
  throw new MlError('PARAM_INVALID', `${owner}: a cluster takes numbers up to ${MAX_INT}, got ${show(value)}`, { value });
}

/** Numbers to fill in or to replace are doubles, as PySpark sends them, unless they are whole. */
function fillType(value: unknown): { kind: 'long' | 'double' } | undefined {
  if (typeof value === 'bigint') return { kind: 'long' };
  if (typeof value !== 'number') return undefined;
  return { kind: Number.isSafeInteger(value) && !Object.is(value, -0) ? 'long' : 'double' };
}
