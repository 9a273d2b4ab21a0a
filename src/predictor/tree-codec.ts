import { MlError, show } from '../error.ts';
import type { ParamSchema } from '../param/param.ts';
import { paramShapes } from '../param/param.ts';
import type { Rows, SavedModel, SideTable, StreamedCodec } from '../persistence/codec.ts';
import { type Json, metadataLine, parseMetadata } from '../persistence/metadata.ts';
import { derivedUid } from '../pipeline/uid.ts';
import { ENSEMBLE_COLUMNS, NODE_COLUMNS, type NodeRow, NodeTable, nodeRows } from '../tree/spark/node-table.ts';
import type { SparkTrees } from '../tree/spark/spark-trees.ts';
import { treeCount } from '../tree/trees.ts';
import type { NamedFeatures } from './prediction-model.ts';

/** State of a model of one tree. */
export interface TreeState extends NamedFeatures {
  readonly trees: SparkTrees;
}

/** State of a model of several trees; weights and uids one a tree. */
export interface EnsembleState extends TreeState {
  readonly treeWeights: Float64Array;
  readonly treeUids: readonly string[];
}

/** What nodes count: the weight of each class, or sums for a variance. */
export type TreeKind = 'classes' | 'variance';

/** The class that an ensemble's trees have by themselves. */
export interface TreeClass {
  readonly type: string;
  readonly paramSchema: ParamSchema;
}

/** Scoring takes a number a feature, so that a file may not declare any number of them. */
const MAX_FEATURES = 1 << 26;

/** Uids for the trees of an ensemble, which follow from its own. */
export function treeUids(kind: TreeKind, uid: string, count: number): readonly string[] {
  return Object.freeze(Array.from({ length: count }, (_, t) => derivedUid(kind === 'classes' ? 'dtc' : 'dtr', uid, t)));
}

/** The params among `params` that a tree of `Class` has too. */
export function treeParamsOf({ paramSchema }: TreeClass, params: ReadonlyMap<string, unknown>): Map<string, unknown> {
  return new Map([...params].filter(([name]) => paramShapes(paramSchema).has(name)));
}

/** Spark's layout of a single tree: a row a node. */
export function treeCodec(owner: string, kind: TreeKind): StreamedCodec<TreeState> {
  return {
    columns: NODE_COLUMNS,
    encode: ({ trees }) => nodeRows(trees, 0),
    collect(metadata) {
      const table = new NodeTable(expected(owner, kind, metadata, 1));
      return { add: (row) => table.add(0, row as NodeRow), finish: () => ({ trees: table.finish() }) };
    },
    metadata: ({ trees }) => sizes(kind, trees),
  };
}

/** Spark's layout of an ensemble: a row a node of all trees, and in `treesMetadata` each tree's own metadata and weight. */
export function ensembleCodec(owner: string, kind: TreeKind, Class: TreeClass): StreamedCodec<EnsembleState> {
  const treesMetadata: SideTable<EnsembleState> = {
    columns: { _1: 'int!', _2: 'string', _3: 'double!' },
    otherColumns: { treeID: 'int!', metadata: 'string', weights: 'double!' },
    encode: ({ treeUids: uids, treeWeights }, model, timestamp) => uids.map((uid, t) => [t, treeLine(Class, uid, model, timestamp), treeWeights[t]]),
  };
  return {
    columns: ENSEMBLE_COLUMNS,
    tables: new Map([['treesMetadata', treesMetadata]]),
    *encode({ trees }) {
      for (let t = 0; t < treeCount(trees); t++) for (const row of nodeRows(trees, t)) yield [t, row];
    },
    collect(metadata, tables) {
      const about = tables.get('treesMetadata') as Rows;
      const numTrees = wholeNumber(owner, metadata, 'numTrees', 1);
      if (about.length !== numTrees) throw format(owner, `treesMetadata must have a row for each of the ${numTrees} trees, has ${about.length}`);
      const treeWeights = new Float64Array(numTrees);
      const uids = new Array<string>(numTrees);
      for (const [t, line, weight] of about as [number, string | null, number][]) {
        if (!(t >= 0 && t < numTrees) || uids[t] !== undefined) {
          throw format(owner, `treesMetadata must number its trees 0 … ${numTrees - 1}, has ${t}${uids[t] === undefined ? '' : ' twice'}`);
        }
        if (!Number.isFinite(weight)) throw format(owner, `tree ${t} must have a finite weight, has ${weight}`);
        treeWeights[t] = weight;
        uids[t] = treeUid(owner, Class, t, line);
      }
      const table = new NodeTable(expected(owner, kind, metadata, numTrees));
      return {
        add: ([t, node]) => table.add(t as number, (node ?? []) as NodeRow),
        finish: () => ({ trees: table.finish(), treeWeights, treeUids: Object.freeze(uids) }),
      };
    },
    metadata: ({ trees }) => ({ ...sizes(kind, trees), numTrees: treeCount(trees) }),
  };
}

/** Top-level keys of the metadata. */
function sizes(kind: TreeKind, { numFeatures, statsSize }: SparkTrees): Record<string, number> {
  return kind === 'classes' ? { numFeatures, numClasses: statsSize } : { numFeatures };
}

function expected(owner: string, kind: TreeKind, metadata: ReadonlyMap<string, Json>, numTrees: number) {
  const numFeatures = wholeNumber(owner, metadata, 'numFeatures', 0, MAX_FEATURES);
  return { owner, kind, numFeatures, numTrees, statsSize: kind === 'classes' ? wholeNumber(owner, metadata, 'numClasses', 1) : 3 };
}

function wholeNumber(owner: string, metadata: ReadonlyMap<string, Json>, key: string, min: number, max = 0x7fffffff): number {
  const value = metadata.get(key);
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw format(owner, `key ${key} of its metadata must be an integer from ${min} to ${max}, got ${show(value)}`);
}

/** A tree's own metadata, as Spark keeps it: without its params a tree would not load there. */
function treeLine(Class: TreeClass, uid: string, model: SavedModel, timestamp: number): string {
  const set = treeParamsOf(Class, model.setParams());
  const defaults = treeParamsOf(Class, model.defaultParams());
  return metadataLine({ className: Class.type, uid, schema: Class.paramSchema, set, defaults, ownParams: [], written: [], extra: [] }, timestamp);
}

function treeUid(owner: string, Class: TreeClass, t: number, line: string | null): string {
  let problem = 'is null';
  if (line !== null) {
    try {
      const { className, uid } = parseMetadata(line);
      if (className === Class.type) return uid;
      problem = `is of class ${show(className)}, must be of ${Class.type}`;
    } catch (error) {
      problem = `is not valid: ${(error as Error).message}`;
    }
  }
  throw format(owner, `metadata of tree ${t} ${problem}`);
}

function format(owner: string, problem: string): MlError {
  return new MlError('MODEL_FORMAT', `${owner}: ${problem}`);
}
