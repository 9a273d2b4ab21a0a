import { fileURLToPath } from 'node:url';
import type { Session } from '#dist/engine/session.js';
import { StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import type { Frame } from '#dist/frame/frame.js';
import { Pipeline } from '#dist/pipeline/index.js';

export type Row = Record<string, unknown>;
/** What a table's features are: `categories` by text, all others numbers; a null is a missing value. */
export interface Table {
  readonly path: string;
  readonly label: string;
  readonly drop?: readonly string[];
  readonly categories?: readonly string[];
  /** Changes the values of a row as read. */
  readonly edit?: (row: Row, i: number) => Row;
}

/** Rows 0, 5, 10 … to test on, the others to train on, with columns `features` and `label`. */
export async function split(session: Session, table: Table): Promise<{ train: Frame; test: Frame; names: readonly string[] }> {
  const { path, label, drop = [], categories = [], edit = (row) => row } = table;
  const file = fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  const read = session.read.csv(file, { header: true, inferSchema: true });
  const names = (await read.columns()).filter((name) => name !== label && !drop.includes(name));
  const numbers = names.filter((name) => !categories.includes(name));
  const rows = (await read.collect()).map((row, i) => plain(edit(row, i), label, categories, numbers));
  const schema = Object.fromEntries([...names.map((name) => [name, categories.includes(name) ? 'string' : 'double']), ['label', 'double']]);
  const frameOf = (keep: (i: number) => boolean) =>
    session.createFrame(
      rows.filter((_, i) => keep(i)),
      schema,
    );
  const indexed = categories.map((name) => `${name}#`);
  const stages = [
    ...(categories.length > 0 ? [new StringIndexer({ inputCols: [...categories], outputCols: indexed, handleInvalid: 'keep' })] : []),
    new VectorAssembler({
      inputCols: names.map((name) => (categories.includes(name) ? `${name}#` : name)),
      outputCol: 'features',
      handleInvalid: 'keep',
    }),
  ];
  const train = frameOf((i) => i % 5 !== 0);
  const model = await new Pipeline({ stages }).fit(train);
  const made = (frame: Frame) => model.transform(frame).select('features', 'label').cache();
  return { train: made(train), test: made(frameOf((i) => i % 5 === 0)), names };
}

function plain(row: Row, label: string, categories: readonly string[], numbers: readonly string[]): Row {
  const number = (value: unknown) => (value === null || String(value).trim() === '' ? null : Number(value));
  const text = (value: unknown) => (value === null ? null : String(value));
  return {
    ...Object.fromEntries(categories.map((name) => [name, text(row[name])])),
    ...Object.fromEntries(numbers.map((name) => [name, number(row[name])])),
    label: number(row[label]),
  };
}

/** Labels and predictions of a scored frame. */
export async function scored(frame: Frame): Promise<{ y: number; p: number }[]> {
  return (await frame.select('label', 'prediction').collect()).map((r) => ({ y: Number(r.label), p: Number(r.prediction) }));
}

export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
