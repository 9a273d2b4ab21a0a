import { describe, expect, it } from 'vitest';
import { Bucketizer, IndexToString, StringIndexerModel } from '#dist/feature/index.js';
import { transformTable } from './mini-engine.ts';
import { columnAfter, table, thrown } from './table.ts';

describe('IndexToString', () => {
  const stage = new IndexToString({ inputCol: 'c', outputCol: 't', labels: ['x', 'y'] });

  it('names column, row and value of an index without a label', () => {
    for (const value of [2, -1, null, Number.NaN]) {
      const error = thrown(() => transformTable([stage], table({ c: 'double' }, [1], [value]), 1));
      expect(error).toMatchObject({ code: 'VALUE_INVALID', details: { stage: stage.uid, column: 'c', row: 1, value } });
    }
  });

  it('refuses a null bucket although its code has a label', () => {
    const buckets = new Bucketizer({ inputCol: 'c', outputCol: 'b', splits: [-1, 0, 1] });
    const labels = ['p', 'q', 'r', 's'];
    const texts = new IndexToString({ inputCol: 'b', outputCol: 't', labels });
    expect(columnAfter([buckets, texts], table({ c: 'double' }, [0.5], [-0.5]), 't')).toEqual(['q', 'p']);
    expect(thrown(() => transformTable([buckets, texts], table({ c: 'double' }, [null]))).details.value).toBeNull();
  });

  it('prefers its own labels to those that the column carries', () => {
    const indexer = StringIndexerModel.fromLabels(['a', 'b'], { inputCol: 's', outputCol: 'c' });
    expect(columnAfter([indexer, stage], table({ s: 'string' }, ['b'], ['a']), 't')).toEqual(['y', 'x']);
    expect(columnAfter([indexer, stage.copy({ labels: [] })], table({ s: 'string' }, ['b'], ['a']), 't')).toEqual(['b', 'a']);
  });

  it('says which column carries no labels', () => {
    const error = thrown(() => transformTable([stage.copy({ labels: undefined })], table({ c: 'double' }, [0])));
    expect(error).toMatchObject({ code: 'SCHEMA_INVALID', details: { column: 'c' } });
  });
});
