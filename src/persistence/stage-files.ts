import { MlError, show } from '../error.ts';
import { type ParamSchema, paramShapes } from '../param/param.ts';
import type { ParamMap } from '../param/param-map.ts';
import type { PipelineStage } from '../pipeline/stage.ts';
import { stagesOf } from './composite.ts';
import { gridJson, isStage } from './grid.ts';
import { arrayJson, valueJson } from './json.ts';
import { columnFields, dataFields, type LoadableClass, MAX_STAGE_DEPTH, stageFolder } from './layout.ts';
import { isPlainName, metadataLine, SPARK_VERSION } from './metadata.ts';
import { writeParquet } from './parquet-write.ts';

type AnyStage = PipelineStage<ParamSchema>;

/** What saving asks of a class besides: names of params that Spark's class of that name lacks. */
interface SavableClass extends LoadableClass {
  readonly ownParams?: readonly string[];
}

/**
 * The files of a saved stage in Spark ML's layout, by path below its folder. `options` are those of `save`; `timestamp`, in
 * milliseconds, is all that differs between two calls.
 */
export function stageFiles(stage: AnyStage, options: Readonly<Record<string, unknown>>, timestamp: number): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  addStage(files, '', stage, options, timestamp);
  return files;
}

/** The classes of `stage` and of all that it holds. */
export function classesOf(stage: AnyStage): Set<SavableClass> {
  const classes = new Set<SavableClass>();
  const visit = (value: unknown) => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isStage(value)) return;
    const Class = classOf(value);
    classes.add(Class);
    Object.values(value.params).forEach(visit);
    stagesOf(Class.layout?.children(stateOf(value), {}) ?? []).forEach(visit);
  };
  visit(stage);
  return classes;
}

const classOf = (stage: AnyStage): SavableClass => stage.constructor as SavableClass;
const stateOf = (stage: AnyStage): unknown => (stage as { state?: unknown }).state;
const encoder = new TextEncoder();

function addStage(
  files: Map<string, Uint8Array>,
  prefix: string,
  stage: AnyStage,
  options: Readonly<Record<string, unknown>>,
  timestamp: number,
  depth = 0,
): void {
  const Class = classOf(stage);
  if (depth > MAX_STAGE_DEPTH) {
    throw new MlError('NOT_SUPPORTED', `save: stages must not be nested deeper than ${MAX_STAGE_DEPTH} levels; put them into one pipeline`, {
      stage: stage.uid,
    });
  }
  if (!isPlainName(stage.uid)) {
    throw new MlError('PARAM_INVALID', `save: uid must be a plain name of at most 200 characters, to name a folder, got ${show(stage.uid)}`, {
      stage: stage.uid,
    });
  }
  const state = stateOf(stage);
  if (state !== undefined && !Class.codec && !Class.layout) {
    throw new MlError('NOT_SUPPORTED', `save: ${Class.name} must declare a static codec or layout, so that its state can be saved`, {
      stage: stage.uid,
    });
  }
  const written: [string, string][] = [];
  const child = (folder: string, held: AnyStage) => addStage(files, `${prefix}${folder}/`, held, options, timestamp, depth + 1);
  const list = (folder: string, held: readonly AnyStage[]) => {
    written.push(['stageUids', arrayJson(held, ({ uid }) => JSON.stringify(uid))]);
    held.forEach((item, i) => {
      child(`${folder}/${stageFolder(i, held.length, item.uid)}`, item);
    });
  };
  for (const [name, { type }] of paramShapes(Class.paramSchema)) {
    const value = stage.params[name];
    if (value === undefined) continue;
    if (type === 'stage') child(name, value as AnyStage);
    else if (type === 'stages') list(name, value as AnyStage[]);
    else if (type === 'paramMaps') {
      const { json, stages } = gridJson(value as ParamMap[], Object.values(stage.params));
      written.push([name, json]);
      for (const held of stages) child(held.folder, held.stage as AnyStage);
    }
  }
  for (const held of Class.layout?.children(state, options) ?? []) {
    if ('stage' in held) child(held.folder, held.stage as AnyStage);
    else list(held.folder, held.stages as AnyStage[]);
  }
  const extra = Class.layout ? Class.layout.metadata?.(state, options) : Class.codec?.metadata?.(state);
  const line = metadataLine(
    {
      className: Class.type,
      uid: stage.uid,
      schema: Class.paramSchema,
      set: stage.setParams(),
      defaults: stage.defaultParams(),
      ownParams: Class.ownParams ?? [],
      written,
      extra: Object.entries(extra ?? {}).map(([key, value]) => [key, valueJson(value)]),
    },
    timestamp,
  );
  files.set(`${prefix}metadata/part-00000.txt`, encoder.encode(`${line}\n`));
  files.set(`${prefix}metadata/_SUCCESS`, new Uint8Array());
  if (Class.layout || !Class.codec) return;
  const { encode, tables } = Class.codec;
  files.set(`${prefix}data/part-00000.parquet`, writeParquet(dataFields(Class.codec, stage.params), encode.call(Class.codec, state), SPARK_VERSION));
  files.set(`${prefix}data/_SUCCESS`, new Uint8Array());
  for (const [folder, table] of tables ?? []) {
    files.set(
      `${prefix}${folder}/part-00000.parquet`,
      writeParquet(columnFields(table.columns), table.encode(state, stage, timestamp), SPARK_VERSION),
    );
    files.set(`${prefix}${folder}/_SUCCESS`, new Uint8Array());
  }
}
