import { coalesce, col, type Frame, lit, Pipeline, type Session } from 'millstream';
import type { LogisticRegression } from 'millstream/classification';
import { OneHotEncoder, StringIndexer, VectorAssembler } from 'millstream/feature';
import { CATEGORIES, NUMBERS, TELCO } from './harness.ts';

/** The pipeline that both sides fit: 16 indexed and one-hot columns, 3 numbers, the label's index. */
export function churnPipeline(estimator: LogisticRegression): Pipeline {
  const indexed = CATEGORIES.map((c) => `${c}_ix`);
  const encoded = CATEGORIES.map((c) => `${c}_vec`);
  return new Pipeline({
    stages: [
      new StringIndexer({ inputCols: CATEGORIES, outputCols: indexed, handleInvalid: 'keep' }),
      new StringIndexer({ inputCol: 'Churn', outputCol: 'label', handleInvalid: 'skip' }),
      new OneHotEncoder({ inputCols: indexed, outputCols: encoded }),
      new VectorAssembler({ inputCols: [...NUMBERS, ...encoded], outputCol: 'features' }),
      estimator,
    ],
  });
}

/** The real Telco table, blanks of TotalCharges as 0, with the fold column that both sides use. */
export function telco(session: Session, path = TELCO): Frame {
  return session.read
    .csv(path, { header: true, inferSchema: true })
    .withColumn('TotalCharges', coalesce(col('TotalCharges').tryCast('double'), lit(0)))
    .withColumn('SeniorCitizen', col('SeniorCitizen').cast('string'))
    .withColumn('fold', col('customerID').substr(1, 4).cast('int').mod(3))
    .cache();
}
