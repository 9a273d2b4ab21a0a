import type { Binder } from '../../../block/binder.ts';
import { MlError, show } from '../../../error.ts';
import { inputsOf, type Plan, type TransformStage } from '../../../frame/plan.ts';
import type { Field, Schema } from '../../../frame/schema.ts';
import { blame } from '../../../frame/site.ts';
import { bindProgram } from '../../../scoring/bind.ts';
import type { Program } from '../../../scoring/program.ts';
import { text } from '../sql/duck-type.ts';
import type { Relation } from '../sql/relation.ts';

/** Transformers that follow one another, first one first, over a plan of another kind. */
export interface Chain {
  readonly base: Plan;
  readonly stages: readonly { readonly stage: TransformStage; readonly site: Error | undefined }[];
  /** True when a `cache()` stands among them: the base is to be kept, and the transformers run again (they are cheap). */
  readonly cached: boolean;
}

/** The chain that ends with this plan; no stages and the plan itself when it is none. */
export function chainOf(plan: Plan): Chain {
  const stages: { stage: TransformStage; site: Error | undefined }[] = [];
  let cached = false;
  let base = plan;
  for (;;) {
    if (base.op === 'transform') stages.unshift({ stage: base.stage, site: base.site });
    else if (base.op === 'cache') cached = true;
    else if (base.op !== 'repartition' || !startsChain(base.input)) break;
    base = base.input;
  }
  return { base, stages, cached };
}

/** The plans at which chains of transformers end, the lowest ones first. */
export function chainsBelow(plan: Plan): Plan[] {
  const { base, stages } = chainOf(plan);
  const below = inputsOf(base).flatMap(chainsBelow);
  return stages.length > 0 ? [...below, plan] : below;
}

function startsChain(plan: Plan): boolean {
  return plan.op === 'transform' || plan.op === 'cache';
}

/** The chain's program over a frame with `schema`; a mistake carries the stack of the line that added the stage. */
export function bindChain(chain: Chain, schema: Schema): { program: Program; schema: Schema } {
  const stages = chain.stages.map(({ stage, site }) => ({
    transformSchema: (from: Schema) => {
      try {
        return stage.transformSchema(from);
      } catch (error) {
        throw blame(error, site);
      }
    },
    bind: (binder: Binder, from: Schema) => stage.bind(binder, from),
  }));
  const bound = bindProgram(stages, schema);
  for (const { name } of schema.fields) if (bound.schema.has(name)) bound.schema.find(name);
  return bound;
}

/** The column of the relation, whose table alias is `t`, that a name means: one of its own, or a field of a struct. */
export function inputColumn({ schema, columns }: Pick<Relation, 'schema' | 'columns'>, name: string): { field: Field; sql: string } {
  const [column, ...fields] = schema.path(name) ?? [];
  if (column === undefined) throw new MlError('COLUMN_NOT_FOUND', `transform: column ${show(name)} is made by no stage`, { column: name });
  const sql = `t.${columns[schema.positions(column)[0]]}`;
  return { field: schema.find(name) as Field, sql: fields.reduce((struct, field) => `struct_extract(${struct}, ${text(field)})`, sql) };
}
