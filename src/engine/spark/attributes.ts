import type { RemoteStage } from '../engine.ts';
import type { CallOptions } from './client.ts';
import type { ToldModel } from './told-model.ts';

type DataRow = ReadonlyMap<string, unknown>;

/**
 * Models whose methods tell the whole row of data that saving them would write, by the estimator's class: the row, by column. They need no folder of
 * the server's. The others are written there and read back.
 */
const ROWS: ReadonlyMap<string, (model: ToldModel, options: CallOptions, estimator: RemoteStage) => Promise<DataRow>> = new Map([
  ['org.apache.spark.ml.feature.StringIndexer', values('labelsArray')],
  ['org.apache.spark.ml.feature.OneHotEncoder', values('categorySizes')],
  ['org.apache.spark.ml.feature.StandardScaler', values('std', 'mean')],
  ['org.apache.spark.ml.feature.MinMaxScaler', values('originalMin', 'originalMax')],
  ['org.apache.spark.ml.feature.Imputer', imputerRow],
  ['org.apache.spark.ml.classification.LogisticRegression', logisticRow],
]);

/** The row of a fitted model's data, or null where the server does not tell it. */
export async function dataRow(model: ToldModel, estimator: RemoteStage, options: CallOptions): Promise<DataRow | null> {
  return (await ROWS.get(estimator.type)?.(model, options, estimator)) ?? null;
}

function values(...methods: string[]) {
  return async (model: ToldModel, options: CallOptions): Promise<Map<string, unknown>> =>
    new Map(await Promise.all(methods.map(async (method) => [method, await model.value([method], options)] as const)));
}

async function imputerRow(model: ToldModel, options: CallOptions): Promise<DataRow> {
  const [row] = await model.rows(['surrogateDF'], options);
  return new Map(Object.entries(row));
}

const logisticValues = values('numClasses', 'numFeatures', 'interceptVector', 'coefficientMatrix');

async function logisticRow(model: ToldModel, options: CallOptions, { params }: RemoteStage): Promise<DataRow> {
  const row = await logisticValues(model, options);
  const family = String(params.get('family')?.value ?? 'auto').toLowerCase();
  return row.set('isMultinomial', family === 'multinomial' || (family === 'auto' && Number(row.get('numClasses')) > 2));
}
