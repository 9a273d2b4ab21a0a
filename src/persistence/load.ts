import { type MlError, show } from '../error.ts';
import { foldersOf } from '../frame/open-sessions.ts';
import { type ParamSchema, paramShapes } from '../param/param.ts';
import type { ModelClass } from '../pipeline/model.ts';
import type { PipelineStage, StageClass } from '../pipeline/stage.ts';
import type { Codec, RowCollector, Rows, SideTable, StreamedCodec } from './codec.ts';
import type { ColumnField } from './column-type.ts';
import type { ChildReader, SavedStage } from './composite.ts';
import { formatError, isFileMap, MapFiles, type ModelFiles, type ModelSource } from './files.ts';
import { openFolder } from './folder.ts';
import { readGrid } from './grid.ts';
import { columnFields, dataFields, type LoadableClass, MAX_STAGE_DEPTH, stageFolder } from './layout.ts';
import { isPlainName, type Json, parseMetadata, type StageMetadata, setParamsOf } from './metadata.ts';
import { sameParam } from './param-json.ts';
import { visitParquet } from './parquet-read.ts';
import { dataFiles, join, readMetadataLine, within } from './parts.ts';

const MAX_DATA_BYTES = 2 ** 31 - 1;
const MAX_STAGES = 10_000;
const MAX_ATTEMPTS = 5;

/**
 * Loads the stage saved at `source`, here or by Spark; with `expected`, one of that class. Which code runs is decided by a fixed table
 * of class names (and by `registerStage`), never by what a file says. Errors: NOT_FOUND, MODEL_FORMAT (naming file and reason),
 * UNSUPPORTED_VERSION, NOT_SUPPORTED (a class of Spark’s that is not here), IO_FAILED.
 */
export async function loadStage(source: ModelSource, expected?: StageClass): Promise<PipelineStage<ParamSchema>> {
  const server = foldersOf(source);
  if (server) return new Loader(new MapFiles(await server.read(source as string, { owner: 'load' }), source as string)).load('', 0, expected);
  for (let attempt = 1; ; attempt++) {
    const files = isFileMap(source) ? new MapFiles(source) : await openFolder(source);
    let stage: PipelineStage<ParamSchema> | undefined;
    let failure: unknown;
    try {
      stage = await new Loader(files).load('', 0, expected);
    } catch (error) {
      failure = error;
    }
    // Files of two versions must not be mixed: what was read while a save replaced the folder is read again.
    if (attempt < MAX_ATTEMPTS && (await files.replaced())) continue;
    if (stage) return stage;
    throw failure;
  }
}

/** Loads a stage of whatever class is saved at `source`. */
export function load(source: ModelSource): Promise<PipelineStage<ParamSchema>> {
  return loadStage(source);
}

/** A model's class, and its state from the one row of its saved data; `params` are those in force. */
export async function fromDataRow(type: string, row: ReadonlyMap<string, unknown>, params: Readonly<Record<string, unknown>>) {
  const Class = (await (await stageTable()).findStage(type)) as ModelClass;
  const fields = dataFields(Class.codec, params);
  const collector = collectorOf(Class.codec, new Map(), new Map());
  collector.add(fields.map(([name]) => row.get(name)));
  return { Class, state: collector.finish() as unknown };
}

/** The table of all classes, which is above this folder. */
export const stageTable = () => import('../stages.ts');

/** Loads the stages of one folder. */
class Loader {
  readonly #files: ModelFiles;
  #stages = 0;

  constructor(files: ModelFiles) {
    this.#files = files;
  }

  async load(folder: string, depth: number, expected?: StageClass): Promise<PipelineStage<ParamSchema>> {
    if (depth > MAX_STAGE_DEPTH) throw this.#error(folder, `stages are nested deeper than ${MAX_STAGE_DEPTH} levels`);
    if (++this.#stages > MAX_STAGES) throw this.#error(folder, `there are more than ${MAX_STAGES} stages`);
    const { file, line } = await readMetadataLine(this.#files, folder);
    const metadata = await within(this.#files, file, () => parseMetadata(line));
    const { canonicalName, findStage } = await stageTable();
    const className = canonicalName(metadata.className);
    if (expected && className !== expected.type) {
      throw this.#error(folder, `expected ${expected.type}, found ${className.slice(0, 200)}; load(path) takes a stage of any class`);
    }
    const Class = await within(this.#files, folder, () => findStage(className));
    const children = new Children(this, this.#files, folder, depth, metadata);
    const params = await within(this.#files, file, async () => setParamsOf(metadata, Class.paramSchema));
    for (const [name, value] of await within(this.#files, file, () => this.#heldStages(Class, children))) params.set(name, value);
    await within(this.#files, file, () => this.#grids(Class, metadata, params, children));
    const build = await this.#builder(Class, metadata, folder, file, children);
    return within(this.#files, file, async () => withDefaults(build(params), metadata, params, build));
  }

  /** Params whose values are stages in folders. */
  async #heldStages(Class: LoadableClass, children: Children): Promise<Map<string, unknown>> {
    const held = new Map<string, unknown>();
    for (const [name, { type }] of paramShapes(Class.paramSchema)) {
      if (type === 'stage' && (await children.has(name))) held.set(name, await children.stage(name));
      if (type === 'stages' && children.listed) held.set(name, await children.stages(name));
    }
    return held;
  }

  async #grids(Class: LoadableClass, metadata: StageMetadata, params: Map<string, unknown>, children: Children): Promise<void> {
    for (const [name, { type }] of paramShapes(Class.paramSchema)) {
      const json = metadata.paramMap.get(name);
      if (type === 'paramMaps' && json !== undefined) params.set(name, await readGrid(json, [...params.values()], children));
    }
  }

  /** What makes the stage from params: state and children are read once. */
  async #builder(Class: LoadableClass, metadata: StageMetadata, folder: string, file: string, children: Children): Promise<Build> {
    const make = Class as unknown as new (...args: unknown[]) => PipelineStage<ParamSchema>;
    if (Class.layout) {
      const { layout } = Class;
      const state = await within(this.#files, file, () => layout.rebuild(children, metadata.extra));
      return (params) => new make(Object.fromEntries(params), state, metadata.uid);
    }
    const { codec } = Class;
    if (!codec) return (params) => new make(Object.fromEntries(params), metadata.uid);
    const fields = await within(this.#files, file, () => dataFields(codec, Object.fromEntries(setParamsOf(metadata, Class.paramSchema))));
    const data = join(folder, 'data');
    const tables = new Map<string, Rows>();
    for (const [name, table] of codec.tables ?? []) tables.set(name, await this.#sideTable(join(folder, name), table));
    const collector = await within(this.#files, data, () => collectorOf(codec, metadata.extra, tables));
    await this.#visit(data, fields, (row) => collector.add(row));
    const state = await within(this.#files, data, () => collector.finish());
    return (params) => new make(Object.fromEntries(params), state, metadata.uid);
  }

  async #sideTable(folder: string, { columns, otherColumns }: SideTable<never>): Promise<Rows> {
    const rows = this.#rows(folder, columnFields(columns));
    if (!otherColumns) return rows;
    return rows.catch((error) =>
      this.#rows(folder, columnFields(otherColumns)).catch(() => {
        throw error;
      }),
    );
  }

  async #rows(folder: string, columns: readonly ColumnField[]): Promise<unknown[][]> {
    const rows: unknown[][] = [];
    await this.#visit(folder, columns, (row) => rows.push(row));
    return rows;
  }

  async #visit(folder: string, columns: readonly ColumnField[], visit: (row: unknown[]) => void): Promise<void> {
    const files = await dataFiles(this.#files, folder);
    if (files.length === 0) throw this.#error(folder, 'the model’s data is missing');
    for (const file of files) {
      const bytes = await this.#files.read(file, MAX_DATA_BYTES);
      await within(this.#files, file, () => visitParquet(bytes, columns, visit));
    }
  }

  #error(file: string, reason: string): MlError {
    return formatError(this.#files.root, file, reason);
  }
}

/** What takes the rows of a codec of either kind. */
function collectorOf<State>(
  codec: Codec<State> | StreamedCodec<State>,
  metadata: ReadonlyMap<string, Json>,
  tables: ReadonlyMap<string, Rows>,
): RowCollector<State> {
  if ('collect' in codec) return codec.collect(metadata, tables);
  const rows: (readonly unknown[])[] = [];
  return { add: (row) => rows.push(row), finish: () => codec.decode(rows, metadata, tables) };
}

type Build = (params: ReadonlyMap<string, unknown>) => PipelineStage<ParamSchema>;

/** The stage again with the file's defaults set, where they differ from the class's: it must behave as it did where it was saved. */
function withDefaults(
  stage: PipelineStage<ParamSchema>,
  metadata: StageMetadata,
  params: ReadonlyMap<string, unknown>,
  build: Build,
): PipelineStage<ParamSchema> {
  const { paramSchema } = stage.constructor as unknown as StageClass;
  const defaults = stage.defaultParams();
  const saved = setParamsOf({ ...metadata, paramMap: metadata.defaultParamMap, extra: new Map() }, paramSchema);
  // A stage of many columns has no use for the name that it would give a single one, and Spark refuses one that is set.
  const unused = params.has('inputCols') ? 'outputCol' : null;
  const different = [...saved].filter(([name, value]) => name !== unused && !params.has(name) && !sameParam(value, defaults.get(name)));
  return different.length === 0 ? stage : build(new Map([...different, ...params]));
}

/** The children of one stage. */
class Children implements ChildReader {
  readonly #loader: Loader;
  readonly #files: ModelFiles;
  readonly #folder: string;
  readonly #depth: number;
  readonly #uids: Json | undefined;

  constructor(loader: Loader, files: ModelFiles, folder: string, depth: number, metadata: StageMetadata) {
    this.#loader = loader;
    this.#files = files;
    this.#folder = folder;
    this.#depth = depth;
    this.#uids = metadata.paramMap.get('stageUids');
  }

  /** Whether the metadata names a list of stages. */
  get listed(): boolean {
    return this.#uids !== undefined;
  }

  async stage(folder: string): Promise<SavedStage> {
    return this.#loader.load(join(this.#folder, ...folder.split('/')), this.#depth + 1);
  }

  async stages(folder: string): Promise<SavedStage[]> {
    const uids = this.#uids;
    if (!Array.isArray(uids)) throw new Error('stageUids must be a list of uids');
    const names = uids.map((uid: Json, i) => {
      if (typeof uid !== 'string' || !isPlainName(uid)) throw new Error(`stageUids must hold plain names, got ${show(uid)}`);
      return stageFolder(i, uids.length, uid);
    });
    if (uids.length > MAX_STAGES) throw new Error(`there are more than ${MAX_STAGES} stages`);
    const settled = await Promise.allSettled(names.map((name) => this.stage(`${folder}/${name}`)));
    return settled.map((result, i) => {
      if (result.status === 'rejected') throw result.reason;
      if (result.value.uid !== uids[i]) throw new Error(`stage ${i} must have the uid ${show(uids[i])}, has ${show(result.value.uid)}`);
      return result.value;
    });
  }

  async has(folder: string): Promise<boolean> {
    return (await this.#files.list(join(this.#folder, ...folder.split('/')))) !== null;
  }
}
