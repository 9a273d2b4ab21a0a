import { MlError, show } from '../../error.ts';
import type { Plan } from '../../frame/plan.ts';
import { type Field, Schema } from '../../frame/schema.ts';
import { duckType, identifier } from './sql/duck-type.ts';
import type { PlanContext, Relation } from './sql/relation.ts';

/** SQL text over frames: each a common table expression under its name, with the columns' own names. */
export async function sqlRelation(
  plan: Extract<Plan, { op: 'sql' }>,
  compile: (input: Plan) => Promise<Relation>,
  { describe, syntaxTree }: Pick<PlanContext, 'describe' | 'syntaxTree'>,
): Promise<Relation> {
  const tables: string[] = [];
  const inputs: Field[] = [];
  for (const [name, frame] of plan.frames) {
    const relation = await compile(frame);
    checkCases(name, relation.schema);
    inputs.push(...relation.schema.fields);
    const columns = relation.schema.fields.map((f, j) => `${relation.columns[j]} AS ${identifier(f.name)}`);
    tables.push(`${identifier(name)} AS (SELECT ${columns.join(', ')} FROM (${relation.sql}) AS t)`);
  }
  const body = plan.text.trim().replace(/;+$/, '');
  const query = `${tables.length > 0 ? `WITH ${tables.join(', ')} ` : ''}SELECT * FROM (\n${body}\n) AS q`;
  const described = await describe(query);
  const passed = passedColumns(await syntaxTree(body).catch(() => null), plan.frames.size === 1 ? inputs : []);
  const fields = described.map(({ name, type }): Field => passed.get(name) ?? { name, type, nullable: true });
  const aliases = fields.map((_, j) => `q${j}`);
  const list = fields.map((f, j) => `CAST(q${j} AS ${duckType(f.type)}) AS c${j}`);
  return {
    sql: `SELECT ${list.join(', ')} FROM (${query}) AS t(${aliases.join(', ')})`,
    schema: new Schema(fields),
    columns: fields.map((_, j) => `c${j}`),
    stable: false,
  };
}

/** The columns of a query over one frame that are the frame's own, unchanged: they keep their type and metadata. */
function passedColumns(tree: unknown, inputs: readonly Field[]): ReadonlyMap<string, Field> {
  const passed = new Map<string, Field>();
  type Item = {
    class?: string;
    column_names?: string[];
    alias?: string;
    replace_list?: unknown[];
    exclude_list?: unknown[];
    rename_list?: unknown[];
  };
  const node = (tree as { statements?: { node?: { type?: string; select_list?: Item[] } }[] } | null)?.statements?.[0]?.node;
  if (node?.type !== 'SELECT_NODE') return passed;
  for (const item of node.select_list ?? []) {
    const simple = !item.replace_list?.length && !item.rename_list?.length;
    if (item.class === 'STAR' && simple) for (const field of inputs) passed.set(field.name, field);
    if (item.class !== 'COLUMN_REF' || item.column_names === undefined) continue;
    const field = inputs.find(({ name }) => name === item.column_names?.at(-1));
    if (field && (!item.alias || item.alias === field.name)) passed.set(field.name, field);
  }
  for (const item of node.select_list ?? []) {
    if (item.alias && !(item.class === 'COLUMN_REF' && item.column_names?.at(-1) === item.alias)) passed.delete(item.alias);
  }
  return passed;
}

/** SQL text knows columns whatever their case: names that differ in nothing else cannot be told apart there. */
function checkCases(frame: string, schema: Schema): void {
  const seen = new Map<string, string>();
  for (const name of schema.names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw new MlError(
        'COLUMN_AMBIGUOUS',
        `sql: columns ${show(other)} and ${show(name)} of ${show(frame)} must differ in more than case; rename one`,
        {
          column: name,
        },
      );
    }
    seen.set(name.toLowerCase(), name);
  }
}
