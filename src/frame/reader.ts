import { MlError, show } from '../error.ts';
import type { Executor } from './executor.ts';
import { Frame } from './frame.ts';
import { type CsvReadOptions, checkFormat, checkOptions, type Format, type JsonReadOptions, type ParquetReadOptions } from './io-options.ts';
import { object } from './plan-arguments.ts';
import { Schema, type SchemaLiteral } from './schema.ts';
import { parseSchema } from './schema-text.ts';
import type { Checked } from './type-names.ts';

type Paths = string | readonly string[];
type WithSchema<T, S> = T & { schema?: Schema | string | (S & Checked<S>) };

/** Reads files, globs and partitioned folders: `session.read.csv('a.csv', { header: true })`. Nothing is opened before an await. */
export class FrameReader {
  readonly #executor: Executor;
  readonly #format: Format;
  readonly #options: ReadonlyMap<string, unknown>;

  constructor(executor: Executor, format: Format = 'parquet', options: ReadonlyMap<string, unknown> = new Map()) {
    this.#executor = executor;
    this.#format = format;
    this.#options = options;
  }

  /** What {@link FrameReader.load} reads; Parquet by default. */
  format(format: Format): FrameReader {
    return new FrameReader(this.#executor, checkFormat('read', format), this.#options);
  }

  /** One option, by Spark’s name in any case. */
  option(name: string, value: unknown): FrameReader {
    return new FrameReader(this.#executor, this.#format, new Map([...this.#options, [name, value]]));
  }

  /** Several options. */
  options(options: Readonly<Record<string, unknown>>): FrameReader {
    return new FrameReader(this.#executor, this.#format, new Map([...this.#options, ...Object.entries(object('read', 'options', options))]));
  }

  /** The types to read: a literal, or Spark's text `name type, name type`. */
  schema<const S extends SchemaLiteral = SchemaLiteral>(schema: Schema | string | (S & Checked<S>)): FrameReader {
    return this.option('schema', schema);
  }

  /** Files of the format given before. */
  load(paths: Paths): Frame {
    return this.#read(this.#format, paths, {});
  }

  /** CSV: a path, a glob, a folder, or several. */
  csv<const S extends SchemaLiteral = SchemaLiteral>(paths: Paths, options: WithSchema<CsvReadOptions, S> = {}): Frame {
    return this.#read('csv', paths, options);
  }

  /** Parquet: a path, a glob, a folder (also partitioned by `name=value`), or several. */
  parquet<const S extends SchemaLiteral = SchemaLiteral>(paths: Paths, options: WithSchema<ParquetReadOptions, S> = {}): Frame {
    return this.#read('parquet', paths, options);
  }

  /** One JSON object a line, unless `multiLine`. */
  json<const S extends SchemaLiteral = SchemaLiteral>(paths: Paths, options: WithSchema<JsonReadOptions, S> = {}): Frame {
    return this.#read('json', paths, options);
  }

  #read(format: Format, paths: Paths, options: object): Frame {
    const owner = `read.${format}`;
    const list = [paths].flat();
    if (list.length === 0 || list.some((p) => typeof p !== 'string' || p === '')) {
      throw new MlError('PARAM_INVALID', `${owner}: path must be a text that is not empty, or a list of them, got ${show(paths)}`, { param: 'path' });
    }
    const all = new Map<string, unknown>([...this.#options, ...Object.entries(object(owner, 'options', options))]);
    const given = all.get('schema') as Schema | SchemaLiteral | string | undefined;
    all.delete('schema');
    const wanted = given === undefined ? null : typeof given === 'string' ? parseSchema(given) : Schema.from(given);
    // Nothing keeps a file from lacking a value.
    const schema = wanted && new Schema(wanted.fields.map((field) => ({ ...field, nullable: true })));
    return new Frame(this.#executor, { op: 'read', format, paths: list, schema, options: checkOptions(owner, `${format}-read`, all) });
  }
}
