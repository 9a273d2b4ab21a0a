import { MlError, type MlErrorCode, type MlErrorDetails, show } from '../../error.ts';
import type { RemoteStage } from '../engine.ts';

/** What is wrong, in our words. */
interface Fault {
  readonly code: MlErrorCode;
  readonly text: string;
  readonly details?: MlErrorDetails;
}

const columnOf = ({ params }: RemoteStage, ...names: string[]) =>
  names.map((name) => params.get(name)?.value).find((value) => typeof value === 'string');

const value = (column: unknown, text: (shown: string) => string): Fault => ({
  code: 'VALUE_INVALID',
  text: text(`column ${show(column)}`),
  details: { column: column as string },
});
/** Spark's own words about a column. */
const inColumn = ([words]: RegExpExecArray, column: unknown) => value(column, (shown) => `${words}, in ${shown}`);
const labels = (stage: RemoteStage) => columnOf(stage, 'labelCol') ?? 'label';
const features = (stage: RemoteStage) => columnOf(stage, 'inputCol', 'featuresCol') ?? 'features';

/** What Spark's estimators and evaluators say of rows and params that they refuse, by the start of it. */
const SAID: readonly (readonly [RegExp, (said: RegExpExecArray, stage: RemoteStage) => Fault])[] = [
  [/^labels MUST.*/is, (said, stage) => inColumn(said, labels(stage))],
  [/^weights MUST.*/is, (said, stage) => inColumn(said, columnOf(stage, 'weightCol'))],
  [/^vectors? (?:values )?MUST.*/is, (said, stage) => inColumn(said, features(stage))],
  [
    /^cannot invoke ".*\bVector\./i,
    (_, stage) => value(features(stage), (column) => `${column} must not be null, a row has null; fill or drop such rows`),
  ],
  [
    /^dimensions mismatch when .*expecting (\d+) but got (\d+)/i,
    ([, size, other], stage) => value(features(stage), (column) => `${column}: vectors must all have ${size} slots, one has ${other}`),
  ],
  [
    /^surrogate cannot be computed\. All the values in (.*) are Null/is,
    ([, column]) => value(column, (shown) => `${shown} must have a value that is not missing, it has none; leave it out`),
  ],
  [
    /^(ML algorithm was given empty dataset|nothing has been added to this summarizer|DecisionTree requires size of input RDD > 0)/i,
    () => ({ code: 'EMPTY_DATASET', text: 'the frame must have at least one row, it has none' }),
  ],
  [
    /^DecisionTree requires maxBins \(= (\d+)\).*categorical feature (\d+) has (\d+) values/i,
    ([, bins, feature, has], stage) => ({
      code: 'PARAM_INVALID',
      text: `maxBins (${bins}) must be at least the number of categories of every categorical feature, feature number ${feature} has ${has}; set maxBins to ${has} or more, or drop the feature`,
      details: { param: 'maxBins', column: features(stage), value: Number(has) },
    }),
  ],
];

/** The error of a fit or a judgement with the stage; where it refused rows or params, as this process tells it. */
export function withStage(error: unknown, stage: RemoteStage): unknown {
  if (!(error instanceof MlError)) return error;
  const { code, message, details, cause } = error;
  const said = message.slice(stage.owner.length + 2);
  for (const [pattern, tell] of SAID) {
    const found = pattern.exec(said);
    if (!found) continue;
    const fault = tell(found, stage);
    return new MlError(fault.code, `${stage.owner}: ${fault.text}`, { ...details, stage: stage.uid, ...fault.details }, { cause });
  }
  return code === 'SPARK_FAILED' ? new MlError(code, message, { ...details, stage: stage.uid }, { cause }) : error;
}
