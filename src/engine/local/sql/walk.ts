import { MlError } from '../../../error.ts';
import { type Expression, parts } from '../../../frame/expression.ts';
import { isAggregate } from './functions/index.ts';

export function containsSummary(expression: Expression): boolean {
  return expression.kind === 'summary' || parts(expression).some(containsSummary);
}

/** Whether an aggregate stands in it, other than over a window. */
export function containsAggregate(expression: Expression): boolean {
  return callIn(expression, isAggregate) !== null;
}

export function containsWindow(expression: Expression): boolean {
  return expression.kind === 'window' || parts(expression).some(containsWindow);
}

const ROW_MAKERS: ReadonlySet<string> = new Set(['explode', 'explode_outer', 'posexplode', 'posexplode_outer', 'inline', 'inline_outer', 'stack']);

/** A condition and a key of an order are of one row: they hold no aggregate, but over a window, and nothing that makes rows. */
export function checkRowWise(owner: string, expression: Expression): void {
  const name = callIn(expression, (call) => isAggregate(call) || ROW_MAKERS.has(call));
  if (name === null) return;
  const remedy = ROW_MAKERS.has(name) ? 'select it as a column first' : 'aggregate first, or take it over(Window…)';
  throw new MlError('EXPRESSION_INVALID', `${owner}: must be of each row by itself, got ${name}; ${remedy}`);
}

/** The name of a call outside of windows that passes the test. */
function callIn(expression: Expression, test: (name: string) => boolean): string | null {
  if (expression.kind === 'window') return null;
  if (expression.kind === 'call' && test(expression.name)) return expression.name;
  for (const part of parts(expression)) {
    const found = callIn(part, test);
    if (found !== null) return found;
  }
  return null;
}

/** All SQL texts in it. */
export function sqlTexts(expression: Expression): string[] {
  return expression.kind === 'sql' ? [expression.text] : parts(expression).flatMap(sqlTexts);
}
