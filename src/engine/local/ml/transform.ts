import type { Field } from '../../../frame/schema.ts';
import { Schema } from '../../../frame/schema.ts';
import { type ProgramInput, pruneProgram } from '../../../scoring/program.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import type { Relation } from '../sql/relation.ts';
import { bindChain, type Chain, inputColumn } from './chain.ts';
import { ProgramFunctions } from './program-function.ts';
import { type InputReader, inputReader, LabelTypes } from './program-inputs.ts';
import { VectorSizes } from './sized.ts';

/** Chains of transformers as relations that call their program inside the query. */
export class Transforms {
  readonly #functions: ProgramFunctions;
  readonly labelTypes: LabelTypes;
  readonly sizes: VectorSizes;
  readonly #gone = new FinalizationRegistry<number>((id) => this.#functions.forget(id));

  constructor(database: Database) {
    this.#functions = new ProgramFunctions(database);
    this.labelTypes = new LabelTypes(database);
    this.sizes = new VectorSizes(database);
  }

  /** How a program's inputs leave a query over `input`, whose table alias is `t`. */
  readers(inputs: readonly ProgramInput[], input: Relation, options: QueryOptions): Promise<InputReader[]> {
    return Promise.all(
      inputs.map((one) => {
        const { field, sql } = inputColumn(input, one.column);
        return inputReader(one, field, sql, this.labelTypes, options);
      }),
    );
  }

  /**
   * The chain's rows over `from`, with the columns that pass through and those of the made ones that are `wanted` (null: all).
   * `owner` is the object whose life the program shares.
   */
  async relation(chain: Chain, from: Relation, wanted: ReadonlySet<string> | null, owner: object, options: QueryOptions): Promise<Relation> {
    const input = await this.sizes.sized(chain, from, options);
    const bound = bindChain(chain, input.schema);
    const program = wanted ? pruneProgram(bound.program, wanted) : bound.program;
    const fields = bound.schema.fields.filter((f) => program.outputs.has(f.name) || !bound.program.outputs.has(f.name));
    const through = (field: Field) => inputColumn(input, field.name).sql;
    const columns = fields.map((_, j) => `c${j}`);
    const done = (sql: string): Relation => ({ sql, schema: new Schema(fields), columns, stable: input.stable });
    const passing = fields.filter((f) => !program.outputs.has(f.name));
    if (program.steps.length === 0) {
      const list = fields.map((field, j) => `${through(field)} AS c${j}`);
      return done(`SELECT ${list.join(', ') || 'NULL AS none'} FROM (${input.sql}) AS t`);
    }
    const readers = await this.readers(program.inputs, input, options);
    const made = fields.filter((f) => program.outputs.has(f.name));
    const call = await this.#functions.call(program, readers, made, options);
    this.#gone.register(owner, call.id);
    const outputs = new Map(call.columns('t.s').map(({ field, sql }) => [field.name, sql]));
    const inner = [...passing.map((field, k) => `${through(field)} AS p${k}`), `${call.sql} AS s`];
    const outer = fields.map((field, j) => `${outputs.get(field.name) ?? `t.p${passing.indexOf(field)}`} AS c${j}`);
    const where = call.keep ? ` WHERE ${call.keep('t.s')}` : '';
    return done(`SELECT ${outer.join(', ') || 'NULL AS none'} FROM (SELECT ${inner.join(', ')} FROM (${input.sql}) AS t) AS t${where}`);
  }
}
