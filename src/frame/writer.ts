import { MlError, show } from '../error.ts';
import type { ActionOptions, WriteMode } from './executor.ts';
import type { Frame } from './frame.ts';
import { type CsvWriteOptions, checkFormat, checkOptions, type Format, type JsonWriteOptions, type ParquetWriteOptions } from './io-options.ts';
import { object } from './plan-arguments.ts';

/** What all writes take. */
export interface WriteOptions extends ActionOptions {
  /** What to do with a folder that is there: `error` (default), `overwrite`, `append`, or `ignore` (write nothing). */
  mode?: WriteMode | 'errorifexists';
  /** Columns that become folders `name=value`. */
  partitionBy?: string | readonly string[];
}

const MODES: ReadonlyMap<string, WriteMode> = new Map([
  ['error', 'error'],
  ['errorifexists', 'error'],
  ['default', 'error'],
  ['overwrite', 'overwrite'],
  ['append', 'append'],
  ['ignore', 'ignore'],
]);

/** Writes a frame as a folder of part files with `_SUCCESS`; a write that fails leaves what was there. */
export class FrameWriter {
  readonly #frame: Frame;
  readonly #format: Format;
  readonly #options: ReadonlyMap<string, unknown>;

  constructor(frame: Frame, format: Format = 'parquet', options: ReadonlyMap<string, unknown> = new Map()) {
    this.#frame = frame;
    this.#format = format;
    this.#options = options;
  }

  /** What {@link FrameWriter.save} writes; Parquet by default. */
  format(format: Format): FrameWriter {
    return new FrameWriter(this.#frame, checkFormat('write', format), this.#options);
  }

  /** Writes in the format given before: `frame.write.format('csv').option('header', true).save(path)`. */
  save(path: string, options: WriteOptions = {}): Promise<void> {
    return this.#write(this.#format, path, options);
  }

  /** What to do with a folder that is there: `error` (default), `overwrite`, `append`, or `ignore` (write nothing). */
  mode(mode: NonNullable<WriteOptions['mode']>): FrameWriter {
    return this.option('mode', mode);
  }

  /** Columns that become folders `name=value`. */
  partitionBy(...columns: (string | readonly string[])[]): FrameWriter {
    return this.option('partitionBy', columns.flat());
  }

  /** One option, by Spark’s name in any case. */
  option(name: string, value: unknown): FrameWriter {
    return new FrameWriter(this.#frame, this.#format, new Map([...this.#options, [name, value]]));
  }

  /** Several options. */
  options(options: Readonly<Record<string, unknown>>): FrameWriter {
    return new FrameWriter(this.#frame, this.#format, new Map([...this.#options, ...Object.entries(object('write', 'options', options))]));
  }

  /** Parquet, snappy-compressed unless `compression` says otherwise. */
  parquet(path: string, options: WriteOptions & ParquetWriteOptions = {}): Promise<void> {
    return this.#write('parquet', path, options);
  }

  /** CSV with Spark’s defaults: no header, `,` between fields. */
  csv(path: string, options: WriteOptions & CsvWriteOptions = {}): Promise<void> {
    return this.#write('csv', path, options);
  }

  /** One JSON object a line. */
  json(path: string, options: WriteOptions & JsonWriteOptions = {}): Promise<void> {
    return this.#write('json', path, options);
  }

  async #write(format: Format, path: string, options: WriteOptions): Promise<void> {
    const owner = `write.${format}`;
    const all = new Map<string, unknown>([...this.#options, ...Object.entries(object(owner, 'options', options))]);
    const mode = MODES.get(String(all.get('mode') ?? 'error').toLowerCase());
    if (!mode) {
      throw new MlError('PARAM_INVALID', `${owner}: mode must be error, overwrite, append or ignore, got ${show(all.get('mode'))}`, {
        param: 'mode',
      });
    }
    if (typeof path !== 'string' || path === '')
      throw new MlError('PARAM_INVALID', `${owner}: path must be a text that is not empty, got ${show(path)}`);
    const partitionBy = [all.get('partitionBy') ?? []].flat() as string[];
    const signal = all.get('signal') as AbortSignal | undefined;
    for (const name of ['mode', 'partitionBy', 'signal']) all.delete(name);
    const sink = { format, path, mode, partitionBy, options: checkOptions(owner, `${format}-write`, all) } as const;
    const schema = await this.#frame.schema({ signal });
    for (const name of partitionBy) schema.require(owner, name);
    await this.#frame.executor.write(this.#frame.plan, sink, { signal });
  }
}
