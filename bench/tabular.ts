import type { Frame, Session } from 'millstream';
import { VectorAssembler } from 'millstream/feature';

/** Which rows are held out, one in five, by the digits of the first column: the same on every side. */
const HELD_OUT = 'abs(CAST(floor(x0 * 1000000) AS BIGINT)) % 5 = 0';

/** The numbers of a row. */
export const COLUMNS = Array.from({ length: 28 }, (_, j) => `x${j}`);

/** 28 numbers as one vector, and the label: the rows to train on and those held out. */
export function tabularFrames(session: Session, path: string): { train: Frame; test: Frame } {
  const assembled = (rows: Frame) => new VectorAssembler({ inputCols: COLUMNS, outputCol: 'features' }).transform(rows).select('features', 'label');
  const all = session.read.parquet(path);
  return { train: assembled(all.filter(`NOT (${HELD_OUT})`)), test: assembled(all.filter(HELD_OUT)) };
}
