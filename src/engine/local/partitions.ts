import type { Expression } from '../../frame/expression.ts';
import type { Plan } from '../../frame/plan.ts';
import { containsAggregate, containsWindow } from './sql/walk.ts';

/** How many partitions a plan's rows are in: so many, or no more than so many. */
interface Partitions {
  readonly count: number;
  readonly atMost: boolean;
}

/**
 * What `repartition`, `coalesce` or `createFrame` said of a plan's partitions, where no step since then brings rows of several of them
 * together (a sort, a join, an aggregate …); null where nothing is said.
 */
export function partitionsOf(plan: Plan): Partitions | null {
  switch (plan.op) {
    case 'local':
      return plan.table.partitions === null ? null : { count: plan.table.partitions, atMost: false };
    case 'repartition': {
      if (!plan.atMost) return { count: plan.partitions, atMost: false };
      const below = partitionsOf(plan.input);
      return { count: Math.min(plan.partitions, below?.count ?? plan.partitions), atMost: below?.atMost ?? true };
    }
    case 'union': {
      const [left, right] = [partitionsOf(plan.left), partitionsOf(plan.right)];
      return left && right && { count: left.count + right.count, atMost: left.atMost || right.atMost };
    }
    case 'project':
      return plan.columns.some(gathers) ? null : partitionsOf(plan.input);
    case 'withColumns':
      return plan.columns.some((c) => gathers(c.value)) ? null : partitionsOf(plan.input);
    case 'rename':
    case 'toDF':
    case 'drop':
    case 'alias':
    case 'filter':
    case 'sample':
    case 'resample':
    case 'sampleBy':
    case 'fill':
    case 'dropNulls':
    case 'replace':
    case 'cache':
    case 'transform':
    case 'mapBatches':
      return partitionsOf(plan.input);
    default:
      return null;
  }
}

/** Whether a value depends on several rows. */
function gathers(expression: Expression): boolean {
  return containsAggregate(expression) || containsWindow(expression);
}

/** `rows` in up to `count` runs that are as long as one another, none of them empty unless there is but one. */
export function borders(rows: number, count: number): [number, number][] {
  const n = Math.max(1, Math.min(rows, count));
  return Array.from({ length: n }, (_, k) => [Math.floor((k * rows) / n), Math.floor(((k + 1) * rows) / n)]);
}
