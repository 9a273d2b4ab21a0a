import { MlError, type MlErrorDetails } from '../../error.ts';
import { type Column, col } from '../../frame/column.ts';
import type { ActionOptions, Executor } from '../../frame/executor.ts';
import { Frame } from '../../frame/frame.ts';
import type { Field } from '../../frame/schema.ts';
import { isNumeric } from '../../frame/types.ts';
import { makeRowScorer } from '../../scoring/row-scorer.ts';
import type { AnyStage } from './model-files.ts';
import type { TransformPlan } from './plan.ts';

/** Which rows hold what a stage of Spark's says that it refuses, by a column of its input; null: none of a column of this type. */
type Holds = (column: Column, field: Field, said: string) => Column | null;

const holdsText: Holds = (column, { type }, said) => {
  const text = type.kind === 'string' ? column.eq(said) : column.cast('string').eq(said);
  // Spark may tell 2 of an int as 2.0, and the other way round.
  if (isNumeric(type)) return text.or(column.cast('double').eq(Number(said)));
  return type.kind === 'string' || type.kind === 'boolean' ? text : null;
};
const holdsNaN: Holds = (column, { type }) => (type.kind === 'double' || type.kind === 'float' ? column.isNaN() : null);
const holdsNull: Holds = (column) => column.isNull();

/** What Spark's transformers say of the values that they refuse. */
const SAID: readonly (readonly [RegExp, Holds])[] = [
  [/^unseen (?:label|value|index): (.*?)(?:\.? +to handle unseen|\s*\?\?|$)/is, holdsText],
  [/^feature value (\S+) out of Bucketizer bounds/i, holdsText],
  [/^\w+ encountered NaN value|^encountered NaN while assembling/i, holdsNaN],
  [/^\w+ encountered NULL value|^encountered null while assembling/i, holdsNull],
];

/**
 * The error of an action that met a value which a transformer refuses, as this process tells it: with the column and the value. The server says the value
 * alone, so the transformers' inputs are asked for a row that holds it, the first one's first. The error itself where it is of another kind, or no row is found.
 */
export async function withRefusedValue(
  error: unknown,
  transforms: Iterable<TransformPlan>,
  executor: Executor,
  options: ActionOptions,
): Promise<unknown> {
  if (!(error instanceof MlError)) return error;
  const text = said(error);
  for (const [pattern, holds] of SAID) {
    const found = pattern.exec(text);
    if (!found) continue;
    const told = await refusal(transforms, (column, field) => holds(column, field, found[1]), executor, options).catch(() => null);
    return told ? refused(error, told.message.replace(/ at row \d+/, ''), told.details) : refused(error, error.message, {});
  }
  return error;
}

/** What the first transformer that refuses such a row says of it; null where none does. */
async function refusal(
  transforms: Iterable<TransformPlan>,
  holds: (column: Column, field: Field) => Column | null,
  executor: Executor,
  options: ActionOptions,
): Promise<MlError | null> {
  for (const { stage, input } of transforms) {
    const { params } = (stage as unknown as AnyStage).remote();
    const names = new Set([params.get('inputCol')?.value, params.get('inputCols')?.value].flat());
    const fields = (await executor.schema(input, options)).fields.filter(({ name }) => names.has(name));
    const held = fields.flatMap((field) => holds(col(field.name), field) ?? []);
    if (held.length === 0) continue;
    const columns = fields.map(({ name, type }) => (type.kind === 'decimal' ? col(name).cast('double').alias(name) : col(name)));
    const rows = new Frame(executor, input).filter(held.reduce((a, b) => a.or(b))).select(...columns);
    for (const row of await rows.take(1, options)) {
      try {
        makeRowScorer(stage)(row);
      } catch (error) {
        if (error instanceof MlError && error.code === 'VALUE_INVALID') return error;
      }
    }
  }
  return null;
}

/** The message without its owner. */
const said = ({ message }: MlError) => message.replace(/^[\w.]+: /, '');

function refused({ details, cause }: MlError, message: string, { row, ...more }: MlErrorDetails): MlError {
  return new MlError('VALUE_INVALID', message, { ...details, ...more }, { cause });
}
