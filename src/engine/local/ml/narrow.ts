import type { Expression } from '../../../frame/expression.ts';
import type { Plan } from '../../../frame/plan.ts';

const NONE: ReadonlySet<string> = new Set();

/** Columns asked of a chain of transformers, by the plan of its last one; none: all. */
const wantedBy = new WeakMap<Plan, ReadonlySet<string>>();

/** What {@link narrow} found that a transform must make; null when that is all. */
export function wantedOf(plan: Plan): ReadonlySet<string> | null {
  return wantedBy.get(plan) ?? null;
}

/**
 * The plan with a note at each chain of transformers which columns anyone above it reads, so that it makes no others: DuckDB can prune
 * columns of tables, but cannot look into our function. `wanted` null: all. Plans between are made anew only above a chain; what may be
 * kept once for several plans (below samples, joins, unions …) stays the same object. `asked`: what filters and sorts read behind a selection,
 * which may have left it out.
 */
export function narrow(plan: Plan, wanted: ReadonlySet<string> | null, asked: ReadonlySet<string> | null = NONE): Plan {
  switch (plan.op) {
    case 'transform': {
      if (!wanted) return plan;
      const noted = { ...plan };
      wantedBy.set(noted, wanted);
      return noted;
    }
    case 'project':
      return below(plan, plus(asked, references(plan.columns)), asked);
    case 'filter':
    case 'sort': {
      const read = references(plan.op === 'sort' ? plan.keys : [plan.condition]);
      return below(plan, plus(wanted, read), plus(asked, read));
    }
    case 'aggregate':
      return below(plan, references([...plan.keys, ...plan.aggregates]));
    case 'pivot':
      return below(plan, references([...plan.keys, plan.column, ...plan.aggregates]));
    case 'withColumns': {
      if (!wanted) return plan;
      const made = new Set(plan.columns.map((c) => c.name));
      const rest = new Set([...wanted].filter((name) => !made.has(name)));
      return below(plan, plus(rest, references(plan.columns.map((c) => c.value))));
    }
    case 'limit':
      return below(plan, wanted, asked);
    case 'drop':
    case 'repartition':
      return below(plan, wanted);
    case 'cache':
      return startsChain(plan.input) ? below(plan, wanted) : plan;
    default:
      return plan;
  }
}

function startsChain(plan: Plan): boolean {
  return plan.op === 'transform' || plan.op === 'cache' || plan.op === 'repartition';
}

function below<P extends Plan & { readonly input: Plan }>(plan: P, wanted: ReadonlySet<string> | null, asked?: ReadonlySet<string> | null): P {
  const input = narrow(plan.input, wanted, asked);
  return input === plan.input ? plan : { ...plan, input };
}

function plus(a: ReadonlySet<string> | null, b: ReadonlySet<string> | null): ReadonlySet<string> | null {
  return a && b ? new Set([...a, ...b]) : null;
}

/** Names that expressions may read (a superset: `a.b` may be a column or a field of one); null when that cannot be told. */
function references(expressions: readonly Expression[]): ReadonlySet<string> | null {
  const names = new Set<string>();
  for (const expression of expressions) if (!collect(expression, names)) return null;
  return names;
}

function collect(expression: Expression, names: Set<string>): boolean {
  if (expression.kind === 'star') return false;
  if (expression.kind === 'sql') return collectText(expression.text, names);
  if (expression.kind === 'column') {
    const parts = expression.name.split('.');
    if (expression.name === '*' || parts.at(-1) === '*') return false;
    addDotted(parts, names);
    return true;
  }
  return Object.values(expression).every((part) => {
    if (Array.isArray(part)) return part.every((item) => collectPart(item, names));
    return collectPart(part, names);
  });
}

/** Adds each run of the parts, joined by dots. */
function addDotted(parts: readonly string[], names: Set<string>): void {
  for (let from = 0; from < parts.length; from++) {
    for (let to = from + 1; to <= parts.length; to++) names.add(parts.slice(from, to).join('.'));
  }
}

/** A literal, or identifiers joined by dots (bare ones, and quoted ones with `""` for a quote). */
const TOKENS = (() => {
  const identifier = String.raw`(?:"(?:[^"]|"")*"|[^\s.,()+\-*/%=<>!|&^~\[\]{}:;'"]+)`;
  return new RegExp(String.raw`'(?:[^']|'')*'|${identifier}(?:\s*\.\s*${identifier})*`, 'gu');
})();

/** Words after which a text may mean columns that it does not name. */
const WIDE: ReadonlySet<string> = new Set(['select', 'from', 'table', 'columns', 'exclude', 'replace', 'unpack']);

/**
 * Names in an SQL text, functions and keywords among them: a superset of its columns. Texts with comments, escapes, dollar quotes, stars
 * or queries of their own are not looked into.
 */
function collectText(text: string, names: Set<string>): boolean {
  if (/--|\/\*|[\\$*]/.test(text)) return false;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token.startsWith("'")) continue;
    const parts = [...token.matchAll(/"((?:[^"]|"")*)"|[^\s."]+/gu)].map((m) => (m[1] === undefined ? m[0] : m[1].replaceAll('""', '"')));
    if (parts.some((part) => WIDE.has(part.toLowerCase()))) return false;
    addDotted(
      parts.flatMap((part) => part.split('.')),
      names,
    );
  }
  return true;
}

function collectPart(part: unknown, names: Set<string>): boolean {
  if (typeof part !== 'object' || part === null) return true;
  if ('kind' in part && typeof part.kind === 'string' && !('precision' in part)) return collect(part as Expression, names);
  if ('when' in part && 'then' in part) return collectPart(part.when, names) && collectPart(part.then, names);
  return true;
}
