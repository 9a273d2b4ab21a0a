import { MlError, show } from '../../../error.ts';
import type { Expression } from '../../../frame/expression.ts';
import { columnIndex, unknownColumn } from './column-index.ts';
import { expressionSql } from './expression.ts';
import type { PlanContext, Relation } from './relation.ts';
import { scopeOver } from './scope.ts';
import type { Scope, Typed } from './typed.ts';
import { sqlTexts } from './walk.ts';

interface Reference {
  /** Byte offset in the statement. */
  readonly at: number;
  readonly names: readonly string[];
  /** There names may be columns of tables that the text itself brings. */
  readonly inSubquery: boolean;
}

/** Functions that are written without brackets. */
const NILADIC: ReadonlySet<string> = new Set(
  'current_date current_time current_timestamp localtime localtimestamp user current_user session_user current_role current_catalog current_schema'.split(
    ' ',
  ),
);

const PREFIX = 'SELECT ';

/**
 * The scope of a relation, with the SQL texts of `expressions` compiled. DuckDB's own parser says where column names stand in a text;
 * those that the relation has, case counting, are replaced by its internal names.
 */
export async function compileTexts(owner: string, expressions: readonly Expression[], from: Relation, context: PlanContext): Promise<Scope> {
  return withTexts({ ...scopeOver(from), owner }, expressions, `(${from.sql}) AS t`, context);
}

/** The scope with SQL texts compiled; `tables` is the FROM clause in which its columns are known. */
export async function withTexts(scope: Scope, expressions: readonly Expression[], tables: string, context: PlanContext): Promise<Scope> {
  const wanted = new Set(expressions.flatMap(sqlTexts));
  if (wanted.size === 0) return scope;
  const texts = new Map<string, Typed>();
  for (const text of wanted) texts.set(text, await compileText(text, scope, tables, context));
  return { ...scope, texts };
}

async function compileText(text: string, scope: Scope, tables: string, context: PlanContext): Promise<Typed> {
  // A name may be a word of SQL's.
  if (columnIndex(text.trim(), scope) >= 0) return expressionSql({ kind: 'column', name: text.trim() }, scope);
  const tree = await parse(text, context);
  const [item] = tree.items;
  const sql = renamed(tree.alias ? withoutAlias(text) : text, item, scope);
  const [described] = await context.describe(`SELECT ${sql} AS c0 FROM ${tables}`);
  const name = tree.alias || plainName(item, scope) || text.trim();
  return { sql: `(${sql})`, type: described.type, nullable: true, name };
}

async function parse(text: string, context: PlanContext): Promise<{ items: unknown[]; alias: string }> {
  const fail = (why: string) => new MlError('EXPRESSION_INVALID', `expr: must be one SQL expression, ${why} in ${show(text)}`, { value: text });
  const tree = (await context.syntaxTree(PREFIX + text)) as {
    error?: boolean;
    error_message?: string;
    statements?: {
      node: {
        select_list?: { alias?: string }[];
        from_table?: { type?: string };
        where_clause?: unknown;
        modifiers?: unknown[];
        group_expressions?: unknown[];
      };
    }[];
  };
  if (tree.error) throw fail(`${tree.error_message ?? 'it cannot be read'} (a column called like a word of SQL's stands in double quotes),`);
  const node = tree.statements?.[0]?.node;
  const plain = node?.from_table?.type === 'EMPTY' && !node.where_clause && !node.modifiers?.length && !node.group_expressions?.length;
  if (tree.statements?.length !== 1 || !node || !plain || node.select_list?.length !== 1) throw fail('got more');
  return { items: node.select_list, alias: node.select_list[0].alias ?? '' };
}

/** The text before `AS name`. */
function withoutAlias(text: string): string {
  return text.replace(/\s+(?:as\s+)?(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)\s*$/iu, '');
}

/** The name of a text that is just one column. */
function plainName(item: unknown, scope: Scope): string {
  const { type, column_names: names } = item as { type?: string; column_names?: string[] };
  if (type !== 'COLUMN_REF' || !names) return '';
  const at = columnIndex(names.join('.'), scope);
  return at >= 0 ? scope.schema.fields[at].name : '';
}

/** The text with the relation's own names in place of the columns'. */
function renamed(text: string, item: unknown, scope: Scope): string {
  const bytes = Buffer.from(text, 'utf8');
  const references = [...columnReferences(item, new Set(), false)].sort((a, b) => a.at - b.at);
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { at, names, inSubquery } of references) {
    const start = at - PREFIX.length;
    if (start < from) continue;
    const found = resolve(names, scope);
    if (!found && !inSubquery && !NILADIC.has(names[0].toLowerCase())) throw unknownColumn(names.join('.'), scope);
    if (!found) continue;
    const length = identifierLength(bytes.toString('utf8', start), found.used);
    pieces.push(bytes.subarray(from, start), Buffer.from(found.sql));
    from = start + length;
  }
  return Buffer.concat([...pieces, bytes.subarray(from)]).toString('utf8');
}

/** The longest leading part of a dotted name that is a column; what follows are fields. */
function resolve(names: readonly string[], scope: Scope): { sql: string; used: number } | null {
  for (let used = names.length; used > 0; used--) {
    const at = columnIndex(names.slice(0, used).join('.'), scope);
    if (at >= 0) return { sql: scope.columns[at], used };
  }
  return null;
}

/** Bytes that `count` identifiers joined by dots take at the start of `text`. */
function identifierLength(text: string, count: number): number {
  const one = String.raw`(?:"(?:[^"]|"")*"|[^\s.,()+\-*/%=<>!|&^~\[\]:;'"]+)`;
  const match = new RegExp(`^${one}(?:\\s*\\.\\s*${one}){${count - 1}}`, 'u').exec(text);
  return Buffer.byteLength(match?.[0] ?? '', 'utf8');
}

/** Column references but for parameters of lambdas. */
function* columnReferences(node: unknown, parameters: ReadonlySet<string>, inSubquery: boolean): Generator<Reference> {
  if (Array.isArray(node)) {
    for (const child of node) yield* columnReferences(child, parameters, inSubquery);
  } else if (typeof node === 'object' && node !== null) {
    const { type, column_names: names, query_location: at } = node as { type?: string; column_names?: string[]; query_location?: number };
    if (type === 'COLUMN_REF' && names && typeof at === 'number') {
      if (!parameters.has(names[0])) yield { at, names, inSubquery };
    } else if (type === 'LAMBDA') {
      const { lhs, expr } = node as { lhs?: unknown; expr?: unknown };
      const bound = [...columnReferences(lhs, new Set(), false)].map((r) => r.names[0]);
      yield* columnReferences(expr, new Set([...parameters, ...bound]), inSubquery);
    } else {
      for (const child of Object.values(node)) yield* columnReferences(child, parameters, inSubquery || type === 'SUBQUERY');
    }
  }
}
