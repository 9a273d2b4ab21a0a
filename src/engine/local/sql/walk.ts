import { type Expression, parts } from '../../../frame/expression.ts';
import { isAggregate } from './functions/index.ts';

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
