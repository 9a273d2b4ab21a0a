import type { Binder } from '../block/binder.ts';
import { MlError } from '../error.ts';
import type { Executor } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Plan } from '../frame/plan.ts';
import type { Schema } from '../frame/schema.ts';
import { text } from '../param/param.ts';
import * as z from '../param/zod.ts';
import { frameOf, Transformer } from '../pipeline/transformer.ts';
import { checkStatement, THIS } from './sql-statement.ts';

/** Params of SQLTransformer. */
export const SQLTransformerParams = z.strictObject({
  statement: text().optional().describe('SQL: one SELECT over __THIS__, in the dialect of the frame’s engine'),
});
export type SQLTransformerParams = z.input<typeof SQLTransformerParams>;

/**
 * Replaces the frame by the answer to one SELECT over `__THIS__`, such as `SELECT *, a + b AS sum FROM __THIS__`. The statement may
 * come from a model's files, so it may read nothing but `__THIS__` and call none but well-known functions. It is a query, not a
 * function of rows: only an engine can tell its output, and a row scorer cannot run it.
 */
export class SQLTransformer extends Transformer<typeof SQLTransformerParams> {
  static readonly type: string = 'org.apache.spark.ml.feature.SQLTransformer';
  static readonly paramSchema = SQLTransformerParams;

  override transform(frame: Frame): Frame {
    // Not imported: a row scorer loads this file, but never a Frame.
    const FrameClass = frameOf(this.owner, frame).constructor as typeof Frame;
    return new FrameClass(frame.executor, this.#plan(frame.plan, frame.executor));
  }

  override async resolveSchema(schema: Schema, executor: Executor): Promise<Schema> {
    const empty: Plan = { op: 'local', table: { schema, rows: 0, partitions: null, columns: schema.fields.map(() => []) } };
    return executor.schema(this.#plan(empty, executor));
  }

  bind(_binder: Binder, _schema: Schema): void {
    throw new MlError('NOT_SUPPORTED', `SQLTransformer: ${this.uid} is a query, which only an engine can run; use transform, or leave it out`, {
      stage: this.uid,
    });
  }

  protected override facts() {
    return { statement: this.params.statement };
  }

  protected outputSchema(_schema: Schema): Schema {
    this.#statement();
    throw new MlError('NOT_SUPPORTED', `SQLTransformer: only an engine can tell what ${this.uid} puts out; ask the transformed frame's schema()`, {
      stage: this.uid,
    });
  }

  #plan(input: Plan, { kind }: Executor): Plan {
    const local = this.#statement();
    return { op: 'sql', text: kind === 'local' ? local : this.getOrDefault('statement'), frames: new Map([[THIS, input]]) };
  }

  #statement(): string {
    return checkStatement(this.owner, this.uid, this.getOrDefault('statement'));
  }
}
