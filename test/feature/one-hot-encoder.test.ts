import { describe, expect, it } from 'vitest';
import type { CodeColumn, CodePart, VectorColumn } from '#dist/block/column.js';
import { Bucketizer, OneHotEncoder, OneHotEncoderModel, StringIndexerModel } from '#dist/feature/index.js';
import { encodeOneHot } from '#dist/feature/one-hot-encoder.js';
import { fitStages, transformTable } from './mini-engine.ts';
import { columnAfter, table, thrown } from './table.ts';

const numbers = (...values: unknown[]) => table({ c: 'double' }, ...values.map((v) => [v]));

describe('OneHotEncoder', () => {
  it('names the row and value of what is no index', async () => {
    const encoder = new OneHotEncoder({ inputCol: 'c', outputCol: 'o' });
    await expect(fitStages([encoder], numbers(0, 1, 2, 3, 0.5))).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      details: { stage: encoder.uid, column: 'c', row: 4, value: 0.5 },
    });
  });

  it('needs rows to count categories', async () => {
    await expect(fitStages([new OneHotEncoder({ inputCol: 'c', outputCol: 'o' })], numbers())).rejects.toMatchObject({ code: 'EMPTY_DATASET' });
  });

  it('refuses a column whose attribute says that it is a number', () => {
    const schema = { c: { type: 'double', attributes: { type: 'numeric', name: 'c' } } };
    expect(thrown(() => new OneHotEncoder({ inputCol: 'c' }).transformSchema(schema))).toMatchObject({ code: 'COLUMN_TYPE' });
  });

  it('leaves the size open in a schema that does not tell it', () => {
    const field = new OneHotEncoder({ inputCol: 'c', outputCol: 'o' }).transformSchema({ c: 'double' }).find('o')!;
    expect([field.type.kind, field.metadata]).toEqual(['vector', undefined]);
  });
});

describe('OneHotEncoderModel', () => {
  it('passes codes on uncopied', () => {
    const step = encodeOneHot({ owner: 'o', stage: 's', column: 'c', categories: 3, slots: 2, keep: false });
    const input: CodeColumn = { kind: 'codes', codes: Uint8Array.of(2, 0, 1), size: 3, labels: null };
    const [made] = step([input], { rows: 3, firstRow: 0, columns: [], keep: null }) as [VectorColumn];
    expect((made.parts[0] as CodePart).codes).toBe(input.codes);
  });

  it('reads a null code as null and NaN kept as the category of what is invalid', () => {
    const buckets = new Bucketizer({ inputCol: 'c', outputCol: 'b', splits: [-Infinity, 0, Infinity] });
    const model = new OneHotEncoderModel({ inputCol: 'b', outputCol: 'o', dropLast: false, handleInvalid: 'keep' }, { categorySizes: [2] });
    expect(columnAfter([buckets, model], numbers(-1, null, 1), 'o')).toEqual([[1, 0, 0], null, [0, 1, 0]]);
    const direct = model.copy({ inputCol: 'c' });
    expect(columnAfter([direct], numbers(1, Number.NaN, null, -3, 9), 'o')).toEqual([[0, 1, 0], [0, 0, 1], null, [0, 0, 1], [0, 0, 1]]);
  });

  it('refuses a column with another number of categories than in fitting', () => {
    const indexer = StringIndexerModel.fromLabels(['a', 'b', 'c'], { inputCol: 'c', outputCol: 'i' });
    const model = new OneHotEncoderModel({ inputCol: 'i', outputCol: 'o' }, { categorySizes: [2] });
    expect(thrown(() => transformTable([indexer, model], table({ c: 'string' }, ['a'])))).toMatchObject({
      code: 'SCHEMA_INVALID',
      details: { value: 3 },
    });
  });

  it('names no slots when there are too many to name', () => {
    const model = new OneHotEncoderModel({ inputCol: 'c', outputCol: 'o', handleInvalid: 'keep' }, { categorySizes: [2 ** 31 - 2] });
    expect(model.transformSchema({ c: 'double' }).find('o')!.metadata).toEqual({ ml_attr: { num_attrs: 2 ** 31 - 2 } });
  });

  it('lets the rows pass that an earlier step dropped', () => {
    const indexer = StringIndexerModel.fromLabels(['a', 'b'], { inputCol: 'c', outputCol: 'i', handleInvalid: 'skip' });
    const model = new OneHotEncoderModel({ inputCol: 'i', outputCol: 'o' }, { categorySizes: [2] });
    expect(columnAfter([indexer, model], table({ c: 'string' }, ['z'], ['a'], ['b'], [null]), 'o')).toEqual([[1], [0]]);
  });
});
