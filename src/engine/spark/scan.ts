import type { RecordBatch } from 'apache-arrow';
import type { Column } from '../../block/column.ts';
import { MlError } from '../../error.ts';
import { arrowColumns } from '../../frame/arrow-table.ts';
import type { FitOptions } from '../../frame/executor.ts';
import type { Plan } from '../../frame/plan.ts';
import type { Field, Schema } from '../../frame/schema.ts';
import { isNumeric } from '../../frame/types.ts';
import type { Vector } from '../../linalg/vectors.ts';
import type { ScannedBlock, TrainingContext } from '../engine.ts';
import type { StageName } from '../stage-name.ts';
import type { SparkEngine } from './engine.ts';

/**
 * What this process may do with a cluster's rows: visit them, as an evaluator's curves and a search by folds want it. Estimators that ask for more
 * train in this process only.
 */
export function scanContext(
  engine: SparkEngine,
  plan: Plan,
  schema: Schema,
  { owner, uid }: StageName,
  { signal, onProgress }: FitOptions,
): TrainingContext {
  const context = {
    owner,
    uid,
    schema,
    signal,
    logger: engine.logger,
    report: (event: object) => onProgress?.({ stage: uid, ...event }),
    scan: async (columns: readonly string[], onBlock: (block: ScannedBlock) => void) => {
      const fields = columns.map((name) => schema.require(owner, name));
      const wanted: Plan = { op: 'project', input: plan, columns: columns.map((name) => ({ kind: 'column', name })) };
      let firstRow = 0;
      for await (const batch of engine.batches(wanted, { signal })) {
        onBlock({ rows: batch.numRows, firstRow, columns: blockColumns(fields, batch) });
        firstRow += batch.numRows;
      }
    },
  };
  return new Proxy(context as TrainingContext, {
    get(target, name) {
      if (name in target) return Reflect.get(target, name);
      const instead = 'bring the rows into a local session: (await Session.local()).createFrame(await frame.toArrow())';
      throw new MlError('NOT_SUPPORTED', `${owner}: it trains in this process only; ${instead}`, { stage: uid });
    },
  });
}

function blockColumns(fields: readonly Field[], batch: RecordBatch): Column[] {
  const values = arrowColumns({ fields } as Schema, batch);
  return fields.map(({ type }, j) => {
    if (isNumeric(type) || type.kind === 'boolean') return numbers(values[j]);
    if (type.kind === 'vector') return vectors(values[j] as (Vector | null)[]);
    if (type.kind === 'string') return { kind: 'strings', values: values[j] as (string | null)[] };
    return { kind: 'values', values: values[j] };
  });
}

function validity(values: readonly unknown[]): Uint8Array | null {
  return values.includes(null) ? Uint8Array.from(values, (v) => (v === null ? 0 : 1)) : null;
}

function numbers(values: readonly unknown[]): Column {
  return { kind: 'numbers', values: Float64Array.from(values, (v) => Number(v ?? Number.NaN)), valid: validity(values) };
}

function vectors(rows: readonly (Vector | null)[]): Column {
  const size = rows.find((v) => v !== null)?.size ?? 0;
  const values = new Float64Array(rows.length * size);
  rows.forEach((v, i) => {
    if (v) values.set(v.toArray().subarray(0, size), i * size);
  });
  return { kind: 'vectors', size, parts: [{ kind: 'dense', size, values }], valid: validity(rows) };
}
