import { readFileSync } from 'node:fs';
import { LogisticRegression } from '#dist/classification/index.js';
import { type Frame, type Logger, Matrices, type Session, type Vector, Vectors } from '#dist/index.js';

interface Dataset {
  readonly sparse: boolean;
  readonly features: number[][];
  readonly label: number[];
  readonly weight: number[];
}

export interface GoldenResult {
  readonly numClasses: number;
  readonly numFeatures: number;
  readonly coefficientMatrix: number[][];
  readonly interceptVector: number[];
  readonly totalIterations: number;
  readonly objectiveHistory: number[];
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly rawPrediction: number[][];
  readonly probability: number[][];
  readonly prediction: number[];
}

export interface GoldenFit {
  readonly name: string;
  readonly dataset: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly result?: GoldenResult;
  readonly error?: string;
}

/** Made by Spark 4.3.0, see `goldens/README.md`. */
const file: { datasets: Record<string, Dataset>; cases: GoldenFit[] } = JSON.parse(
  readFileSync(new URL('../goldens/logistic-regression.json', import.meta.url), 'utf8'),
  (_, value) => (value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value),
);
export const goldenFits = file.cases;

/** What the part of a dataset's name after the slash changes. */
const VARIANTS: Readonly<Record<string, (data: Dataset) => Partial<Dataset>>> = {
  'all 0': ({ label }) => ({ label: label.map(() => 0) }),
  'all 1': ({ label }) => ({ label: label.map(() => 1) }),
  'all 2': ({ label }) => ({ label: label.map(() => 2) }),
  double: ({ label }) => ({ label: label.map((y) => 2 * y) }),
  half: ({ label }) => ({ label: label.map((y) => y / 2) }),
  negative: ({ label }) => ({ label: label.map((y) => -y) }),
  'negative weight': ({ weight }) => ({ weight: weight.map(() => -1) }),
  'zero weight': ({ weight }) => ({ weight: weight.map(() => 0) }),
  'nan feature': ({ features }) => ({ features: features.map((x, i) => (i === 3 ? [Number.NaN, ...x.slice(1)] : x)) }),
};

export function dataset(name: string): Dataset {
  const [base, variant] = name.split('/');
  const data = file.datasets[base];
  return variant ? { ...data, ...VARIANTS[variant](data) } : data;
}

/** For sessions whose warnings are expected. */
const ignore = () => {};
export const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export type Form = 'dense' | 'sparse';

export function vectorOf(x: readonly number[], form: Form): Vector {
  return form === 'sparse'
    ? Vectors.sparse(
        x.length,
        [...x.keys()].filter((j) => x[j] !== 0),
        x.filter((v) => v !== 0),
      )
    : Vectors.dense(x);
}

export function frameOf(session: Session, { features, label, weight, sparse }: Dataset, form: Form = sparse ? 'sparse' : 'dense'): Frame {
  return session.createFrame(
    features.map((x, i) => ({ features: vectorOf(x, form), label: label[i], weight: weight[i] })),
    { features: 'vector', label: 'double', weight: 'double' },
  );
}

/** The estimator of a case; bounds become matrices and vectors. */
export function estimatorOf(params: Readonly<Record<string, unknown>>): LogisticRegression {
  const value = (name: string, v: unknown) => {
    if (name.endsWith('BoundsOnIntercepts')) return Vectors.dense(v as number[]);
    if (!name.endsWith('BoundsOnCoefficients')) return v;
    return matrixOf(v as number[][]);
  };
  return new LogisticRegression(Object.fromEntries(Object.entries(params).map(([name, v]) => [name, value(name, v)])));
}

export function matrixOf(rows: readonly (readonly number[])[]) {
  const [numRows, numCols] = [rows.length, rows[0].length];
  return Matrices.dense(
    numRows,
    numCols,
    Array.from({ length: numRows * numCols }, (_, p) => rows[p % numRows][Math.floor(p / numRows)]),
  );
}
