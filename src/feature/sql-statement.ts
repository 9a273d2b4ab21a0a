import { MlError, show } from '../error.ts';
import { SQL_FUNCTIONS } from './sql-functions.ts';

/** What stands for the frame in a statement. */
export const THIS = '__THIS__';

interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'mark' | 'end';
  /** Words in lower case, quoted names without their quotes. */
  readonly text: string;
}

/** In the order of trial: spaces, comments, texts, names in quotes or backticks, words, numbers, any other character. */
const TOKEN = /[ \t\r\n]+|--|\/\*|'(?:[^']|'')*'|"(?:[^"]|"")+"|`[^`"]+`|[\p{L}_][\p{L}\p{M}\p{N}_]*|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|[\s\S]/gu;
const MARKS = /^[!-~]$/;
const REFUSED_MARKS = new Set([';', '$', '\\', "'", '"', '`', '#', '@', '?']);

/** Words that may stand before a bracket without being functions. */
const BEFORE_BRACKET = new Set(
  `all and any as between by case distinct else except exclude exists filter from group having in intersect is join like ilike not on or order over
   partition qualify rename replace select similar some then union using values when where within materialized lateral decimal numeric varchar
   char struct map columns offset limit`.split(/\s+/),
);
const QUERY_STARTS = new Set(['select', 'with', 'from', 'values']);
const SET_OPERATORS = new Set(['union', 'except', 'intersect']);
/** Words that end a list of tables. */
const AFTER_TABLES = new Set('where group having order limit offset qualify window union except intersect select'.split(' '));
/** Statements, and further ways to name a table, that may not open a bracket. */
const OTHER_STATEMENTS = new Set(
  `alter analyze attach call checkpoint copy create deallocate delete describe desc detach drop execute explain export import insert install load
   merge pivot pivot_longer pivot_wider pragma prepare reset set show summarize table truncate unpivot update use vacuum`.split(/\s+/),
);

/**
 * Checks that `statement` is one SELECT that reads only `__THIS__` (and its own WITH tables) and calls only known functions; throws
 * otherwise. So no file, setting, other table or other statement can be reached through a text that came with a model's files.
 * Whatever is in doubt is refused: comments, escapes in texts, characters that are no letters. Returns the statement with names in
 * backticks, which only Spark knows, in double quotes.
 */
export function checkStatement(owner: string, stage: string, statement: string): string {
  const fail = (message: string): never => {
    throw new MlError('PARAM_INVALID', `${owner}: statement ${message}`, { stage, param: 'statement', value: statement });
  };
  new StatementCheck(tokens(statement, fail), fail).run();
  return statement.replace(TOKEN, (text) => (text.length > 1 && text.startsWith('`') ? `"${text.slice(1, -1)}"` : text));
}

function tokens(statement: string, fail: (message: string) => never): Token[] {
  const found: Token[] = [];
  let afterWord = false;
  for (const [text] of statement.trim().replace(/;$/, '').matchAll(TOKEN)) {
    const token = tokenOf(text);
    if (text === '--' || text === '/*') fail('must not hold comments');
    if (token?.kind === 'string' && afterWord) fail(`must not hold a text with a prefix, got ${show(found.at(-1)?.text)} before ${text}`);
    if (token?.kind === 'mark' && (!MARKS.test(text) || REFUSED_MARKS.has(text)))
      fail(`must not hold ${show(text)} outside of texts and quoted names`);
    afterWord = token?.kind === 'word';
    if (token) found.push(token);
  }
  return found;
}

function tokenOf(text: string): Token | null {
  if (/^[ \t\r\n]/.test(text)) return null;
  if (text.length > 1 && text.startsWith("'")) return { kind: 'string', text };
  if (text.length > 1 && /^["`]/.test(text)) return { kind: 'quoted', text: text.slice(1, -1).replaceAll('""', '"') };
  if (/^[\p{L}_]/u.test(text)) return { kind: 'word', text: text.toLowerCase() };
  return { kind: /^\d/.test(text) ? 'number' : 'mark', text };
}

/** What surrounds a token: a query (whose list of tables may be open), tables in brackets, or an expression. */
interface Scope {
  kind: 'query' | 'tables' | 'expression';
  inTables: boolean;
  /** WITH tables of a query, by where their own queries end: they can be read only after that. */
  readonly tables: Map<string, number>;
}

const scopeOf = (kind: Scope['kind']): Scope => ({ kind, inTables: kind === 'tables', tables: new Map() });

class StatementCheck {
  readonly #tokens: readonly Token[];
  readonly #fail: (message: string) => never;
  readonly #scopes: Scope[] = [scopeOf('query')];
  #at = 0;
  #readsThis = false;

  constructor(list: readonly Token[], fail: (message: string) => never) {
    this.#tokens = list;
    this.#fail = fail;
  }

  run(): void {
    const first = this.#peek(0);
    if (first.kind !== 'word' || (first.text !== 'select' && first.text !== 'with')) this.#fail(`must be a SELECT, got ${show(first.text)}`);
    for (; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at];
      if (token.kind === 'mark') this.#mark(token.text);
      else if (token.kind === 'word') this.#word(token.text);
      else if (token.kind === 'quoted' && this.#isMark(1, '(')) this.#fail(`calls ${show(token.text)}, which is not among the known functions`);
    }
    if (this.#scopes.length > 1) this.#fail('has a bracket that is not closed');
    if (!this.#readsThis) this.#fail(`must read ${THIS}, it does not`);
  }

  #word(text: string): void {
    const scope = this.#scope;
    if (this.#isMark(1, '(') && !BEFORE_BRACKET.has(text) && !SQL_FUNCTIONS.has(text)) {
      this.#fail(`calls ${text}, which is not among the known functions`);
    }
    if (this.#isMark(-1, '.')) return;
    if (SET_OPERATORS.has(text)) {
      scope.kind = 'query';
      scope.inTables = false;
      this.#afterSetOperator();
    } else if (scope.kind === 'expression') return;
    else if (text === 'with' && this.#opens()) this.#withTables(scope);
    else if (text === 'from' && !this.#isDistinctFrom()) {
      scope.inTables = true;
      this.#table();
    } else if (text === 'join') this.#table();
    else if (AFTER_TABLES.has(text)) scope.inTables = false;
  }

  #mark(text: string): void {
    if (text === '(' || text === '[' || text === '{') {
      const next = this.#peek(1);
      if (text === '(' && next.kind === 'word' && OTHER_STATEMENTS.has(next.text)) this.#fail(`must be one SELECT, got ${next.text}`);
      this.#scopes.push(scopeOf(text === '(' && next.kind === 'word' && QUERY_STARTS.has(next.text) ? 'query' : 'expression'));
    } else if (text === ')' || text === ']' || text === '}') {
      if (this.#scopes.length === 1) this.#fail('closes a bracket that is not open');
      this.#scopes.pop();
    } else if (text === ',' && this.#scope.inTables) this.#table();
  }

  /** Whether the current word opens its query. */
  #opens(): boolean {
    return this.#at === 0 || this.#isMark(-1, '(');
  }

  /** `IS [NOT] DISTINCT FROM` compares; a column named `distinct` does not. */
  #isDistinctFrom(): boolean {
    const [before, first] = [this.#peek(-1), this.#peek(-2)];
    return before.kind === 'word' && before.text === 'distinct' && first.kind === 'word' && (first.text === 'is' || first.text === 'not');
  }

  /** `WITH name AS (query), …`. */
  #withTables(scope: Scope): void {
    for (let i = 1; ; i++) {
      const name = this.#peek(i);
      if ((name.kind !== 'word' && name.kind !== 'quoted') || name.text === 'recursive') this.#fail('must give its WITH tables plain names');
      if (this.#peek(++i).text !== 'as' || !this.#isMark(++i, '(')) this.#fail('must have AS and a query in brackets for each WITH table');
      i = this.#closing(i);
      scope.tables.set(name.text.toLowerCase(), this.#at + i);
      if (!this.#isMark(i + 1, ',')) return;
      i++;
    }
  }

  /** Offset of the bracket that closes the one at offset `open`. */
  #closing(open: number): number {
    let depth = 0;
    for (let i = open; ; i++) {
      if (this.#peek(i).kind === 'end') this.#fail('has a bracket that is not closed');
      if (this.#isMark(i, '(')) depth++;
      if (this.#isMark(i, ')') && --depth === 0) return i;
    }
  }

  /** What follows must be a table that may be read: `__THIS__`, a WITH table, or a query or tables in brackets. */
  #table(): void {
    if (this.#peek(1).kind === 'word' && this.#peek(1).text === 'lateral') this.#at++;
    const next = this.#peek(1);
    if (this.#isMark(1, '(')) {
      const inner = this.#peek(2);
      if (inner.kind === 'word' && QUERY_STARTS.has(inner.text)) return;
      this.#at++;
      this.#scopes.push(scopeOf('tables'));
      this.#table();
      return;
    }
    if (next.kind === 'word' && next.text === 'unnest' && this.#isMark(2, '(')) return;
    const name = next.kind === 'word' || next.kind === 'quoted' ? next.text.toLowerCase() : '';
    const isThis = name === THIS.toLowerCase();
    const more = this.#peek(2);
    const qualified = more.kind === 'mark' && (more.text === '.' || more.text === '(' || more.text === ':');
    if (qualified || !(isThis || this.#isWithTable(name))) this.#fail(`may read ${THIS} only, got ${next.text === '' ? 'nothing' : show(next.text)}`);
    this.#readsThis ||= isThis;
    this.#at++;
  }

  #isWithTable(name: string): boolean {
    return this.#scopes.some(({ tables }) => (tables.get(name) ?? Number.POSITIVE_INFINITY) < this.#at);
  }

  #afterSetOperator(): void {
    let i = 1;
    while (['all', 'distinct', 'by', 'name'].includes(this.#peek(i).text)) i++;
    const next = this.#peek(i);
    if (!this.#isMark(i, '(') && !(next.kind === 'word' && QUERY_STARTS.has(next.text))) this.#fail(`must go on with SELECT, got ${show(next.text)}`);
  }

  get #scope(): Scope {
    return this.#scopes[this.#scopes.length - 1];
  }

  #isMark(offset: number, text: string): boolean {
    const token = this.#peek(offset);
    return token.kind === 'mark' && token.text === text;
  }

  #peek(offset: number): Token {
    return this.#tokens[this.#at + offset] ?? { kind: 'end', text: '' };
  }
}
