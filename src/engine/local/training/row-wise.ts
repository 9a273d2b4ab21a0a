import { type Expression, parts } from '../../../frame/expression.ts';
import type { Plan } from '../../../frame/plan.ts';

/** The Parquet source under steps that make each row of one row; null for any other plan. */
export function rowWiseLeaf(plan: Plan): Plan | null {
  switch (plan.op) {
    case 'read':
      return plan.format === 'parquet' ? plan : null;
    case 'rename':
    case 'toDF':
    case 'drop':
    case 'alias':
    case 'repartition':
    case 'fill':
    case 'replace':
    case 'transform':
      return rowWiseLeaf(plan.input);
    case 'filter':
      return isRowWise(plan.condition) ? rowWiseLeaf(plan.input) : null;
    case 'project':
      return plan.columns.every(isRowWise) ? rowWiseLeaf(plan.input) : null;
    case 'withColumns':
      return plan.columns.every((c) => isRowWise(c.value)) ? rowWiseLeaf(plan.input) : null;
    default:
      return null;
  }
}

/** Operators and functions that look at one row alone, as calls and in SQL text. */
const OF_ROW: ReadonlySet<string> = new Set([
  ...['+', '-', '*', '/', '%', '=', '!=', '<', '<=', '>', '>=', '<=>', 'and', 'or', 'not', 'in', 'between', 'negative'],
  ...['isnull', 'isnotnull', 'isnan', 'coalesce', 'cast', 'try_cast', 'abs', 'floor', 'ceil', 'round', 'sqrt', 'exp', 'ln', 'hash_unit', 'md5'],
  ...['length', 'lower', 'upper', 'trim', 'substr', 'substring', 'contains', 'starts_with', 'like', 'year', 'month', 'day'],
]);

function isRowWise(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
    case 'literal':
    case 'star':
      return true;
    case 'call':
      return OF_ROW.has(expression.name) && expression.args.every(isRowWise);
    case 'alias':
    case 'cast':
    case 'case':
      return parts(expression).every(isRowWise);
    case 'sql':
      return isRowWiseText(expression.text);
    default:
      return false;
  }
}

/** Whether SQL text surely is: one with a query, a window, a comment or an unknown name before a parenthesis counts as none. */
function isRowWiseText(text: string): boolean {
  if (/\b(select|over|from)\b|\/\*|--/i.test(text)) return false;
  return [...text.matchAll(/([\w"'`$]+)\s*\(/g)].every(([, name]) => OF_ROW.has(name.toLowerCase()));
}
