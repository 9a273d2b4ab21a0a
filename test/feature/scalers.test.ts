import { describe, expect, it } from 'vitest';
import { MinMaxScaler, MinMaxScalerModel, OneHotEncoderModel, StandardScaler, StandardScalerModel, VectorAssembler } from '#dist/feature/index.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { fitStages, transformTable } from './mini-engine.ts';
import { columnAfter, table, thrown } from './table.ts';

const vectors = (...rows: (number[] | null)[]) => table({ v: 'vector' }, ...rows.map((row) => [row && Vectors.dense(row)]));
const standard = new StandardScalerModel({ inputCol: 'v', outputCol: 'o' }, { mean: Float64Array.of(1, 2), std: Float64Array.of(2, 0) });
const minMax = new MinMaxScalerModel({ inputCol: 'v', outputCol: 'o' }, { originalMin: Float64Array.of(0, 5), originalMax: Float64Array.of(10, 5) });

describe.each([
  ['StandardScaler', new StandardScaler({ inputCol: 'v', outputCol: 'o' }), standard],
  ['MinMaxScaler', new MinMaxScaler({ inputCol: 'v', outputCol: 'o' }), minMax],
] as const)('%s', (_, scaler, model) => {
  it('needs rows', async () => {
    await expect(fitStages([scaler], vectors())).rejects.toMatchObject({ code: 'EMPTY_DATASET', details: { stage: scaler.uid, column: 'v' } });
  });

  it('refuses a null vector, in fitting and after', async () => {
    await expect(fitStages([scaler], vectors([1, 2], null))).rejects.toMatchObject({ code: 'VALUE_INVALID', details: { row: 1, value: null } });
    expect(thrown(() => transformTable([model], vectors([1, 2], null)))).toMatchObject({ code: 'VALUE_INVALID', details: { row: 1 } });
  });

  it('refuses vectors of another size than in fitting and names both', () => {
    expect(thrown(() => transformTable([model], vectors([1, 2, 3]))).message).toContain('fitted on 2 features, got 3');
    expect(thrown(() => model.transformSchema({ v: { type: 'vector', attributes: { num_attrs: 3 } } }))).toMatchObject({ code: 'SCHEMA_INVALID' });
  });

  it('gives the same bits whatever the blocks', async () => {
    const rows = Array.from({ length: 23 }, (_, i) => [Math.sin(i) * 1e3, i % 5 === 0 ? 0 : 1 / (i + 1)]);
    const states = await Promise.all([1, 4, 23].map(async (size) => (await fitStages([scaler], vectors(...rows), size))[0] as typeof model));
    for (const { state } of states) expect(state).toEqual(states[0].state);
    const outputs = [1, 4, 23].map((size) => columnAfter([states[0]], vectors(...rows), 'o', size));
    for (const output of outputs) expect(output).toEqual(outputs[0]);
  });
});

describe('StandardScalerModel', () => {
  it('makes 0 of a feature that does not vary', () => {
    expect(columnAfter([standard], vectors([4, 7]), 'o')).toEqual([[2, 0]]);
    expect(columnAfter([standard.copy({ withMean: true })], vectors([4, 7]), 'o')).toEqual([[1.5, 0]]);
  });

  it('scales numbers, one-hot codes and vectors in their own form', () => {
    const stages = [
      new OneHotEncoderModel({ inputCol: 'c', outputCol: 'h', dropLast: false }, { categorySizes: [2] }),
      new VectorAssembler({ inputCols: ['x', 'h', 'v'], outputCol: 'a' }),
      new StandardScalerModel({ inputCol: 'a', outputCol: 's' }, { mean: new Float64Array(5), std: Float64Array.of(2, 4, 8, 16, 32) }),
      new StandardScalerModel({ inputCol: 's', outputCol: 't' }, { mean: new Float64Array(5), std: new Float64Array(5).fill(0.5) }),
    ];
    const rows = [
      [2, 0, Vectors.dense([16, 32])],
      [4, 1, Vectors.dense([0, 64])],
      [6, 1, Vectors.dense([32, 0])],
    ];
    const sparse = rows.map(([x, c, v]) => [x, c, (v as ReturnType<typeof Vectors.dense>).toSparse()]);
    for (const input of [rows, sparse]) {
      const made = table({ x: 'double', c: 'double', v: 'vector' }, ...input);
      expect(columnAfter(stages, made, 't', 2)).toEqual([
        [2, 0.5, 0, 2, 2],
        [4, 0, 0.25, 0, 4],
        [6, 0, 0.25, 4, 0],
      ]);
    }
  });

  it('keeps mean and std as vectors', () => {
    expect([standard.mean.toArray(), standard.std.toArray()]).toEqual([Float64Array.of(1, 2), Float64Array.of(2, 0)]);
  });
});

describe('MinMaxScalerModel', () => {
  it('maps a feature that does not vary to the middle, and keeps NaN', () => {
    expect(columnAfter([minMax.copy({ min: -1, max: 2 })], vectors([10, 5], [Number.NaN, 9]), 'o')).toEqual([
      [2, 0.5],
      [Number.NaN, 0.5],
    ]);
  });

  it('refuses a range that is empty', () => {
    expect(thrown(() => new MinMaxScaler({ min: 1, max: 1 })).message).toBe('MinMaxScaler: max must be greater than min, got 1');
    expect(thrown(() => new MinMaxScaler({ min: 3 })).code).toBe('PARAM_INVALID');
  });
});
