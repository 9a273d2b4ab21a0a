import { show } from '../error.ts';
import { type ParamSchema, paramShapes } from '../param/param.ts';
import { ParamMap } from '../param/param-map.ts';
import type { PipelineStage, StageClass } from '../pipeline/stage.ts';
import { type ChildReader, type CompositeLayout, type SavedStage, stagesOf } from './composite.ts';
import { arrayJson, type Json, objectJson, parseJson } from './json.ts';
import { isComposite } from './metadata.ts';
import { type PlainParamType, paramJson, paramValue } from './param-json.ts';

type AnyStage = PipelineStage<ParamSchema>;

/** Whether a value is a stage; by its shape, for the classes are above this folder. */
export function isStage(value: unknown): value is AnyStage {
  return typeof value === 'object' && value !== null && typeof (value as AnyStage).setParams === 'function' && 'uid' in value;
}

/** Adds the stages that `values` are or hold, in params or state, to `found` by uid. */
function collect(values: Iterable<unknown>, found: Map<string, AnyStage>): void {
  for (const value of values) {
    if (Array.isArray(value)) collect(value, found);
    if (!isStage(value) || found.has(value.uid)) continue;
    found.set(value.uid, value);
    collect(Object.values(value.params), found);
    const { layout } = value.constructor as { layout?: CompositeLayout<unknown> };
    collect(stagesOf(layout?.children((value as { state?: unknown }).state, {}) ?? []), found);
  }
}

function typeOf(owners: ReadonlyMap<string, AnyStage>, parent: string, name: string): string {
  const owner = owners.get(parent);
  if (!owner) throw new Error(`the grid names ${show(parent)}, which is not a stage of the estimator`);
  const shape = paramShapes((owner.constructor as unknown as StageClass).paramSchema).get(name);
  if (!shape) throw new Error(`the grid names param ${show(name)}, which ${parent} lacks`);
  return shape.type;
}

/** A grid as Spark's `estimatorParamMaps`, and the stages among its values, which lie in folders of their own. */
export function gridJson(grid: readonly ParamMap[], holders: Iterable<unknown>): { json: string; stages: { folder: string; stage: SavedStage }[] } {
  const owners = new Map<string, AnyStage>();
  collect(holders, owners);
  const stages: { folder: string; stage: SavedStage }[] = [];
  const json = arrayJson(grid, (point) =>
    arrayJson(point.entries, ({ parent, name, value }) => {
      const held = isStage(value);
      let text: string;
      if (held) {
        const folder = `epm_${name}${stages.length}`;
        stages.push({ folder, stage: value });
        text = JSON.stringify(folder);
      } else text = paramJson(typeOf(owners, parent, name) as PlainParamType, value);
      return objectJson([
        ['parent', JSON.stringify(parent)],
        ['name', JSON.stringify(name)],
        ['value', JSON.stringify(text)],
        ['isJson', held ? '"false"' : '"true"'],
      ]);
    }),
  );
  return { json, stages };
}

/** The other way. `holders` are the estimator and whatever else owns params. */
export async function readGrid(json: Json, holders: Iterable<unknown>, children: ChildReader): Promise<ParamMap[]> {
  const owners = new Map<string, AnyStage>();
  collect(holders, owners);
  const grid: ParamMap[] = [];
  for (const point of list(json)) {
    const entries = [];
    for (const entry of list(point)) entries.push(await readEntry(entry, owners, children));
    grid.push(new ParamMap(entries));
  }
  return grid;
}

async function readEntry(json: Json, owners: ReadonlyMap<string, AnyStage>, children: ChildReader) {
  if (!(json instanceof Map)) throw new Error('estimatorParamMaps must hold lists of objects');
  const [parent, name, text, isJson] = ['parent', 'name', 'value', 'isJson'].map((key) => json.get(key));
  if (typeof parent !== 'string' || typeof name !== 'string' || typeof text !== 'string') {
    throw new Error('an entry of estimatorParamMaps must have the strings parent, name and value');
  }
  const type = typeOf(owners, parent, name);
  const value = parseJson(text);
  if (isJson === 'false' || isJson === false) {
    if (typeof value !== 'string' || !/^epm_\w{1,100}$/.test(value)) throw new Error(`a stage of the grid must lie in epm_…, got ${show(text)}`);
    return { parent, name, value: await children.stage(value) };
  }
  if (isComposite(type)) throw new Error(`the grid's value of ${show(name)} must be a stage`);
  return { parent, name, value: paramValue(type as PlainParamType, value) };
}

function list(json: Json): readonly Json[] {
  if (!Array.isArray(json)) throw new Error('estimatorParamMaps must be a list of lists');
  return json;
}
