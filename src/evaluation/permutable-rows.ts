import { type VectorColumn, writeDenseRow } from '../block/column.ts';
import { Numbers } from '../block/growing-numbers.ts';
import type { Engine } from '../engine/engine.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import { Frame } from '../frame/frame.ts';
import type { LocalTable } from '../frame/plan.ts';
import { type Field, Schema } from '../frame/schema.ts';
import { DenseVector } from '../linalg/vectors.ts';
import type { ParamSchema } from '../param/param.ts';
import type { Evaluator } from '../pipeline/evaluator.ts';
import type { AnyTransformer } from '../pipeline/pipeline.ts';
import type { PredictionModel } from '../predictor/prediction-model.ts';
import { bindProgram } from '../scoring/bind.ts';
import type { Program } from '../scoring/program.ts';
import { readScoredRows } from './scored-rows.ts';

/** Rows held in this process, with what a model reads and an evaluator judges by. */
export interface PermutableRows {
  /** Of what can be permuted, each by itself. */
  readonly names: readonly string[];
  readonly count: number;
  /** The rows; with `order` row i has the `j`th value of row `order[i]`. */
  frame(j?: number, order?: Uint32Array): Frame;
}

/** The slots of the model's feature vectors, and the numeric columns that the evaluator names. */
export async function readFeatureSlots(
  owner: string,
  // biome-ignore lint/suspicious/noExplicitAny: models of all params and states
  model: PredictionModel<any, any>,
  frame: Frame,
  evaluator: Evaluator<ParamSchema>,
  options: ActionOptions,
): Promise<PermutableRows> {
  const stage = { owner, uid: model.uid };
  const { featuresCol } = model.params as { featuresCol: string };
  const schema = await frame.schema(options);
  const field = schema.require(owner, featuresCol, 'vector');
  const judged = judgedBy(evaluator);
  const fields = judged.map((name) => ({ ...schema.require(owner, name, 'numeric'), type: { kind: 'double' as const } }));
  const wanted = Object.fromEntries(judged.map((name, k) => [`column${k}`, { column: name }]));
  const numbers = judged.length > 0 ? await readScoredRows(stage, frame, wanted, options) : {};
  const others = Object.values(numbers).map(({ values }) => values);
  const size = model.numFeatures;
  const found = new Numbers();
  await (frame.executor as Engine).train(frame.plan, stage, options, (context) =>
    context.scan([featuresCol], ({ rows, firstRow, columns: [column] }) => {
      const vectors = column as VectorColumn;
      for (let i = 0; i < rows; i++) {
        if (vectors.valid?.[i] !== 0 && vectors.size === size) continue;
        const got = vectors.valid?.[i] === 0 ? 'null' : `one of ${vectors.size}`;
        throw new MlError(
          'VALUE_INVALID',
          `${owner}: column ${show(featuresCol)} must hold vectors of ${size} slots, row ${firstRow + i} has ${got}`,
          { column: featuresCol, row: firstRow + i },
        );
      }
      const block = found.extend(rows * size);
      for (let i = 0; i < rows; i++) writeDenseRow(vectors, i, block, i * size);
    }),
  );
  const features = found.done();
  const count = features.length / size;
  return {
    names: model.featureNames,
    count,
    frame(j = 0, order) {
      const values = features.slice();
      for (let i = 0; order && i < count; i++) values[i * size + j] = features[order[i] * size + j];
      const vectors = Array.from({ length: count }, (_, i) => new DenseVector(values.subarray(i * size, (i + 1) * size)));
      return heldFrame(frame, [field, ...fields], count, [vectors, ...others]);
    },
  };
}

/** The columns that any transformer reads, but for those that it makes the evaluator's label and weight of. */
export async function readInputColumns(
  owner: string,
  model: AnyTransformer,
  frame: Frame,
  evaluator: Evaluator<ParamSchema>,
  options: ActionOptions,
): Promise<PermutableRows> {
  const schema = await frame.schema(options);
  const { program } = bindProgram([model], schema);
  const columnsOf = (names: Iterable<string>) => new Set([...names].flatMap((name) => schema.path(name)?.[0] ?? []));
  const judged = judgedBy(evaluator);
  const fixed = columnsOf([...judged, ...sourcesOf(program, judged)]);
  const names = [...columnsOf(program.inputs.map(({ column }) => column))].filter((name) => !fixed.has(name));
  if (names.length === 0) {
    throw new MlError('PARAM_INVALID', `${owner}: model must read a column of the frame besides the label, reads none`, { param: 'model' });
  }
  const fields = [...names, ...fixed].map((name) => schema.require(owner, name));
  const rows = await frame.select(...fields.map(({ name }) => name)).collect(options);
  if (rows.length === 0) throw new MlError('EMPTY_DATASET', `${owner}: there must be at least one row to evaluate, got none`, { stage: model.uid });
  const columns = fields.map(({ name }) => rows.map((row) => row[name]));
  return {
    names,
    count: rows.length,
    frame(j, order) {
      const permuted = columns.map((values, c) => (order && c === j ? Array.from(order, (i) => values[i]) : values));
      return heldFrame(frame, fields, rows.length, permuted);
    },
  };
}

/** The columns that are never permuted. */
function judgedBy(evaluator: Evaluator<ParamSchema>): string[] {
  const { labelCol, weightCol } = evaluator.params as { labelCol?: string; weightCol?: string };
  return [...new Set([labelCol, weightCol].filter((name) => name !== undefined && name !== ''))] as string[];
}

/** The columns from outside that the program makes `names` of. */
function sourcesOf({ inputs, steps, outputs }: Program, names: readonly string[]): string[] {
  const needed = new Set(names.map((name) => outputs.get(name)));
  for (const step of [...steps].reverse()) {
    if (step.outputs.some((slot) => needed.has(slot))) for (const slot of step.inputs) needed.add(slot);
  }
  return inputs.filter(({ slot }) => needed.has(slot)).map(({ column }) => column);
}

/** A frame of these rows, of the session of `like`. */
function heldFrame(like: Frame, fields: readonly Field[], rows: number, columns: LocalTable['columns']): Frame {
  return new Frame(like.executor, { op: 'local', table: { schema: new Schema(fields), rows, partitions: null, columns } });
}
