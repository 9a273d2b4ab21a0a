import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RandomForestClassificationModel } from '#dist/classification/index.js';
import { MlError, Session, type Vector } from '#dist/index.js';
import { isVector } from '#dist/linalg/vectors.js';
import { silent } from '../classification/goldens.ts';
import { estimatorOf, framesOf, type GoldenCase, type GoldenResult, type GoldenTree, goldenTrees } from './tree-goldens.ts';

type Fitted = GoldenCase & { result: GoldenResult };

/** Where we refuse what Spark takes, and why. */
const REFUSED: ReadonlyMap<string, string> = new Map([['weights all 0', 'no row counts, so there is nothing to learn from']]);
const titled = <C extends GoldenCase>(cases: readonly C[]) => cases.map((c) => [`${c.estimator} on ${c.table}: ${c.name}`, c] as const);
const fits = goldenTrees.filter((c): c is Fitted => c.result !== undefined && !REFUSED.has(c.name));

interface Node {
  readonly prediction: number;
  readonly impurity: number;
  readonly gain: number;
  readonly leftChild?: Node;
  readonly rightChild?: Node;
  readonly split?: object;
}
interface TreeLike {
  readonly rootNode: Node;
  readonly numNodes: number;
  readonly depth: number;
}

describe('as Spark 4.3', () => {
  let session: Session;
  beforeAll(async () => {
    session = await Session.local({ workers: 2, logger: silent });
  });
  afterAll(() => session?.close());

  it.each(titled(fits))('fits and scores: %s', async (_, golden) => {
    const { result, table } = golden;
    const { fitted, scored } = await framesOf(session, table);
    const model = await estimatorOf(golden).fit(fitted);
    for (const name of ['numFeatures', 'numClasses', 'depth', 'numNodes', 'getNumTrees', 'totalNumNodes', 'treeWeights']) {
      if (result[name] !== undefined) expect((model as unknown as Record<string, unknown>)[name], name).toEqual(result[name]);
    }
    expectClose(model.featureImportances.toArray(), result.featureImportances, 'featureImportances');
    expect(model.namedFeatureImportances.map(({ value }) => value)).toEqual([...model.featureImportances.toArray()]);
    expectSameText(model.toDebugString.replace(model.uid, 'UID'), result.toDebugString);
    const trees = 'trees' in model ? (model.trees as readonly TreeLike[]) : [model as unknown as TreeLike];
    trees.forEach((tree, t) => {
      expectTree(tree, result.trees[Math.min(t, result.trees.length - 1)]);
    });
    const rows = await model.transform(scored).collect();
    for (const [column, values] of Object.entries(result.scores)) {
      const ours = rows.map((row) => (isVector(row[column]) ? [...(row[column] as Vector).toArray()] : row[column]));
      expectClose(ours, values, column);
    }
    if (golden.params.predictionCol === '') return;
    expect(rows.map((row) => model.predict(row.features as Vector))).toEqual(rows.map((row) => row.prediction));
  });

  it.each(titled(fits.filter(({ result }) => result.evaluateEachIteration)))('evaluates each iteration: %s', async (_, golden) => {
    const { fitted } = await framesOf(session, golden.table);
    const model = await estimatorOf(golden).fit(fitted);
    for (const [loss, values] of Object.entries(golden.result.evaluateEachIteration!)) {
      const of = model as unknown as { evaluateEachIteration(frame: unknown, loss?: unknown): Promise<number[]> };
      expectClose(await (loss === 'logistic' ? of.evaluateEachIteration(fitted) : of.evaluateEachIteration(fitted, loss)), values, loss);
    }
  });

  it.each(titled(fits.filter(({ result }) => result.summary)))('sums up: %s', async (_, golden) => {
    const { fitted } = await framesOf(session, golden.table);
    const model = (await estimatorOf(golden).fit(fitted)) as RandomForestClassificationModel;
    const summaries = [model.summary, await model.evaluate(fitted)];
    for (const [name, value] of Object.entries(golden.result.summary!)) {
      for (const summary of summaries) if (name in summary) expectClose((summary as unknown as Record<string, unknown>)[name], value, name);
      expect(name in summaries[0]).toBe(true);
    }
  });

  const refused = goldenTrees.filter((c) => c.error !== undefined || REFUSED.has(c.name));
  it.each(titled(refused))('refuses: %s', async (_, golden) => {
    const { fitted } = await framesOf(session, golden.table);
    const refusal = async () => estimatorOf(golden).fit(fitted);
    await expect(refusal()).rejects.toBeInstanceOf(MlError);
    await expect(refusal()).rejects.toMatchObject({ code: expect.stringMatching(/^(PARAM|VALUE)_INVALID$/) });
  });
});

/** The nodes as `rootNode` shows them. */
function expectTree({ rootNode, numNodes, depth }: TreeLike, golden: GoldenTree): void {
  expect(numNodes).toBe(golden.split.length);
  let i = 0;
  let deepest = 0;
  const visit = (node: Node, level: number): void => {
    deepest = Math.max(deepest, level);
    const split = golden.split[i];
    expectClose([node.prediction, node.impurity, node.gain], [golden.prediction[i], golden.impurity[i], golden.gain[i]], `node ${i}`);
    i++;
    if (split === null) {
      expect([node.split, node.leftChild, node.rightChild]).toEqual([undefined, undefined, undefined]);
      return;
    }
    const [featureIndex, what, numCategories] = split;
    if (typeof what === 'number') expect(node.split).toEqual({ featureIndex, threshold: what });
    else expect(node.split).toEqual({ featureIndex, leftCategories: [...what].sort((a, b) => a - b), numCategories });
    visit(node.leftChild!, level + 1);
    visit(node.rightChild!, level + 1);
  };
  visit(rootNode, 0);
  expect([i, deepest]).toEqual([numNodes, depth]);
}

/** Texts alike but for the last digits of numbers. */
function expectSameText(ours: string, theirs: string): void {
  if (ours === theirs) return;
  const number = /-?\d+(\.\d+)?(E-?\d+)?/g;
  expect(ours.replaceAll(number, '#')).toBe(theirs.replaceAll(number, '#'));
  expectClose(ours.match(number)!.map(Number), theirs.match(number)!.map(Number), 'toDebugString');
}

/** Numbers, and lists of them to any depth, equal within 1e-12 of the larger of 1 and the expected one. */
function expectClose(ours: unknown, theirs: unknown, what: string): void {
  if (Array.isArray(theirs)) {
    expect(ours, what).toHaveLength(theirs.length);
    theirs.forEach((value, i) => {
      expectClose((ours as ArrayLike<unknown>)[i], value, `${what}[${i}]`);
    });
  } else if (typeof ours !== 'number' || !(Math.abs(ours - (theirs as number)) <= 1e-12 * Math.max(1, Math.abs(theirs as number)))) {
    expect(ours, what).toBe(theirs);
  }
}
