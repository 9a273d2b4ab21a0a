import type { ParamSchema } from '../param/param.ts';
import type { PipelineStage, StageClass } from '../pipeline/stage.ts';
import type { Codec, ColumnTypes, StreamedCodec } from './codec.ts';
import { type ColumnField, parseColumnType } from './column-type.ts';
import type { CompositeLayout } from './composite.ts';

/** What saving and loading ask of a class besides what every stage declares. */
export interface LoadableClass extends StageClass {
  // biome-ignore lint/suspicious/noExplicitAny: states of all classes
  readonly codec?: Codec<any> | StreamedCodec<any>;
  // biome-ignore lint/suspicious/noExplicitAny: states of all classes
  readonly layout?: CompositeLayout<any>;
  new (params: never, ...rest: never[]): PipelineStage<ParamSchema>;
}

/** Stages within stages, at most. */
export const MAX_STAGE_DEPTH = 16;

/** `<i>_<uid>`, i padded with zeros to the digits of the count, as Spark names it. */
export function stageFolder(i: number, count: number, uid: string): string {
  return `${String(i).padStart(String(count).length, '0')}_${uid}`;
}

/** The columns of a model's `data/`, for these params. */
export function dataFields<State>({ columns }: Pick<Codec<State>, 'columns'>, params: Readonly<Record<string, unknown>>): ColumnField[] {
  return columnFields(typeof columns === 'function' ? columns(params) : columns);
}

export function columnFields(columns: ColumnTypes): ColumnField[] {
  const entries = columns instanceof Map ? [...columns] : Object.entries(columns);
  return entries.map(([name, type]) => [name, parseColumnType(type)]);
}
