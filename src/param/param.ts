import { MlError, show } from '../error.ts';
import { javaDouble } from '../linalg/format.ts';
import { isRecord } from './record.ts';
import * as z from './zod.ts';

/** The JVM's type of a param, which its JSON must show (a double is written `1.0`); `json` is any plain value, of classes that the JVM lacks. */
export type SparkParamType =
  | 'boolean'
  | 'int'
  | 'long'
  | 'double'
  | 'string'
  | 'string[]'
  | 'int[]'
  | 'double[]'
  | 'double[][]'
  | 'vector'
  | 'matrix'
  | 'json'
  | 'stage'
  | 'stages'
  | 'paramMaps';

/** The params of a stage: a strict zod object whose members come from the makers below. */
// biome-ignore lint/suspicious/noExplicitAny: any object schema will do
export type ParamSchema = z.ZodObject<any>;

/** A param with its rule in words ("an integer >= 1"); the check decides, the words explain. */
export function param<T>(type: SparkParamType, rule: string, accepts: (value: unknown) => boolean) {
  return z.custom<T>(accepts, { error: `must be ${rule}` }).meta({ spark: type });
}

interface Range {
  min?: number;
  max?: number;
  /** The value must be greater than this. */
  above?: number;
  below?: number;
}

function inRange(x: number, { min = -Infinity, max = Infinity, above, below }: Range): boolean {
  return x >= min && x <= max && (above === undefined || x > above) && (below === undefined || x < below);
}

function rangeText({ min, max, above, below }: Range): string {
  if (min !== undefined && max !== undefined) return ` in [${min}, ${max}]`;
  const low = min !== undefined ? ` >= ${min}` : above !== undefined ? ` > ${above}` : '';
  const high = max !== undefined ? ` <= ${max}` : below !== undefined ? ` < ${below}` : '';
  return low && high ? `${low} and${high}` : low + high;
}

/** A finite double within `range`. */
export function double(range: Range = {}) {
  return param<number>('double', `a number${rangeText(range)}`, (v) => typeof v === 'number' && Number.isFinite(v) && inRange(v, range));
}

/** Any double, NaN and the infinities too. */
export function anyDouble() {
  return param<number>('double', 'a number', (v) => typeof v === 'number');
}

/** A 32-bit integer within `range`. */
export function int(range: Range = {}) {
  return param<number>('int', `an integer${rangeText(range)}`, (v) => isInt(v) && inRange(v, range));
}

/** A 64-bit integer: a safe integer or a bigint. */
export function long() {
  return param<number | bigint>('long', 'a 64-bit integer (a safe integer or a bigint)', (v) =>
    typeof v === 'bigint' ? BigInt.asIntN(64, v) === v : Number.isSafeInteger(v),
  );
}

export function flag() {
  return param<boolean>('boolean', 'true or false', (v) => typeof v === 'boolean');
}

/** A text, not empty. */
export function name() {
  return param<string>('string', 'a non-empty string', (v) => typeof v === 'string' && v !== '');
}

/** A text, empty or not. */
export function text() {
  return param<string>('string', 'a string', (v) => typeof v === 'string');
}

export function oneOf<const T extends string>(...values: readonly T[]) {
  return param<T>('string', `one of ${values.join(', ')}`, (v) => (values as readonly unknown[]).includes(v));
}

/** Names of `least` columns or more. */
export function names({ least = 1 } = {}) {
  return param<readonly string[]>(
    'string[]',
    'an array of non-empty strings',
    (v) => isArray(v, (x) => typeof x === 'string' && x !== '') && v.length >= least,
  );
}

export function texts() {
  return param<readonly string[]>('string[]', 'an array of strings', (v) => isArray(v, (x) => typeof x === 'string'));
}

export function doubles(rule = 'an array of numbers', accepts: (values: readonly number[]) => boolean = () => true) {
  return param<readonly number[]>('double[]', rule, (v) => isArray(v, (x) => typeof x === 'number') && accepts(v as number[]));
}

export function isInt(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= -0x80000000 && (value as number) <= 0x7fffffff;
}

export function isArray(value: unknown, accepts: (item: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && Array.from(value).every((item) => accepts(item)); // a hole is an item too
}

/** A param as documentation shows it. */
export interface ParamDefinition {
  /** Its name. */
  readonly name: string;
  /** uid of the stage that owns it. */
  readonly parent: string;
  /** What it means, and which values it takes. */
  readonly doc: string;
  /** `<uid>__<name>`. */
  toString(): string;
}

/** What a schema says of one param. */
export interface ParamShape {
  readonly type: SparkParamType;
  readonly doc: string;
  readonly hasDefault: boolean;
  readonly default: unknown;
}

const shapes = new WeakMap<ParamSchema, ReadonlyMap<string, ParamShape>>();

/** The params of a schema, sorted by name. */
export function paramShapes(schema: ParamSchema): ReadonlyMap<string, ParamShape> {
  let known = shapes.get(schema);
  if (!known) {
    const sorted = Object.keys(schema.shape).sort();
    known = new Map(sorted.map((key) => [key, paramShape(schema.shape[key])]));
    shapes.set(schema, known);
  }
  return known;
}

function paramShape(schema: z.ZodType): ParamShape {
  const outer = schema.safeParse(undefined);
  const hasDefault = outer.success && outer.data !== undefined;
  let doc = '';
  let type: SparkParamType | undefined;
  for (let inner: z.ZodType | undefined = schema; inner; inner = (inner.def as { innerType?: z.ZodType }).innerType) {
    const meta = inner.meta() as { description?: string; spark?: SparkParamType } | undefined;
    doc ||= meta?.description ?? '';
    type ??= meta?.spark;
  }
  if (!type) throw new MlError('PARAM_INVALID', 'a param must be made by one of the makers of param/param.ts');
  return { type, doc, hasDefault, default: hasDefault ? outer.data : undefined };
}

/** A param's value on one line, as Spark prints it: texts bare, doubles as Java writes them, stages by their own text. */
export function paramText(type: SparkParamType, value: unknown): string {
  if (type === 'json') return show(value);
  if (Array.isArray(value)) return `[${value.map((item) => paramText(type, item)).join(', ')}]`;
  if (typeof value === 'number') return type.startsWith('double') ? javaDouble(value) : String(value);
  return String(value).replaceAll('\n', '; ');
}

/** Splits what a user wrote into params set (undefined means not set; typed arrays become arrays) and checks them; throws one sentence for the first mistake. */
export function checkParams(owner: string, schema: ParamSchema, input: unknown): Map<string, unknown> {
  if (!isRecord(input)) {
    throw new MlError(
      'PARAM_INVALID',
      `${owner}: params must be an object such as { ${[...paramShapes(schema).keys()][0] ?? ''}: … }, got ${show(input)}`,
      {
        stage: owner,
      },
    );
  }
  const set = new Map<string, unknown>();
  for (const [key, value] of Object.entries(input)) {
    if (!Object.hasOwn(schema.shape, key)) throw unknownParam(owner, schema, key);
    if (value !== undefined) set.set(key, ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : value);
  }
  return set;
}

/** The values in force for the params set, defaults filled in; `uid` stands in for `<uid>` in a default. */
export function resolveParams(owner: string, schema: ParamSchema, set: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const result = schema.safeParse(Object.fromEntries(set));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const key = String(issue.path[0] ?? '');
  const rule = set.has(key) ? issue.message : issue.message.replace(/^must be (an? )/, 'must be set to $1');
  const message = rule.startsWith('must') ? `${key} ${rule}` : rule;
  throw new MlError('PARAM_INVALID', `${owner}: ${message}${key && set.has(key) ? `, got ${show(set.get(key))}` : ''}`, {
    stage: owner,
    param: key || undefined,
    value: set.get(key),
  });
}

export function unknownParam(owner: string, schema: ParamSchema, key: unknown): MlError {
  if (typeof key !== 'string')
    return new MlError('PARAM_INVALID', `${owner}: the name of a param must be a text, got ${show(key)}`, { stage: owner, value: key });
  return new MlError('PARAM_UNKNOWN', `${owner}: unknown param ${key}; ${nameHint([...paramShapes(schema).keys()], key)}`, {
    stage: owner,
    param: key,
  });
}

/** What to write in place of the unknown name `key`: the known one that is near, or all. */
export function nameHint(known: readonly string[], key: string): string {
  const near = known.map((k) => ({ k, d: distance(k.toLowerCase(), key.toLowerCase()) })).sort((a, b) => a.d - b.d)[0];
  return near && near.d <= 2 ? `did you mean ${near.k}?` : `it has ${known.join(', ')}`;
}

/** Edit distance. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    previous = row;
  }
  return previous[b.length];
}
