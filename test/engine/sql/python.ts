import { Column, lit } from '#dist/frame/column.js';
import { Frame } from '#dist/frame/frame.js';
import * as F from '#dist/frame/functions.js';
import { Window } from '#dist/frame/window.js';

/** Marks a number that Python writes with a point: a double, also where it is whole. */
class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

type Named = Map<string, unknown>;
type Call = (args: unknown[], named: Named) => unknown;

/** The value of one PySpark expression over these frames, in terms of our API. */
export function evaluate(source: string, frames: ReadonlyMap<string, Frame>): unknown {
  const reader = new Reader(source, frames);
  const value = reader.expression();
  reader.end();
  return value;
}

const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|("(?:[^"\\]|\\.)*")|([A-Za-z_]\w*)|(==|!=|<=|>=|[-+*/%&|~<>()[\]{},.:=]))/y;

/** Binary operators by how tightly they bind, as in Python. */
const LEVELS: readonly ReadonlyMap<string, string>[] = [
  new Map([
    ['==', 'eq'],
    ['!=', 'neq'],
    ['<', 'lt'],
    ['<=', 'leq'],
    ['>', 'gt'],
    ['>=', 'geq'],
  ]),
  new Map([['|', 'or']]),
  new Map([['&', 'and']]),
  new Map([
    ['+', 'plus'],
    ['-', 'minus'],
  ]),
  new Map([
    ['*', 'times'],
    ['/', 'divide'],
    ['%', 'mod'],
  ]),
];

class Reader {
  readonly #tokens: string[] = [];
  readonly #frames: ReadonlyMap<string, Frame>;
  /** What stands for the parameters of the functions that are being read. */
  readonly #variables = new Map<string, Column>();
  #at = 0;

  constructor(source: string, frames: ReadonlyMap<string, Frame>) {
    this.#frames = frames;
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < source.trimEnd().length) {
      const from = TOKEN.lastIndex;
      const match = TOKEN.exec(source);
      if (!match) throw new Error(`python: cannot read ${source.slice(from)}`);
      this.#tokens.push(match[0].trim());
    }
  }

  expression(level = 0): unknown {
    if (level === LEVELS.length) return this.#unary();
    let left = this.expression(level + 1);
    for (let method = this.#operator(level); method; method = this.#operator(level)) {
      left = (column(left) as unknown as Record<string, (x: unknown) => Column>)[method](constant(this.expression(level + 1)));
    }
    return left;
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new Error(`python: left over: ${this.#tokens.slice(this.#at).join(' ')}`);
  }

  #operator(level: number): string | undefined {
    const method = LEVELS[level].get(this.#tokens[this.#at]);
    if (method) this.#at++;
    return method;
  }

  #unary(): unknown {
    if (this.#take('~')) return (this.#unary() as Column).not();
    if (!this.#take('-')) return this.#postfix();
    const value = this.#unary();
    if (value instanceof Float) return new Float(-value.value);
    return value instanceof Column ? value.negate() : -(value as number);
  }

  #postfix(): unknown {
    let value = this.#atom();
    for (;;) {
      if (this.#take('.')) value = member(value, this.#next());
      else if (this.#take('(')) value = (value as Call)(...this.#arguments());
      else if (this.#take('[')) {
        const key = this.expression();
        this.#expect(']');
        value = value instanceof Frame ? value.col(key as string) : (value as Column).getItem(key as number);
      } else return value;
    }
  }

  #atom(): unknown {
    const token = this.#next();
    if (/^\d/.test(token)) return /[.e]/.test(token) ? new Float(Number(token)) : whole(token);
    if (token.startsWith('"')) return text(token);
    if (token === '(') return this.#closed(this.expression(), ')');
    if (token === '[') return this.#list(']');
    if (token === '{') return this.#dictionary();
    if (token === 'None') return null;
    if (token === 'True' || token === 'False') return token === 'True';
    if (token === 'float') return ([name]: string[]) => new Float(name === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY);
    if (token === 'datetime') return { date: (parts: number[]) => lit(parts.map((n) => String(n).padStart(2, '0')).join('-')).cast('date') };
    if (token === 'lambda') return this.#lambda();
    const variable = this.#variables.get(token);
    if (variable) return variable;
    if (token === 'F') return F;
    if (token === 'Window') return Window;
    return this.#frames.get(token) ?? named(F, token);
  }

  /** The body is read each time the function is called, and once to know where it ends. */
  #lambda(): (...args: Column[]) => unknown {
    const names: string[] = [];
    while (!this.#take(':')) {
      names.push(this.#next());
      this.#take(',');
    }
    const start = this.#at;
    const body = (...args: Column[]) => {
      const after = this.#at;
      names.forEach((name, i) => {
        this.#variables.set(name, args[i]);
      });
      this.#at = start;
      const value = constant(this.expression());
      for (const name of names) this.#variables.delete(name);
      if (after > start) this.#at = after;
      return value;
    };
    body(...names.map(() => lit(0)));
    return Object.defineProperty(body, 'length', { value: names.length });
  }

  #closed<T>(value: T, token: string): T {
    this.#expect(token);
    return value;
  }

  #list(end: string): unknown[] {
    const items: unknown[] = [];
    while (!this.#take(end)) {
      items.push(this.expression());
      this.#take(',');
    }
    return items;
  }

  #dictionary(): Map<unknown, unknown> {
    const entries = new Map<unknown, unknown>();
    while (!this.#take('}')) {
      const key = this.expression();
      this.#expect(':');
      entries.set(key, this.expression());
      this.#take(',');
    }
    return entries;
  }

  #arguments(): [unknown[], Named] {
    const args: unknown[] = [];
    const names: Named = new Map();
    while (!this.#take(')')) {
      if (this.#tokens[this.#at + 1] === '=') {
        const name = this.#next();
        this.#at++;
        names.set(name, this.expression());
      } else args.push(this.expression());
      this.#take(',');
    }
    return [args, names];
  }

  #next(): string {
    return this.#tokens[this.#at++];
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw new Error(`python: ${token} must follow ${this.#tokens.slice(0, this.#at).join(' ')}`);
  }
}

const whole = (digits: string) => (Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits));
const text = (token: string) => token.slice(1, -1).replace(/\\(.)/g, (_, c: string) => ({ n: '\n', t: '\t', r: '\r' })[c] ?? c);
const camel = (name: string) => name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase());

/** Names that are not PySpark's in camel case. */
const OTHER_NAMES: Record<string, string> = {
  typeof: 'typeOf',
  shiftleft: 'shiftLeft',
  shiftright: 'shiftRight',
  shiftrightunsigned: 'shiftRightUnsigned',
};

function column(value: unknown): Column {
  return value instanceof Column ? value : lit(constant(value) as number);
}

/** A double constant keeps its type also where it is whole. */
function constant(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(constant);
  return value instanceof Float ? lit(value.value).cast('double') : value;
}

/** A dictionary by names, where it is not one of values. */
function byName(value: unknown): unknown {
  return value instanceof Map && [...value.keys()].every((key) => typeof key === 'string') ? Object.fromEntries(value) : value;
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [plain(k), plain(v)]));
  return value instanceof Float ? value.value : value;
}

/** Functions that take a plain number where Python gives a float. */
const PLAIN = new Set(['percentile', 'percentileApprox', 'approxPercentile']);

function named(holder: object, name: string): unknown {
  const known = OTHER_NAMES[name] ?? camel(name);
  const found = (holder as Record<string, unknown>)[known];
  if (typeof found !== 'function') {
    return () => {
      throw new Error(`python: no ${name} here`);
    };
  }
  const convert = PLAIN.has(known) ? plain : constant;
  return (args: unknown[]) => found.apply(holder, args.map(convert).map(byName));
}

function member(owner: unknown, name: string): unknown {
  if (owner instanceof Column && name in SPELLED) return named(owner, SPELLED[name]);
  if (owner instanceof Column && name === 'alias') return (names: string[]) => owner.alias(names.length > 1 ? names : names[0]);
  if (owner instanceof Frame) return frameMember(owner, name);
  if (owner instanceof Column && typeof (owner as unknown as Record<string, unknown>)[camel(name)] !== 'function') return owner.getField(name);
  if (owner === Window && typeof Window[name as 'currentRow'] === 'number') return Window[name as 'currentRow'];
  if (owner === F || owner instanceof Column || owner instanceof Window || owner === Window || isGrouped(owner)) return named(owner as object, name);
  return (owner as Record<string, unknown>)[name];
}

const SPELLED: Record<string, string> = { startswith: 'startsWith', endswith: 'endsWith' };
const isGrouped = (value: unknown) => typeof value === 'object' && value !== null && 'agg' in value && 'pivot' in value;

/** Methods whose arguments PySpark takes in another form. */
const FRAME: Record<string, (frame: Frame, args: unknown[], named: Named) => unknown> = {
  // The third argument names the method, of which there is one.
  corr: (frame, [x, y]) => frame.corr(x as string, y as string),
  unionByName: (frame, [other], named) => frame.unionByName(other as Frame, { allowMissingColumns: named.get('allowMissingColumns') === true }),
};

const NA: Record<string, (frame: Frame, args: unknown[], named: Named) => Frame> = {
  fill: (frame, [value, subset]) => frame.na.fill((value instanceof Map ? Object.fromEntries(value) : value) as number, subset as string[]),
  drop: (frame, [how], named) => frame.na.drop({ ...(how !== undefined && { how: how as 'all' }), ...Object.fromEntries(named) }),
  replace: (frame, [from, to, subset]) => frame.na.replace(from as number, to as number, subset as string[]),
};

function frameMember(frame: Frame, name: string): unknown {
  if (name === 'na') {
    return Object.fromEntries(
      Object.entries(NA).map(([method, run]) => [method, (args: unknown[], named: Named) => run(frame, plain(args) as unknown[], named)]),
    );
  }
  if (name === 'stat') return frame.stat;
  if (name === 'columns' || name === 'dtypes') return frame[name]();
  const own = (frame as unknown as Record<string, unknown>)[name];
  if (typeof own !== 'function') return frame.col(name);
  const special = FRAME[name];
  return (args: unknown[], named: Named) => (special ? special(frame, args, named) : own.apply(frame, (plain(args) as unknown[]).map(byName)));
}
