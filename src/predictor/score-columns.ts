import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';
import { attributeMetadata, groupMetadata, groupOf } from '../frame/attributes.ts';
import type { Metadata, Schema } from '../frame/schema.ts';

/** Columns that a fit reads; an empty or absent weight column is none. */
export interface TrainingColumns {
  readonly featuresCol: string;
  readonly labelCol: string;
  readonly weightCol?: string;
}

/** Columns that a classifier adds; those with an empty name it leaves out. */
export interface ClassColumns {
  readonly rawPredictionCol: string;
  readonly probabilityCol: string;
  readonly predictionCol: string;
}

/** Refuses a schema without the columns that a fit reads. */
export function requireTrainingColumns(owner: string, schema: Schema, { featuresCol, labelCol, weightCol }: TrainingColumns): void {
  schema.require(owner, featuresCol, 'vector');
  schema.require(owner, labelCol, 'numeric');
  if (weightCol) schema.require(owner, weightCol, 'numeric');
}

/** Refuses a schema whose features are others than those of the fit, as far as it tells how many there are. */
export function requireFeatures({ owner, uid }: StageName, schema: Schema, featuresCol: string, numFeatures: number): void {
  const { size } = groupOf(schema.require(owner, featuresCol, 'vector'));
  if (size === undefined || size === numFeatures) return;
  throw new MlError('SCHEMA_INVALID', `${owner}: column ${show(featuresCol)} must have the ${numFeatures} features of the fit, has ${size}`, {
    stage: uid,
    column: featuresCol,
    value: size,
  });
}

/** `schema` with a classifier's columns; `size` is that of the vectors. */
export function addClassColumns(
  owner: string,
  schema: Schema,
  { rawPredictionCol, probabilityCol, predictionCol }: ClassColumns,
  size?: number,
  numClasses?: number,
): Schema {
  const vector = { metadata: size === undefined ? undefined : groupMetadata({ size }) };
  const label = { nullable: false, metadata: numClasses === undefined ? undefined : attributeMetadata({ type: 'nominal', numValues: numClasses }) };
  let out = schema;
  if (rawPredictionCol) out = out.add(owner, rawPredictionCol, { kind: 'vector' }, vector);
  if (probabilityCol) out = out.add(owner, probabilityCol, { kind: 'vector' }, vector);
  if (predictionCol) out = out.add(owner, predictionCol, { kind: 'double' }, label);
  return out;
}

/** `schema` with a column of numbers that a regression model adds; as it is where the name is empty. */
export function addNumberColumn(owner: string, schema: Schema, name: string | undefined): Schema {
  return name ? schema.add(owner, name, { kind: 'double' }, { nullable: false, metadata: groupMetadata({}) }) : schema;
}

/** `schema` with the column of leaves: one number of a single tree, a vector of an ensemble's; as it is where the name is empty. */
export function addLeafColumn(owner: string, schema: Schema, name: string, kind: 'double' | 'vector', metadata?: Metadata): Schema {
  return name ? schema.add(owner, name, { kind }, { nullable: kind === 'vector', metadata }) : schema;
}

/** Columns of leaves and contributions that a boosted model adds; those with an empty name it leaves out. */
export interface BoostingColumns {
  readonly leafCol: string;
  readonly contributionsCol: string;
}

/** `schema` with a boosted model's columns of leaves and contributions; a fitted model knows the sizes and names of their slots. */
export function addBoostingColumns(
  owner: string,
  schema: Schema,
  { leafCol, contributionsCol }: BoostingColumns,
  known?: { readonly numTrees: number; readonly contributions: readonly string[] },
): Schema {
  const slots = known?.contributions.map((name) => ({ type: 'numeric' as const, name }));
  const out = addLeafColumn(owner, schema, leafCol, 'vector', known && groupMetadata({ size: known.numTrees }));
  if (!contributionsCol) return out;
  return out.add(owner, contributionsCol, { kind: 'vector' }, { metadata: slots && groupMetadata({ attributes: slots }) });
}

/** Refuses `thresholds` that are not one a class. */
export function checkThresholdCount({ owner, uid }: StageName, thresholds: readonly number[] | undefined, numClasses: number): void {
  if (!thresholds || thresholds.length === numClasses) return;
  throw new MlError('PARAM_INVALID', `${owner}: thresholds must have one entry a class, that is ${numClasses}, got ${show(thresholds)}`, {
    stage: uid,
    param: 'thresholds',
    value: thresholds,
  });
}

/** What a classifier can put out. */
export type ClassOutput = 'rawPrediction' | 'probability' | 'prediction';

/** Which of them are wanted, in their order, and the names of their columns. */
export function classOutputs(columns: ClassColumns): { outputs: ClassOutput[]; names: string[] } {
  const { rawPredictionCol, probabilityCol, predictionCol } = columns;
  const all: [ClassOutput, string][] = [
    ['rawPrediction', rawPredictionCol],
    ['probability', probabilityCol],
    ['prediction', predictionCol],
  ];
  const wanted = all.filter(([, name]) => name !== '');
  return { outputs: wanted.map(([output]) => output), names: wanted.map(([, name]) => name) };
}
