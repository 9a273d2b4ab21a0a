import { MlError, show } from '../error.ts';
import { type ParamSchema, paramShapes } from '../param/param.ts';
import { type Json, objectJson, parseJson } from './json.ts';
import { type PlainParamType, paramJson, paramValue } from './param-json.ts';

export type { Json };

/** The Spark whose layout is written. */
export const SPARK_VERSION = '4.3.0';
/** Params that Spark got in 4.3. Older ones read no stage that tells them, and 4.3 has their defaults by itself: those are left out. */
const NEW_IN_SPARK: ReadonlySet<string> = new Set(['pruneTree']);
/** Params that Spark's class of that name lacks go under this top-level key, which Spark passes over. */
const OWN_PARAMS = 'millstreamParams';
const KEYS = ['class', 'timestamp', 'sparkVersion', 'uid', 'paramMap', 'defaultParamMap'] as const;

/** The one line of `metadata/`, as read. */
export interface StageMetadata {
  readonly className: string;
  readonly uid: string;
  readonly paramMap: ReadonlyMap<string, Json>;
  readonly defaultParamMap: ReadonlyMap<string, Json>;
  /** Everything else at the top level: the class's own keys. */
  readonly extra: ReadonlyMap<string, Json>;
}

/** Reads the line; throws an Error whose message is the reason, or an MlError UNSUPPORTED_VERSION. */
export function parseMetadata(line: string): StageMetadata {
  const json = parseJson(line.replace(/^\uFEFF/, ''));
  if (!(json instanceof Map)) throw new Error(`metadata must be a JSON object, got ${show(json)}`);
  const text = (key: string) => {
    const value = json.get(key);
    if (typeof value !== 'string') throw new Error(`key ${key} must be a string, ${found(value)}`);
    return value;
  };
  const map = (key: string) => {
    const value = json.get(key);
    if (!(value instanceof Map)) throw new Error(`key ${key} must be an object, ${found(value)}`);
    return value as ReadonlyMap<string, Json>;
  };
  checkVersion(text('sparkVersion'));
  const [className, uid] = [text('class'), text('uid')];
  if (!isPlainName(uid)) throw new Error(`uid must be a plain name of at most 200 characters, got ${show(uid)}`);
  const extra = new Map([...json].filter(([key]) => !KEYS.includes(key)));
  // Spark before 2.4 kept the defaults among the params that are set.
  const hasDefaults = json.has('defaultParamMap') || !/^2\.[0-3]\b/.test(text('sparkVersion'));
  return { className, uid, paramMap: map('paramMap'), defaultParamMap: hasDefaults ? map('defaultParamMap') : new Map(), extra };
}

const found = (value: unknown): string => (value === undefined ? 'is missing' : `got ${show(value)}`);

/** A name that cannot lead out of its folder. */
export function isPlainName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a NUL ends a path early
  return name.length > 0 && name.length <= 200 && name !== '.' && name !== '..' && !/[/\\\u0000-\u001f\u007f]/.test(name);
}

function checkVersion(version: string): void {
  const major = /^(\d{1,4})\.\d/.exec(version)?.[1];
  if (major === undefined) throw new Error(`sparkVersion must start like "4.3", got ${show(version)}`);
  if (Number(major) < 2 || Number(major) > 4) {
    throw new MlError('UNSUPPORTED_VERSION', `it was written by Spark ${version}, this version of Millstream reads those of Spark 2, 3 and 4`, {
      value: version,
    });
  }
}

/**
 * The params set in `metadata` by name, checked against the class's schema; not those that lie in folders. Throws an Error whose message is the
 * reason.
 */
export function setParamsOf(metadata: Pick<StageMetadata, 'className' | 'paramMap' | 'extra'>, schema: ParamSchema): Map<string, unknown> {
  const set = new Map<string, unknown>();
  for (const [name, json] of metadata.paramMap) {
    // Python marks what it wrote.
    if (name === 'stageUids' || (name === 'language' && json === 'Python') || paramShapes(schema).get(name)?.type === 'paramMaps') continue;
    set.set(name, readParam(metadata.className, schema, name, json));
  }
  const own = metadata.extra.get(OWN_PARAMS);
  if (own === undefined) return set;
  if (!(own instanceof Map)) throw new Error(`key ${OWN_PARAMS} must be an object, got ${show(own)}`);
  for (const [name, json] of own as ReadonlyMap<string, Json>) set.set(name, readParam(metadata.className, schema, name, json));
  return set;
}

function readParam(className: string, schema: ParamSchema, name: string, json: Json): unknown {
  const shape = paramShapes(schema).get(name);
  if (!shape || isComposite(shape.type)) throw new Error(`${className} has no param ${show(name)}`);
  try {
    return paramValue(shape.type as PlainParamType, json);
  } catch (error) {
    throw new Error(`param ${name} ${(error as Error).message}`);
  }
}

export const isComposite = (type: string): boolean => type === 'stage' || type === 'stages' || type === 'paramMaps';

/** What is written of one stage. */
interface MetadataParts {
  readonly className: string;
  readonly uid: string;
  readonly schema: ParamSchema;
  readonly set: ReadonlyMap<string, unknown>;
  readonly defaults: ReadonlyMap<string, unknown>;
  /** Params that Spark's class lacks. */
  readonly ownParams: readonly string[];
  /** Entries of `paramMap` that are JSON text already. */
  readonly written: readonly (readonly [string, string])[];
  /** The class's own keys, as JSON text. */
  readonly extra: readonly (readonly [string, string])[];
}

/** The line of `metadata/`, without its end. */
export function metadataLine(parts: MetadataParts, timestamp: number): string {
  const own = new Set(parts.ownParams);
  const plain = (params: ReadonlyMap<string, unknown>, wanted: (name: string) => boolean): [string, string][] =>
    [...params].filter(([name]) => wanted(name) && !isComposite(shapeOf(parts.schema, name).type)).map(([name, value]) => [name, write(name, value)]);
  const write = (name: string, value: unknown) => paramJson(shapeOf(parts.schema, name).type as PlainParamType, value);
  const ownParams = plain(parts.set, (name) => own.has(name));
  return objectJson([
    ['class', JSON.stringify(parts.className)],
    ['timestamp', String(timestamp)],
    ['sparkVersion', JSON.stringify(SPARK_VERSION)],
    ['uid', JSON.stringify(parts.uid)],
    ['paramMap', objectJson([...plain(parts.set, (name) => !own.has(name)), ...parts.written])],
    ['defaultParamMap', objectJson(plain(parts.defaults, (name) => !own.has(name) && !NEW_IN_SPARK.has(name)))],
    ...parts.extra,
    ...(ownParams.length > 0 ? [[OWN_PARAMS, objectJson(ownParams)] as const] : []),
  ]);
}

function shapeOf(schema: ParamSchema, name: string) {
  return paramShapes(schema).get(name)!;
}
