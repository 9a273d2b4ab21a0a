import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DecisionTreeClassifier, GBTClassifier, RandomForestClassifier } from '#dist/classification/index.js';
import { StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import { type Frame, type Session, type Vector, Vectors } from '#dist/index.js';
import { DecisionTreeRegressor, GBTRegressor, RandomForestRegressor } from '#dist/regression/index.js';

interface MadeTable {
  readonly sparse: boolean;
  readonly attributes: object | null;
  readonly features: number[][];
  readonly label: number[];
  readonly weight: number[];
  readonly held: boolean[];
  /** Further rows to score, with categories that no fit has seen. */
  readonly unseen: number[][];
}

interface NamedTable {
  readonly csv: string;
  readonly select: string[];
  readonly indexed: string[];
  readonly assembled: string[];
}

/** A tree's nodes in preorder, column by column; `split`: null, [feature, threshold] or [feature, categories that go left, categories]. */
export interface GoldenTree {
  readonly right: number[];
  readonly split: (null | [number, number] | [number, number[], number])[];
  readonly prediction: number[];
  readonly impurity: number[];
  readonly gain: number[];
  readonly rawCount: number[];
  readonly impurityStats: number[][];
}

export interface GoldenResult {
  readonly numFeatures: number;
  readonly numClasses?: number;
  readonly featureImportances: number[];
  readonly toDebugString: string;
  readonly trees: GoldenTree[];
  readonly scores: Readonly<Record<string, (number | number[])[]>>;
  readonly evaluateEachIteration?: Readonly<Record<string, number[]>>;
  readonly summary?: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

interface Fitted {
  readonly name: string;
  readonly table: string;
  readonly estimator: keyof typeof ESTIMATORS;
  readonly params: Readonly<Record<string, unknown>>;
}
export interface GoldenCase extends Fitted {
  readonly result?: GoldenResult;
  readonly error?: string;
}
export interface GoldenQuality extends Fitted {
  readonly metric: string;
  readonly values: number[];
}

/** Made by Spark 4.3.0, see `goldens/README.md`. */
const file: { made: Record<string, MadeTable>; named: Record<string, NamedTable>; cases: GoldenCase[]; quality: GoldenQuality[] } = JSON.parse(
  readFileSync(new URL('../goldens/trees.json', import.meta.url), 'utf8'),
);
export const goldenTrees = file.cases;
export const goldenQuality = file.quality;
/** So many of a table's first rows were scored. */
const SCORED = 12;

const ESTIMATORS = { DecisionTreeClassifier, DecisionTreeRegressor, RandomForestClassifier, RandomForestRegressor, GBTClassifier, GBTRegressor };

/** The estimator of a case with all of its params; every fit has seed 1. */
export function estimatorOf({ estimator, params }: Pick<Fitted, 'estimator' | 'params'>, seed = 1) {
  const Class = ESTIMATORS[estimator] as new (params: object) => InstanceType<(typeof ESTIMATORS)[keyof typeof ESTIMATORS]>;
  return new Class({ seed, ...params });
}

/** What the part of a table's name after the slash changes. */
const VARIANTS: Readonly<Record<string, (table: MadeTable) => Partial<MadeTable>>> = {
  'no weight': ({ weight }) => ({ weight: weight.map(() => 0) }),
  'negative weight': ({ weight }) => ({ weight: weight.map(() => -1) }),
  'all held': ({ held }) => ({ held: held.map(() => true) }),
  'none held': ({ held }) => ({ held: held.map(() => false) }),
  'strange category': ({ features }) => ({ features: withFirst(features, 9) }),
  'nan feature': ({ features }) => ({ features: withFirst(features, Number.NaN) }),
  'infinite feature': ({ features }) => ({ features: withFirst(features, Number.POSITIVE_INFINITY) }),
  'one row': ({ features, label }) => ({ features: features.slice(0, 1), label: label.slice(0, 1) }),
  'constant features': ({ features }) => ({ features: features.map(() => features[0]) }),
  'one class': ({ label }) => ({ label: label.map(() => 0) }),
};

/** Rows of a made table to score, those with categories that no fit has seen at the end; vectors are arrays. */
export function rowsToScore(name: string): { features: number[][]; metadata?: object } {
  const { features, unseen, attributes } = file.made[name];
  return { features: [...features.slice(0, 40), ...unseen], ...(attributes && { metadata: { ml_attr: attributes } }) };
}

function withFirst(features: number[][], value: number): number[][] {
  return [[value, ...features[0].slice(1)], ...features.slice(1)];
}

/** The rows to fit, and those to score. */
export async function framesOf(session: Session, name: string): Promise<{ fitted: Frame; scored: Frame }> {
  const named = file.named[name];
  if (named) {
    const fitted = await namedFrame(session, named);
    return { fitted, scored: fitted.limit(SCORED) };
  }
  const [base, variant] = name.split('/');
  const table = { ...file.made[base], ...(variant && VARIANTS[variant](file.made[base])) };
  const rows = table.features.map((x, i) => ({
    features: vectorOf(x, table.sparse),
    label: table.label[i],
    weight: table.weight[i],
    held: table.held[i],
  }));
  const unseen = table.unseen.map((x) => ({ features: vectorOf(x, table.sparse), label: null, weight: null, held: null }));
  const features = table.attributes ? { type: 'vector', attributes: table.attributes } : 'vector';
  const schema = { features, label: 'double', weight: 'double', held: 'boolean' };
  return { fitted: session.createFrame(rows, schema), scored: session.createFrame([...rows.slice(0, SCORED), ...unseen], schema) };
}

function vectorOf(x: readonly number[], sparse: boolean): Vector {
  if (!sparse) return Vectors.dense(x);
  const indices = [...x.keys()].filter((j) => x[j] !== 0);
  return Vectors.sparse(
    x.length,
    indices,
    indices.map((j) => x[j]),
  );
}

async function namedFrame(session: Session, { csv, select, indexed, assembled }: NamedTable): Promise<Frame> {
  const folder = csv === 'telco-churn.csv' ? '../../examples/data/' : '../fixtures/tables/';
  const path = fileURLToPath(new URL(folder + csv, import.meta.url));
  // Spark marks a double by a D.
  const frame = session.read.csv(path, { header: true, inferSchema: true }).selectExpr(...select.map((text) => text.replace(/(\d)D\b/g, '$1')));
  const assembler = new VectorAssembler({ inputCols: assembled, outputCol: 'features' });
  if (indexed.length === 0) return assembler.transform(frame);
  const indexer = await new StringIndexer({ inputCols: indexed, outputCols: indexed.map((name) => `${name}_ix`) }).fit(frame);
  return assembler.transform(indexer.transform(frame));
}
