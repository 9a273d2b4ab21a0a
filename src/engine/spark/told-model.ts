import type { MessageInitShape } from '@bufbuild/protobuf';
import { MlError, show } from '../../error.ts';
import type { Row } from '../../frame/executor.ts';
import type { CallOptions } from './client.ts';
import type { SparkEngine } from './engine.ts';
import { valueOfLiteral } from './literal-value.ts';
import type { MlCommandResult, MlCommandSchema, Relation } from './proto/connect_pb.ts';

export type MlCommand = NonNullable<MessageInitShape<typeof MlCommandSchema>['command']>;
type RunCommand = (command: MlCommand, options: CallOptions) => Promise<MlCommandResult>;

/** What the server tells of a model that it has fitted: by the model's methods, and by those of its training summary, which come after `summary`. */
export class ToldModel {
  readonly #engine: SparkEngine;
  readonly #run: RunCommand;
  readonly #id: string;
  readonly #dataset: (options: CallOptions) => Promise<Relation>;

  constructor(engine: SparkEngine, run: RunCommand, id: string, dataset: (options: CallOptions) => Promise<Relation>) {
    this.#engine = engine;
    this.#run = run;
    this.#id = id;
    this.#dataset = dataset;
  }

  async value(methods: readonly string[], options: CallOptions): Promise<unknown> {
    const { resultType } = await this.#summarised(options, () => this.#run({ case: 'fetch', value: this.#fetch(methods) }, options));
    if (resultType.case === 'param') return valueOfLiteral(resultType.value, options.owner);
    throw new MlError('SPARK_FAILED', `${options.owner}: the server must answer with a value, got ${show(resultType.case)}`);
  }

  /** The rows of the frame that the last method gives. */
  async rows(methods: readonly string[], options: CallOptions): Promise<Row[]> {
    const value = { mlType: { case: 'fetch', value: this.#fetch(methods) } } as const;
    return this.#summarised(options, () => this.#engine.rows({ case: 'mlRelation', value }, options));
  }

  #fetch(methods: readonly string[]) {
    return { objRef: { id: this.#id }, methods: methods.map((method) => ({ method })) };
  }

  /** A server that had to put the model aside has lost its summary; it makes it anew when it is told the rows. */
  async #summarised<T>(options: CallOptions, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof MlError) || error.details.errorClass !== 'CONNECT_ML.MODEL_SUMMARY_LOST') throw error;
      const dataset = await this.#dataset(options);
      await this.#run({ case: 'createSummary', value: { modelRef: { id: this.#id }, dataset } }, options);
      return ask();
    }
  }
}
