import { MlError, show } from '../../error.ts';
import { inputsOf, type Plan } from '../../frame/plan.ts';
import { listNames, type Schema } from '../../frame/schema.ts';
import { blame } from '../../frame/site.ts';

/** The method that makes a step, as users call it. */
const METHODS: ReadonlyMap<Plan['op'], string> = new Map([
  ['project', 'select'],
  ['withColumns', 'withColumn'],
  ['aggregate', 'agg'],
  ['resample', 'sample'],
  ['sort', 'orderBy'],
  ['rename', 'withColumnRenamed'],
  ['distinct', 'dropDuplicates'],
  ['fill', 'fillna'],
  ['dropNulls', 'dropna'],
  ['combine', 'union'],
]);

export function stepName(plan: Plan): string {
  return plan.op === 'read' ? `read.${plan.format}` : (METHODS.get(plan.op) ?? plan.op);
}

/**
 * The error of a plan, told of the step that made it: the server only says that the whole plan is wrong. The steps below are asked first, so the
 * innermost wrong one is found; its line stands in the stack.
 */
export async function located(error: unknown, plan: Plan, engine: { schema(plan: Plan): Promise<Schema> }): Promise<unknown> {
  if (!(error instanceof MlError) || !isAnalysis(error)) return error;
  const schemas: Schema[] = [];
  for (const input of inputsOf(plan)) {
    try {
      schemas.push(await engine.schema(input));
    } catch (inner) {
      return inner;
    }
  }
  return blame(refusal(plan, schemas) ?? (error.details.stage === undefined ? named(error, plan, schemas) : error), plan.site);
}

/** What a stage has against the columns that it is given. */
function refusal(plan: Plan, [schema]: readonly Schema[]): MlError | null {
  if (plan.op !== 'transform') return null;
  try {
    plan.stage.transformSchema(schema);
  } catch (error) {
    if (error instanceof MlError && error.code.startsWith('COLUMN_')) return error;
  }
  return null;
}

/** Errors that a plan has before any data is read. */
function isAnalysis({ code, details }: MlError): boolean {
  // Where a write goes is no step's fault.
  if (details.errorClass === 'PATH_ALREADY_EXISTS') return false;
  if (code.startsWith('COLUMN_') || String(details.sqlState ?? '').startsWith('42') || code === 'NOT_FOUND') return true;
  // A stage of Spark's tells of columns without an error class.
  return ['ALREADY_EXISTS', 'SPARK_FAILED'].includes(code) && details.errorClass === undefined;
}

/** The error in the step's name; where a column is missing, with all that there are. */
function named({ code, message, details, cause }: MlError, plan: Plan, schemas: readonly Schema[]): MlError {
  const { column } = details;
  const missing = code === 'COLUMN_NOT_FOUND' && column !== undefined && schemas.length > 0;
  const names = schemas.flatMap((s) => s.names);
  const what = missing ? `column ${show(column)} does not exist; the frame has ${listNames(names)}` : message.replace(/^[\w.]+: /, '');
  return new MlError(code, `${stepName(plan)}: ${what}`, details, { cause });
}
