import type { TrainingSet } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';
import type { PartitionHandle } from '../kernels/contract.ts';
import { isStray, MAX_CLASSES } from './class-labels.ts';
import { slotsOf, sparsePart } from './training-rows.ts';

/** What the label column says: its classes, and the weight of the rows of each. */
export interface ClassLabels {
  readonly numClasses: number;
  readonly weights: Float64Array;
}

interface Owner extends StageName {
  readonly params: { readonly labelCol: string; readonly weightCol?: string };
}

/** Products of smaller weights lose digits, down to all of them. */
const LEAST_WEIGHT = 1e-300;

/**
 * Sums weights by label, in row order. Labels must be whole numbers from 0 on, below `known` (the label column's categories) where
 * that is given; weights must be >= 0, not all of them 0. Rows of weight 0 do not make a class.
 */
export function readLabels({ owner, uid, params }: Owner, set: TrainingSet, known: number | undefined): ClassLabels {
  const { label, weight } = set.layout;
  let weights: Float64Array = new Float64Array(Math.max(known ?? 0, 2));
  let classes = 0;
  let heaviest = 0;
  let squares = 0;
  const refuse = (column: string, row: number, rule: string, value: number): never => {
    throw new MlError('VALUE_INVALID', `${owner}: column ${show(column)} must be ${rule}, row ${row} has ${show(value)}`, {
      stage: uid,
      column,
      row,
      value,
    });
  };
  const most = known ?? MAX_CLASSES;
  const labelRule = known === undefined ? 'a class number 0, 1, 2 …' : `a class number 0 … ${known - 1}`;
  for (const partition of set.partitions) {
    const labels = slotsOf(partition, label, 0, partition.rows);
    const own = weight === undefined ? undefined : slotsOf(partition, weight, 0, partition.rows);
    for (let i = 0; i < partition.rows; i++) {
      const y = labels[i];
      const w = own ? own[i] : 1;
      if (!(y >= 0 && y < most && Number.isInteger(y))) refuse(params.labelCol, partition.firstRow + i, labelRule, y);
      if (!(w >= 0 && w < Number.POSITIVE_INFINITY)) refuse(params.weightCol ?? '', partition.firstRow + i, 'a finite weight >= 0', w);
      if (w === 0) continue;
      if (y >= weights.length) weights = grown(weights, Math.max(y + 1, 2 * weights.length));
      weights[y] += w;
      squares += w * w;
      if (w > heaviest) heaviest = w;
      if (y >= classes) classes = y + 1;
    }
  }
  if (classes === 0) {
    throw new MlError('VALUE_INVALID', `${owner}: column ${show(params.weightCol)} must have a weight above 0 in some row, all are 0`, {
      stage: uid,
      column: params.weightCol,
    });
  }
  if (!Number.isFinite(squares) || heaviest < LEAST_WEIGHT) {
    throw new MlError(
      'VALUE_INVALID',
      `${owner}: column ${show(params.weightCol)} must hold weights whose squares add up to a finite number and of which one is at least ${LEAST_WEIGHT}, the largest is ${heaviest}; divide them by it`,
      { stage: uid, column: params.weightCol, value: heaviest },
    );
  }
  const numClasses = known ?? classes;
  if (known === undefined)
    refuseStray(
      classes,
      weights,
      set,
      (row, value) => refuse(params.labelCol, row, 'a class number 0, 1, 2 … without large gaps; index the labels with StringIndexer', value),
      label,
    );
  return { numClasses, weights: weights.slice(0, numClasses) };
}

/** Refuses a stray label: every class has its own coefficients. */
function refuseStray(classes: number, weights: Float64Array, set: TrainingSet, refuse: (row: number, value: number) => never, label: number): void {
  const occurring = weights.reduce((count, w) => count + Number(w > 0), 0);
  if (!isStray(classes, set.rows, occurring)) return;
  for (const partition of set.partitions) {
    const row = slotsOf(partition, label, 0, partition.rows).indexOf(classes - 1);
    if (row >= 0) refuse(partition.firstRow + row, classes - 1);
  }
}

/**
 * 1 for each feature other than a code's that has the same value, not 0, in all rows of weight above 0; a column is read up to its first other value.
 * (Codes and zeros have exact moments anyway.)
 */
export function constantFeatures(set: TrainingSet): Uint8Array {
  const { parts, numFeatures, weight } = set.layout;
  const constant = new Uint8Array(numFeatures);
  const partitions = set.partitions;
  const counts = (partition: PartitionHandle) => (weight === undefined ? null : slotsOf(partition, weight, 0, partition.rows));
  for (const part of parts) {
    if (part.kind === 'dense') {
      part.columns.forEach((column, j) => {
        let first: number | undefined;
        const isConstant = partitions.every((partition) => {
          const values = slotsOf(partition, column, 0, partition.rows);
          const weights = counts(partition);
          for (let i = 0; i < values.length; i++) {
            if (weights?.[i] === 0) continue;
            first ??= values[i];
            if (values[i] !== first) return false;
          }
          return true;
        });
        if (isConstant) constant[part.offset + j] = 1;
      });
    } else if (part.kind === 'csr') {
      for (const slot of constantSlots(partitions, part.column, counts)) constant[part.offset + slot] = 1;
    }
  }
  return constant;
}

/** Slots of a sparse column that hold one and the same value in every row that counts. */
function constantSlots(
  partitions: readonly PartitionHandle[],
  column: number,
  counts: (partition: PartitionHandle) => ArrayLike<number> | null,
): Iterable<number> {
  let candidates: Map<number, number> | undefined;
  for (const partition of partitions) {
    const { starts, indices, values } = sparsePart(partition, partition.columns[column], 0, 0, partition.rows);
    const weights = counts(partition);
    for (let i = 0; i < partition.rows; i++) {
      if (weights?.[i] === 0) continue;
      const row = new Map<number, number>();
      for (let p = starts[i]; p < starts[i + 1]; p++) {
        if (!candidates || candidates.get(indices[p]) === values[p]) row.set(indices[p], values[p]);
      }
      candidates = row;
      if (candidates.size === 0) return [];
    }
  }
  return candidates?.keys() ?? [];
}

function grown(values: Float64Array, length: number): Float64Array {
  const out = new Float64Array(length);
  out.set(values);
  return out;
}
