import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Binarizer, MinMaxScaler, OneHotEncoder, StandardScaler, VectorAssembler } from '#dist/feature/index.js';
import { DenseVector, SparseVector, type Vector, Vectors } from '#dist/linalg/vectors.js';
import { Pipeline } from '#dist/pipeline/index.js';
import { folder, session } from '../engine/harness.ts';

type VectorJson = { type: 'dense'; values: number[] } | { type: 'sparse'; size: number; indices: number[]; values: number[] };
interface Case {
  readonly name: string;
  readonly stages: readonly [string, Record<string, unknown>][];
  readonly out: readonly VectorJson[];
}

/** Made by Spark 4.3.0, see `goldens/vector_forms.py`. */
const { rows, cases }: { rows: [number, number, VectorJson, number][]; cases: Case[] } = JSON.parse(
  readFileSync(new URL('../goldens/vector-forms.json', import.meta.url), 'utf8'),
);
const CLASSES = { Binarizer, MinMaxScaler, OneHotEncoder, StandardScaler, VectorAssembler };
const vector = (v: VectorJson): Vector => (v.type === 'dense' ? Vectors.dense(v.values) : Vectors.sparse(v.size, v.indices, v.values));

/** `sparse` or `dense`, of each row. */
const forms = (vectors: readonly unknown[]) =>
  vectors.map((v) => (v instanceof SparseVector ? 'sparse' : v instanceof DenseVector ? 'dense' : 'none'));

const open = session(2);
const path = folder();

it.each(cases.map((c) => [c.name, c] as const))('vectors leave in the form that Spark gives them: %s', async (name, { stages, out }) => {
  const given = rows.map(([a, b, v, k]) => ({ a, b, v: vector(v), k }));
  const frame = open().createFrame(given, { a: 'double', b: 'double', v: 'vector', k: 'double' });
  const model = await new Pipeline({ stages: stages.map(([kind, params]) => new CLASSES[kind as 'MinMaxScaler'](params as never)) }).fit(frame);
  const made = model.transform(frame).select('out');
  const wanted = out.map((v) => v.type);
  const found = (await made.collect()).map((row) => row.out as Vector);
  expect(forms(found)).toEqual(wanted);
  for (const [i, v] of found.entries()) expect(v.toArray()).toEqual(vector(out[i] as VectorJson).toArray());
  await made.write.parquet(path(name));
  expect(forms((await open().read.parquet(path(name)).collect()).map((row) => row.out))).toEqual(wanted);
  const scorer = model.rowScorer();
  expect(forms(given.map((row) => scorer(row)?.out))).toEqual(wanted);
});
