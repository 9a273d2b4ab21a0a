import type { Engine } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError } from '../error.ts';
import { col } from '../frame/column.ts';
import type { ActionOptions } from '../frame/executor.ts';
import { Frame } from '../frame/frame.ts';
import { numbersOf } from '../stat/number-column.ts';

/** Rows to fit to and rows to judge by, of `rows` in all. `name` starts messages: "fold 1 of 3". */
export interface Split {
  readonly name: string;
  readonly train: Frame;
  readonly validation: Frame;
}

/**
 * `folds` splits of a cached frame by the hash of (seed, row number): rows with a hash in [i/k, (i+1)/k) judge fold i, the others train it.
 */
export async function hashFolds(search: StageName, frame: Frame, folds: number, seed: number | bigint, options: ActionOptions): Promise<Split[]> {
  const splits: Split[] = [];
  for (let i = 0; i < folds; i++) {
    const [lower, upper] = [i / folds, i + 1 === folds ? 1 : (i + 1) / folds];
    const parts = [part(frame, 0, lower, seed), part(frame, upper, 1, seed)].filter((p) => p !== null);
    splits.push({ name: `fold ${i} of ${folds}`, train: parts.reduce((a, b) => a.union(b)), validation: part(frame, lower, upper, seed) as Frame });
  }
  await requireRows(search, frame, splits, options);
  return splits;
}

/** One split: rows with a hash in [0, ratio) train, the others judge. */
export async function ratioSplit(search: StageName, frame: Frame, ratio: number, seed: number | bigint, options: ActionOptions): Promise<Split> {
  const none = frame.limit(0);
  const split = { name: `the split by ${ratio}`, train: part(frame, 0, ratio, seed) ?? none, validation: part(frame, ratio, 1, seed) ?? none };
  await requireRows(search, frame, [split], options);
  return split;
}

/** Splits by an int column that holds each row's fold, in [0, folds). */
export async function columnFolds(search: StageName, frame: Frame, column: string, folds: number, options: ActionOptions): Promise<Split[]> {
  const sizes = new Array<number>(folds).fill(0);
  const foldNumber = { accepts: (fold: number) => fold >= 0 && fold < folds, rule: `hold fold numbers in [0, ${folds})` };
  await (frame.executor as Engine).train(frame.plan, search, options, (context) =>
    context.scan([column], (block) => {
      for (const fold of numbersOf(search, block.columns[0], column, block, foldNumber)) sizes[fold]++;
    }),
  );
  const rows = sizes.reduce((a, b) => a + b, 0);
  return sizes.map((size, i) => {
    requireParts(search, `fold ${i} of ${folds}`, rows - size, size);
    return { name: `fold ${i} of ${folds}`, train: frame.filter(col(column).notEqual(i)), validation: frame.filter(col(column).equalTo(i)) };
  });
}

function part(frame: Frame, lower: number, upper: number, seed: number | bigint): Frame | null {
  return lower < upper ? new Frame(frame.executor, { op: 'sample', input: frame.plan, lower, upper, seed: BigInt(seed) }) : null;
}

async function requireRows(search: StageName, frame: Frame, splits: readonly Split[], options: ActionOptions): Promise<void> {
  const rows = await frame.count(options);
  for (const { name, validation } of splits) {
    const judging = await validation.count(options);
    requireParts(search, name, rows - judging, judging);
  }
}

function requireParts(search: StageName, name: string, training: number, judging: number): void {
  const rows = training + judging;
  const { owner, uid } = search;
  if (rows === 0) throw new MlError('EMPTY_DATASET', `${owner}: there must be rows to split, got none`, { stage: uid });
  const empty = training === 0 ? 'training' : judging === 0 ? 'validation' : null;
  if (empty) throw new MlError('EMPTY_DATASET', `${owner}: the ${empty} data of ${name} must hold rows, got none of ${rows}`, { stage: uid });
}
