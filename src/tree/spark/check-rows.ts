import type { BinnedSet, TrainingContext } from '../../engine/engine.ts';
import { MlError, show } from '../../error.ts';
import type { PartitionHandle } from '../../kernels/contract.ts';
import { weightFault } from '../extremes.ts';
import type { BoostedRequest, Request, TreeColumns } from './request.ts';
import { doublesOf } from './row-nodes.ts';

/** Classes at most where the label column does not tell how many there are. */
const MAX_CLASSES = 100;

/** Checks that labels are classes 0 … k - 1; k is what is asked for, or the largest label + 1. */
export function countClasses(
  { owner }: TrainingContext,
  { columns, numClasses }: { columns: TreeColumns; numClasses?: number },
  { partitions, layout }: BinnedSet,
): number {
  const most = numClasses ?? MAX_CLASSES;
  let classes = 0;
  for (const partition of partitions) {
    const labels = doublesOf(partition, layout.label as number);
    for (let i = 0; i < labels.length; i++) {
      const y = labels[i];
      if (!(y >= 0 && y < most && Number.isInteger(y))) {
        const rule = `class numbers 0 … ${most - 1}${numClasses === undefined ? ', or more where its attribute says so, as StringIndexer writes it' : ''}`;
        const row = partition.firstRow + i;
        throw new MlError('VALUE_INVALID', `${owner}: column ${show(columns.label)} must hold ${rule}; row ${row} has ${show(y)}`, {
          column: columns.label,
          row,
          value: y,
        });
      }
      if (y >= classes) classes = y + 1;
    }
  }
  return numClasses ?? classes;
}

/** Variances of labels whose squares overflow would be no numbers. */
export function checkSquares({ owner }: TrainingContext, { columns }: Request, { partitions, layout }: BinnedSet): void {
  let squares = 0;
  for (const partition of partitions) {
    const labels = doublesOf(partition, layout.label as number);
    const weights = layout.weight === undefined ? null : doublesOf(partition, layout.weight);
    for (let i = 0; i < labels.length; i++) squares += (weights ? weights[i] : 1) * labels[i] * labels[i];
  }
  if (Number.isFinite(squares)) return;
  throw new MlError(
    'VALUE_INVALID',
    `${owner}: column ${show(columns.label)} must hold numbers whose weighted squares add up to a finite number, they add up to ${squares}; divide them by 1e150 or more`,
    { column: columns.label },
  );
}

/** Weight of the rows that train, added in row order; neither it nor that of the rows held out, if some are, may be 0. */
export function weightOf({ owner }: TrainingContext, { columns }: Request, { partitions, layout, rows }: BinnedSet, heldOut?: number): number {
  if (layout.weight === undefined && heldOut === undefined) return rows;
  const sums: [training: number, heldOut: number] = [0, 0];
  let heaviest = 0;
  for (const partition of partitions) {
    const weights = layout.weight === undefined ? null : doublesOf(partition, layout.weight);
    const held = heldOut === undefined ? null : doublesOf(partition, heldOut);
    for (let i = 0; i < partition.rows; i++) {
      const weight = weights ? weights[i] : 1;
      sums[held && held[i] !== 0 ? 1 : 0] += weight;
      if (weight > heaviest) heaviest = weight;
    }
  }
  const refuse = (rule: string) => {
    throw new MlError('VALUE_INVALID', `${owner}: column ${show(columns.weight)} must have a ${rule}`, { column: columns.weight });
  };
  const refuseZeros = (which: string) => refuse(`weight above 0 in some row${which}, all are 0`);
  if (sums[0] === 0) refuseZeros(heldOut === undefined ? '' : ' that is not held out');
  if (heldOut !== undefined && sums[1] === 0) refuseZeros(' that is held out');
  const fault = weightFault(heaviest);
  if (fault) refuse(fault);
  return sums[0];
}

export function checkHeldOut(
  { owner }: TrainingContext,
  { validationIndicatorCol }: BoostedRequest,
  { partitions }: BinnedSet,
  column: number,
): void {
  const all = (value: boolean) =>
    partitions.every((partition: PartitionHandle) => doublesOf(partition, column).every((held) => (held !== 0) === value));
  const same = all(true) ? 'true' : all(false) ? 'false' : null;
  if (same === null) return;
  throw new MlError(
    'VALUE_INVALID',
    `${owner}: column ${show(validationIndicatorCol)} must be true in some rows, which are held out, and false in others, is ${same} in all`,
    { column: validationIndicatorCol },
  );
}
