import { MlError } from '../../../error.ts';
import type { Plan } from '../../../frame/plan.ts';
import { expressionSql } from './expression.ts';
import type { Relation } from './relation.ts';
import { scopeOver, select } from './scope.ts';
import { containsAggregate, containsSummary } from './walk.ts';

type Compile = (plan: Plan) => Promise<Relation>;

/**
 * What `build` makes of the relation of `plan`. A column that it asks for and that a `select` has left out comes along, and goes again behind it:
 * `frame.select('a').orderBy('b')`.
 */
export async function withLeftOut(plan: Plan, compile: Compile, build: (from: Relation) => Promise<Relation>): Promise<Relation> {
  const from = await compile(plan);
  const brought = new Set<string>();
  for (let wide = plan, relation = from; ; relation = await compile(wide)) {
    try {
      const made = await build(relation);
      if (wide === plan) return made;
      const { qualifiers, origins } = from;
      return { ...select(made, [...from.columns.keys()]), qualifiers, origins };
    } catch (error) {
      const name = error instanceof MlError && error.code === 'COLUMN_NOT_FOUND' ? error.details.column : undefined;
      const wider = typeof name === 'string' && !brought.has(name) ? await widened(wide, name, compile) : null;
      if (!wider) throw error;
      brought.add(name as string);
      wide = wider;
    }
  }
}

/** The plan with one more column at the end, one that a `select` within it has left out; null where there is none. */
async function widened(plan: Plan, name: string, compile: Compile): Promise<Plan | null> {
  switch (plan.op) {
    case 'filter':
    case 'sort':
    case 'limit': {
      const input = await widened(plan.input, name, compile);
      return input && { ...plan, input };
    }
    case 'project': {
      if (plan.columns.some((column) => containsAggregate(column) || containsSummary(column))) return null;
      const input = has(await compile(plan.input), name) ? plan.input : await widened(plan.input, name, compile);
      return input && { ...plan, input, columns: [...plan.columns, { kind: 'alias', child: { kind: 'column', name }, name }] };
    }
    default:
      return null;
  }
}

function has(from: Relation, name: string): boolean {
  try {
    expressionSql({ kind: 'column', name }, scopeOver(from));
    return true;
  } catch (error) {
    if (error instanceof MlError) return false;
    throw error;
  }
}
