import type { RemoteStage } from '../engine.ts';

/** What the server tells of a model that it keeps. */
export interface Told {
  /** What a method of the model gives. */
  value(method: string): Promise<unknown>;
  /** The row of the frame that a method gives. */
  row(method: string): Promise<Readonly<Record<string, unknown>>>;
}

type DataRow = ReadonlyMap<string, unknown>;

/**
 * Models whose methods tell the whole row of data that saving them would write, by the estimator's class: the row, by column. They need no folder of the
 * server's. The others are written there and read back.
 */
const ROWS: ReadonlyMap<string, (model: Told, estimator: RemoteStage) => Promise<DataRow>> = new Map([
  ['org.apache.spark.ml.feature.StringIndexer', (model: Told) => values(model, ['labelsArray'])],
  ['org.apache.spark.ml.feature.OneHotEncoder', (model: Told) => values(model, ['categorySizes'])],
  ['org.apache.spark.ml.feature.StandardScaler', (model: Told) => values(model, ['std', 'mean'])],
  ['org.apache.spark.ml.feature.MinMaxScaler', (model: Told) => values(model, ['originalMin', 'originalMax'])],
  ['org.apache.spark.ml.feature.Imputer', async (model: Told) => new Map(Object.entries(await model.row('surrogateDF')))],
  ['org.apache.spark.ml.classification.LogisticRegression', logisticRow],
]);

/** The row of a fitted model's data, or null where the server does not tell it. */
export async function dataRow(model: Told, estimator: RemoteStage): Promise<DataRow | null> {
  return (await ROWS.get(estimator.type)?.(model, estimator)) ?? null;
}

async function values(model: Told, methods: readonly string[]): Promise<Map<string, unknown>> {
  return new Map(await Promise.all(methods.map(async (method) => [method, await model.value(method)] as const)));
}

async function logisticRow(model: Told, { params }: RemoteStage): Promise<DataRow> {
  const row = await values(model, ['numClasses', 'numFeatures', 'interceptVector', 'coefficientMatrix']);
  const family = String(params.get('family')?.value ?? 'auto').toLowerCase();
  return row.set('isMultinomial', family === 'multinomial' || (family === 'auto' && Number(row.get('numClasses')) > 2));
}
