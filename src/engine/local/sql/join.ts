import { MlError, show } from '../../../error.ts';
import type { Expression } from '../../../frame/expression.ts';
import type { JoinType, Plan } from '../../../frame/plan.ts';
import { type Field, Schema } from '../../../frame/schema.ts';
import { castSql } from './cast.ts';
import { commonType } from './coerce.ts';
import { columnIndex } from './column-index.ts';
import { conditionSql } from './expression.ts';
import { comparison } from './operators.ts';
import type { Origin, PlanContext, Relation } from './relation.ts';
import { scopeOver } from './scope.ts';
import { withTexts } from './sql-text.ts';
import type { Scope, Typed } from './typed.ts';

const SQL: Readonly<Record<JoinType, string>> = {
  inner: 'JOIN',
  left: 'LEFT JOIN',
  right: 'RIGHT JOIN',
  full: 'FULL JOIN',
  semi: 'SEMI JOIN',
  anti: 'ANTI JOIN',
  cross: 'CROSS JOIN',
};

type JoinPlan = Extract<Plan, { op: 'join' }>;

/** A join; named columns come once, first, as in Spark. Its rows have no order of their own. */
export async function joinSql(left: Relation, right: Relation, { on, type }: JoinPlan, context: PlanContext): Promise<Relation> {
  const l = scopeOver(left, 'l');
  const r = scopeOver(right, 'r');
  const using = Array.isArray(on) ? (on as readonly string[]).map((name) => pair(name, l, r)) : [];
  const condition = Array.isArray(on)
    ? using.map((u) => u.equal).join(' AND ')
    : on === null
      ? null
      : await conditionOf(on as Expression, l, r, `(${left.sql}) AS l, (${right.sql}) AS r`, context);
  if (condition === null && type !== 'cross' && type !== 'inner') {
    throw new MlError('PARAM_INVALID', `join: a ${type} join needs columns or a condition`, { param: 'on' });
  }
  const columns = outputs(type, using, l, r);
  const from = `FROM (${left.sql}) AS l ${condition === null ? SQL.cross : SQL[type]} (${right.sql}) AS r`;
  return {
    sql: `SELECT ${columns.map((c, i) => `${c.sql} AS c${i}`).join(', ')} ${from}${condition === null ? '' : ` ON ${condition}`}`,
    schema: new Schema(columns.map((c) => c.field)),
    columns: columns.map((_, i) => `c${i}`),
    stable: false,
    qualifiers: columns.map((c) => c.qualifier),
    origins: columns.map((c) => c.origin),
  };
}

interface Pair {
  readonly left: number;
  readonly right: number;
  readonly equal: string;
}

function pair(name: string, l: Scope, r: Scope): Pair {
  const find = (scope: Scope, side: string) => {
    const at = columnIndex(name, scope);
    if (at >= 0) return at;
    throw new MlError('COLUMN_NOT_FOUND', `join: column ${show(name)} must be in both frames; the ${side} one has ${scope.schema.names.join(', ')}`, {
      column: name,
    });
  };
  const [left, right] = [find(l, 'left'), find(r, 'right')];
  return { left, right, equal: comparison('=', typed(l, left), typed(r, right)).sql };
}

function typed(scope: Scope, i: number): Typed {
  return { ...scope.schema.fields[i], sql: scope.columns[i] };
}

async function conditionOf(on: Expression, l: Scope, r: Scope, tables: string, context: PlanContext): Promise<string> {
  const both = <T>(of: (scope: Scope) => readonly (T | null)[] | undefined) => [l, r].flatMap((s) => of(s) ?? s.columns.map(() => null));
  const scope: Scope = {
    owner: 'join',
    schema: new Schema([...l.schema.fields, ...r.schema.fields]),
    columns: [...l.columns, ...r.columns],
    qualifiers: both((s) => s.qualifiers),
    origins: both((s) => s.origins),
  };
  return conditionSql('join', on, await withTexts(scope, [on], tables, context));
}

interface Output {
  readonly sql: string;
  readonly field: Field;
  readonly qualifier: string | null;
  readonly origin: Origin | null;
}

function outputs(type: JoinType, using: readonly Pair[], l: Scope, r: Scope): Output[] {
  const side = (scope: Scope, without: ReadonlySet<number>, optional: boolean): Output[] =>
    scope.schema.fields.flatMap((field, i) =>
      without.has(i)
        ? []
        : [
            {
              sql: scope.columns[i],
              field: optional ? { ...field, nullable: true } : field,
              qualifier: scope.qualifiers?.[i] ?? null,
              origin: scope.origins?.[i] ?? null,
            },
          ],
    );
  if (type === 'semi' || type === 'anti') {
    const all = side(l, new Set(), false);
    const keys = using.map((u) => u.left);
    return [...keys.map((i) => all[i]), ...side(l, new Set(keys), false)];
  }
  const keys = using.map(({ left, right }): Output => {
    const [a, b] = [typed(l, left), typed(r, right)];
    if (type === 'full') {
      const common = commonType(a.type, b.type) ?? a.type;
      return {
        sql: `coalesce(${castSql(a, common).sql}, ${castSql(b, common).sql})`,
        field: { name: a.name, type: common, nullable: true },
        qualifier: null,
        origin: null,
      };
    }
    const kept = type === 'right' ? b : a;
    const from = type === 'right' ? r.schema.fields[right] : l.schema.fields[left];
    const side = type === 'right' ? r : l;
    return { sql: kept.sql, field: from, qualifier: null, origin: side.origins?.[type === 'right' ? right : left] ?? null };
  });
  const lost = { left: type === 'right' || type === 'full', right: type === 'left' || type === 'full' };
  return [...keys, ...side(l, new Set(using.map((u) => u.left)), lost.left), ...side(r, new Set(using.map((u) => u.right)), lost.right)];
}
