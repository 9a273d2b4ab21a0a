import type { Block, VectorColumn } from '../block/column.ts';
import type { ScannedBlock, TrainingContext } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';
import { featureNames, groupMetadata, groupOf } from '../frame/attributes.ts';
import type { Field, Metadata, Schema } from '../frame/schema.ts';
import { VECTOR } from '../frame/types.ts';
import { invalidValue, isKept, type Site } from './invalid-value.ts';

/** Calls `visit(slot, value)` for every value but 0 of the first `rows` vectors; each slot's values come in row order. */
export function forEachNonzero(column: VectorColumn, rows: number, visit: (slot: number, value: number) => void): void {
  let offset = 0;
  for (const part of column.parts) {
    switch (part.kind) {
      case 'numbers':
        for (let i = 0; i < rows; i++) if (part.values[i] !== 0) visit(offset, part.values[i]);
        break;
      case 'codes':
        for (let i = 0; i < rows; i++) {
          const code = part.codes[i];
          if (code >= part.size) continue;
          const value = part.table ? part.table[code] : 1;
          if (value !== 0) visit(offset + code, value);
        }
        break;
      case 'dense':
        for (let i = 0, p = 0; i < rows; i++) {
          for (let j = 0; j < part.size; j++, p++) if (part.values[p] !== 0) visit(offset + j, part.values[p]);
        }
        break;
      case 'sparse':
        for (let p = part.starts[0]; p < part.starts[rows]; p++) if (part.values[p] !== 0) visit(offset + part.indices[p], part.values[p]);
        break;
    }
    offset += part.size;
  }
}

/** What a scaler learns of vectors of `size`, block by block. */
export interface ScalerSummary {
  readonly size: number;
  add(vectors: VectorColumn, rows: number): void;
}

/** The summary, made by `Summary` at the first block, of the column of `site`, which must have rows. */
export async function summarize<S extends ScalerSummary>(site: Site, context: TrainingContext, Summary: new (size: number) => S): Promise<S> {
  const { owner, stage, column } = site;
  const found: S[] = [];
  await context.scan([column], (block) => {
    if (block.rows === 0) return;
    const vectors = scannedVectors(site, block, found[0]?.size);
    if (found.length === 0) found.push(new Summary(vectors.size));
    found[0].add(vectors, block.rows);
  });
  if (found.length > 0) return found[0];
  throw new MlError('EMPTY_DATASET', `${owner}: column ${show(column)} must have rows to fit to, it has none`, { stage, column });
}

/** The only column of a scanned block, which must hold vectors of `size` (any, while undefined) and no null. */
function scannedVectors(site: Site, block: ScannedBlock, size: number | undefined): VectorColumn {
  const column = block.columns[0] as VectorColumn;
  refuseNulls(site, column, { rows: block.rows, firstRow: block.firstRow, columns: [], keep: null });
  if (size !== undefined && column.size !== size) throw otherSize(site, size, column.size);
  return column;
}

/** Vectors given to a model fitted on `size` features. */
export function checkVectors(site: Site, column: VectorColumn, block: Block, size: number): void {
  refuseNulls(site, column, block);
  if (column.size !== size) throw otherSize(site, size, column.size);
}

function refuseNulls(site: Site, { valid }: VectorColumn, block: Block): void {
  if (valid === null) return;
  for (let i = 0; i < block.rows; i++) {
    if (valid[i] !== 0 || !isKept(block, i)) continue;
    throw invalidValue(site, block, i, 'hold vectors', null, 'fill or drop such rows first');
  }
}

/** Fails for the first of `slots`, whose statistics are not finite, that holds finite numbers only: they are too large, not missing. */
export async function refuseOverflow(site: Site, context: TrainingContext, slots: readonly number[]): Promise<void> {
  if (slots.length === 0) return;
  const finite = new Set(slots);
  await context.scan([site.column], (block) => {
    forEachNonzero(block.columns[0] as VectorColumn, block.rows, (j, x) => {
      if (!Number.isFinite(x)) finite.delete(j);
    });
  });
  const [slot] = finite;
  if (slot === undefined) return;
  const name = featureNames(context.schema.require(site.owner, site.column), Math.max(...slots) + 1)[slot];
  throw new MlError(
    'VALUE_INVALID',
    `${site.owner}: column ${show(site.column)} must not hold numbers as large as those of ${show(name)}; divide them first`,
    {
      stage: site.stage,
      column: site.column,
      feature: name,
    },
  );
}

function otherSize({ owner, stage, column }: Site, expected: number, size: number): MlError {
  return new MlError('VALUE_INVALID', `${owner}: fitted on ${expected} features, got ${size} in column ${show(column)}`, {
    stage,
    column,
    value: size,
  });
}

/** `schema` with the scaled column: a slot for each of the input's, which a fitted model knows the number of. */
export function scaledSchema(
  stage: StageName & { getOrDefault(name: 'inputCol'): string; readonly params: { readonly outputCol: string } },
  schema: Schema,
  fitted?: number,
): Schema {
  const field = schema.require(stage.owner, stage.getOrDefault('inputCol'), 'vector');
  if (fitted !== undefined) checkFeatures(stage.owner, stage.uid, field, fitted);
  return schema.add(stage.owner, stage.params.outputCol, VECTOR, sameSlots(field, fitted ?? groupOf(field).size));
}

/** Attributes of a column with a slot for each of `field`'s: as Spark, their number alone; the slots' names come along beside them. */
function sameSlots(field: Field, size: number | undefined): { metadata?: Metadata; slotNames?: readonly string[] } {
  if (size === undefined) return {};
  const metadata = groupMetadata({ size });
  const { attributes } = groupOf(field);
  if (!field.slotNames && !attributes?.some((a) => a.name !== undefined)) return { metadata };
  return { metadata, slotNames: Array.from({ length: size }, (_, j) => field.slotNames?.[j] ?? attributes?.[j]?.name ?? `${field.name}_${j}`) };
}

/** Fails when `field`'s attributes tell another number of features than `size`. */
function checkFeatures(owner: string, stage: string, field: Field, size: number): void {
  const known = groupOf(field).size;
  if (known === undefined || known === size) return;
  throw new MlError('SCHEMA_INVALID', `${owner}: fitted on ${size} features, got ${known} in column ${show(field.name)}`, {
    stage,
    column: field.name,
    value: known,
  });
}
