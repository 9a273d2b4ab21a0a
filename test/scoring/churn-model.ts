import { LogisticRegressionModel } from '#dist/classification/index.js';
import { OneHotEncoderModel, StringIndexerModel, VectorAssembler } from '#dist/feature/index.js';
import { DenseMatrix, Vectors } from '#dist/linalg/index.js';
import { PipelineModel, type Transformer } from '#dist/pipeline/index.js';

/** How many categories each text column of {@link churnModel} has. */
export const CATEGORIES = Array.from({ length: 16 }, (_, c) => 2 + (c % 3));
export const textColumn = (c: number): string => `text ${c}`;
const index = (c: number) => `${textColumn(c)} index`;
const oneHot = (c: number) => `${textColumn(c)} one-hot`;
export const NUMBERS = ['tenure', 'MonthlyCharges', 'TotalCharges'];

/** A fitted pipeline of the shape of the Telco churn one: 16 text columns indexed and one-hot encoded, 3 numbers, logistic regression. */
export function churnModel(handleInvalid: 'error' | 'skip' | 'keep' = 'error'): PipelineModel {
  const columns = CATEGORIES.map((_, c) => c);
  const sizes = CATEGORIES.map((n) => n + (handleInvalid === 'keep' ? 1 : 0));
  const features = sizes.reduce((sum, n) => sum + n - 1, 0) + NUMBERS.length;
  const stages = [
    new StringIndexerModel(
      { inputCols: columns.map(textColumn), outputCols: columns.map(index), handleInvalid },
      { labelsArray: CATEGORIES.map((n, c) => Array.from({ length: n }, (_, k) => label(c, k))) },
      'indexer',
    ),
    new StringIndexerModel({ inputCol: 'Churn', outputCol: 'churn_ix' }, { labelsArray: [['No', 'Yes']] }, 'labels'),
    new OneHotEncoderModel({ inputCols: columns.map(index), outputCols: columns.map(oneHot) }, { categorySizes: sizes }, 'encoder'),
    new VectorAssembler({ inputCols: [...columns.map(oneHot), ...NUMBERS], outputCol: 'features' }, 'assembler'),
    new LogisticRegressionModel(
      { labelCol: 'churn_ix' },
      {
        numClasses: 2,
        coefficientMatrix: new DenseMatrix(
          1,
          features,
          Array.from({ length: features }, (_, j) => ((j * 37) % 19) / 19 - 0.5),
          true,
        ),
        interceptVector: Vectors.dense(0.25),
        isMultinomial: false,
      },
      'lr',
    ),
  ];
  return new PipelineModel({}, { stages: stages as unknown as Transformer<never>[] }, 'churn');
}

export const label = (column: number, k: number): string => `label ${k} of ${column}`;

/** Row number i, without a label. */
export function churnRow(i: number): Record<string, unknown> {
  const row: Record<string, unknown> = { customerID: `c${i}` };
  CATEGORIES.forEach((n, c) => {
    row[textColumn(c)] = label(c, (i * 7 + c) % n);
  });
  return { ...row, tenure: i % 72, MonthlyCharges: 20 + (i % 80) + 0.05, TotalCharges: (i % 72) * (20.05 + (i % 80)) };
}
