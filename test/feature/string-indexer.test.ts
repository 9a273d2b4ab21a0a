import { describe, expect, it } from 'vitest';
import { Bucketizer, ImputerModel, IndexToString, StringIndexer, StringIndexerModel } from '#dist/feature/index.js';
import { attributeOf } from '#dist/frame/attributes.js';
import { fitStages, transformTable } from './mini-engine.ts';
import { columnAfter, table, thrown } from './table.ts';

const oddNames = ['__proto__', 'constructor', 'a.b', '', ' ', '😀', '10', '9'];

describe('StringIndexer', () => {
  it('keeps odd labels apart', async () => {
    const input = table({ c: 'string' }, ...oddNames.map((name) => [name]));
    const [model] = (await fitStages([new StringIndexer({ inputCol: 'c', outputCol: 'i' })], input)) as [StringIndexerModel];
    expect(new Set(model.labels)).toEqual(new Set(oddNames));
    expect(columnAfter([model, new IndexToString({ inputCol: 'i', outputCol: 'back' })], input, 'back')).toEqual(oddNames);
  });

  it('works on columns with odd names', async () => {
    const schema = Object.fromEntries(oddNames.slice(0, 3).map((name) => [`${name}x`, 'string']));
    const columns = Object.keys(schema);
    const indexer = new StringIndexer({ inputCols: columns, outputCols: columns.map((name) => `${name} index`) });
    const [model] = await fitStages([indexer], table(schema, ['p', 'q', 'r']));
    expect(columnAfter([model], table(schema, ['p', 'q', 'r']), '__proto__x index')).toEqual([0]);
  });

  it('gives each model the uid, the set params and the parent of its estimator', async () => {
    const indexer = new StringIndexer({ inputCol: 'c', outputCol: 'i', handleInvalid: 'keep' });
    const [model] = (await fitStages([indexer], table({ c: 'string' }, ['a']))) as [StringIndexerModel];
    expect([model.uid, model.parent, model.params.handleInvalid]).toEqual([indexer.uid, indexer, 'keep']);
  });
});

describe('StringIndexerModel', () => {
  const model = StringIndexerModel.fromLabels(['a', 'b'], { inputCol: 'c', outputCol: 'i' });
  const strange = table({ c: 'string' }, ['a'], ['b'], ['new'], ['a'], [null]);

  it('names stage, column, row and remedy of what has no label', () => {
    const error = thrown(() => transformTable([model], strange, 2));
    expect(error).toMatchObject({ code: 'VALUE_INVALID', details: { stage: model.uid, column: 'c', row: 2 } });
    expect(error.message).toMatch(
      /^StringIndexerModel: column "c" must hold one of the 2 labels .* at row 2; set handleInvalid to "keep" or "skip"$/,
    );
  });

  it('tells null from a text without a label', () => {
    expect(thrown(() => transformTable([model], table({ c: 'string' }, [null]))).details.value).toBeNull();
  });

  it('lets the rows pass that an earlier step dropped', () => {
    const skips = StringIndexerModel.fromLabels(['a', 'b'], { inputCol: 'c', outputCol: 'j', handleInvalid: 'skip' });
    expect(columnAfter([skips, model], strange, 'i')).toEqual([0, 1, 0]);
  });

  it('drops a row when any of its columns has no label', () => {
    const two = StringIndexerModel.fromLabelsArray([['a'], ['x']], { inputCols: ['c', 'd'], outputCols: ['i', 'j'], handleInvalid: 'skip' });
    const rows = [
      ['a', 'x'],
      ['a', 'y'],
      [null, 'x'],
    ];
    expect(transformTable([two], table({ c: 'string', d: 'string' }, ...rows)).rows).toEqual([['a', 'x', 0, 0]]);
  });

  it('gives the same codes whatever the block', () => {
    const keep = model.copy({ handleInvalid: 'keep' });
    for (const blockRows of [1, 2, 5]) expect(columnAfter([keep], strange, 'i', blockRows)).toEqual([0, 1, 2, 0, 2]);
  });

  it('passes over an input column that is absent, but not the others', () => {
    const two = StringIndexerModel.fromArraysOfLabels([['a'], ['x']], { inputCols: ['c', 'label'], outputCols: ['i', 'j'] });
    expect(transformTable([two], table({ c: 'string' }, ['a'])).schema.names).toEqual(['c', 'i']);
  });

  it('carries its labels as an attribute, with __unknown for keep', () => {
    const schema = model.copy({ handleInvalid: 'keep' }).transformSchema({ c: 'string' });
    expect(attributeOf(schema.find('i')!)).toEqual({ type: 'nominal', name: 'i', values: ['a', 'b', '__unknown'] });
  });

  it('takes what earlier steps make: numbers as Java prints them, texts as they are', () => {
    const imputed = new ImputerModel({ inputCol: 'x', outputCol: 'y' }, { values: Float64Array.of(1e7) });
    const buckets = new Bucketizer({ inputCol: 'y', outputCol: 'b', splits: [-Infinity, 0, Infinity] });
    const texts = new IndexToString({ inputCol: 'b', outputCol: 't', labels: ['low', 'high'] });
    const labels = [
      ['1.0E7', '-0.5'],
      ['0.0', '1.0'],
      ['low', 'high'],
    ];
    const indexer = StringIndexerModel.fromLabelsArray(labels, { inputCols: ['y', 'b', 't'], outputCols: ['iy', 'ib', 'it'] });
    const { rows } = transformTable([imputed, buckets, texts, indexer], table({ x: 'double' }, [-0.5], [null]));
    expect(rows.map((row) => row.slice(-3))).toEqual([
      [1, 0, 0],
      [0, 1, 1],
    ]);
  });

  it('refuses labels that stand twice, and as many columns as it has no labels for', () => {
    expect(thrown(() => StringIndexerModel.fromLabels(['a', 'a'], { inputCol: 'c' }))).toMatchObject({ code: 'PARAM_INVALID' });
    const two = StringIndexerModel.fromLabelsArray([['a'], ['b']], { inputCol: 'c', outputCol: 'i' });
    expect(thrown(() => two.transformSchema({ c: 'string' })).message).toMatch(/must name 2 columns/);
  });

  it('refuses to name the labels of one column when it has several', () => {
    const two = StringIndexerModel.fromLabelsArray([['a'], ['b']], { inputCols: ['c', 'd'], outputCols: ['i', 'j'] });
    expect(thrown(() => two.labels)).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect(two.labelsArray).toEqual([['a'], ['b']]);
  });
});
