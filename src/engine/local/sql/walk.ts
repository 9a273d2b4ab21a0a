import type { Expression } from '../../../frame/expression.ts';
import { isAggregate } from './functions/index.ts';

/** The expressions directly within one. */
export function parts(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'call':
      return expression.args;
    case 'cast':
    case 'alias':
    case 'field':
    case 'sort':
      return [expression.child];
    case 'case':
      return [...expression.branches.flatMap((b) => [b.when, b.then]), ...(expression.otherwise ? [expression.otherwise] : [])];
    case 'window':
      return [expression.call, ...expression.partitionBy, ...expression.orderBy];
    case 'lambda':
      return [expression.body];
    case 'summary':
      return expression.weight ? [expression.child, expression.weight] : [expression.child];
    default:
      return [];
  }
}

export function containsSummary(expression: Expression): boolean {
  return expression.kind === 'summary' || parts(expression).some(containsSummary);
}

/** Whether an aggregate stands in it, other than over a window. */
export function containsAggregate(expression: Expression): boolean {
  if (expression.kind === 'window') return false;
  return (expression.kind === 'call' && isAggregate(expression.name)) || parts(expression).some(containsAggregate);
}

/** All SQL texts in it. */
export function sqlTexts(expression: Expression): string[] {
  return expression.kind === 'sql' ? [expression.text] : parts(expression).flatMap(sqlTexts);
}
