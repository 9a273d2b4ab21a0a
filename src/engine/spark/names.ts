import { type Expression, parts, pathOf } from '../../frame/expression.ts';
import { inputsOf, type Plan } from '../../frame/plan.ts';
import type { Schema } from '../../frame/schema.ts';

/** A name as Spark reads it: one part, whatever characters it has. */
export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** What the names in a step's expressions mean. */
export interface Names {
  /** The column as Spark reads it. */
  attribute(name: string): string;
  /** Number of the plan that a column was taken from (`frame.col(name)`), where a join makes that matter. */
  planOf(of: object): bigint | undefined;
}

/** What names need to know of plans. */
interface PlanNumbers {
  number(plan: Plan): bigint;
  schema(plan: Plan): Promise<Schema>;
}

/**
 * The names of a step over `inputs`. A name is a column's whole name here, dots and all, while Spark splits at dots; only where a name has a dot (or
 * a backtick) the schemas must be asked for, to see whether it is a column, `alias.column` or `struct.field`.
 */
export async function namesOver(inputs: readonly Plan[], expressions: readonly Expression[], plans: PlanNumbers): Promise<Names> {
  const dotted = expressions.some((e) => columnNames(e).some((name) => /[.`]/.test(name)));
  const schemas = dotted ? await Promise.all(inputs.map((input) => plans.schema(input))) : [];
  return {
    attribute: (name) => (/[.`]/.test(name) ? resolved(name, schemas) : quoted(name)),
    planOf: (of) => (inputs.some((input) => behindJoin(input, of, inputs.length > 1)) ? plans.number(of as Plan) : undefined),
  };
}

function columnNames(expression: Expression): string[] {
  return expression.kind === 'column' ? [expression.name] : parts(expression).flatMap(columnNames);
}

function resolved(name: string, schemas: readonly Schema[]): string {
  if (schemas.some((s) => s.has(name))) return quoted(name);
  const dots = [...name.matchAll(/\./g)].map((m) => m.index).filter((at) => at > 0 && at < name.length - 1);
  const alias = dots.find((at) => schemas.some((s) => s.has(name.slice(at + 1))));
  if (alias !== undefined) return `${quoted(name.slice(0, alias))}.${quoted(name.slice(alias + 1))}`;
  const owner = dots.findLast((at) => schemas.some((s) => s.has(name.slice(0, at)) && s.find(name.slice(0, at))?.type.kind === 'struct'));
  if (owner !== undefined)
    return `${quoted(name.slice(0, owner))}.${name
      .slice(owner + 1)
      .split('.')
      .map(quoted)
      .join('.')}`;
  return dots.length > 0 || name.startsWith('`') ? pathOf(name).map(quoted).join('.') : quoted(name);
}

/** Whether `of` is a plan below `plan`, with a join on the way. Plans may share inputs: each is looked at once behind a join, and once before. */
function behindJoin(plan: Plan, of: object, joined: boolean, seen: readonly [Set<Plan>, Set<Plan>] = [new Set(), new Set()]): boolean {
  if (plan === of && joined) return true;
  const known = seen[joined ? 1 : 0];
  if (known.has(plan)) return false;
  known.add(plan);
  const branches = inputsOf(plan);
  return branches.some((input) => behindJoin(input, of, joined || branches.length > 1, seen));
}
