import type { Frame, Session } from 'millstream';
import { LogisticRegression } from 'millstream/classification';
import { VectorAssembler } from 'millstream/feature';

/** The job of both sides: ridge-penalised logistic regression on raw features. */
export const ridge = new LogisticRegression({ regParam: 0.01, tol: 1e-6, maxIter: 100, standardization: false });

/** 50 numbers as one vector, and the label. */
export function denseFrame(session: Session, path: string): Frame {
  const inputCols = Array.from({ length: 50 }, (_, j) => `f${j}`);
  return new VectorAssembler({ inputCols, outputCol: 'features' }).transform(session.read.parquet(path)).select('features', 'label');
}
