import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as feature from '#dist/feature/index.js';
import { SQLTransformer } from '#dist/feature/index.js';
import { Schema } from '#dist/frame/schema.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { loadStage } from '#dist/persistence/load.js';
import { numbersOf } from './goldens.ts';
import { type AnyTransformer, plainRows, type Table, transformTable } from './mini-engine.ts';

const root = new URL('../fixtures/spark-4.3.0/', import.meta.url);
const folders = readdirSync(root).filter((name) => Object.hasOwn(feature, name.split('-')[0]));

interface FixtureTable {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly metadata?: Record<string, unknown> }[];
  readonly rows: readonly Record<string, unknown>[];
}

function read(folder: string, file: string): FixtureTable {
  return JSON.parse(readFileSync(new URL(`${folder}/${file}`, root), 'utf8'));
}

function tableOf({ columns, rows }: FixtureTable): Table {
  const schema = Schema.from(Object.fromEntries(columns.map(({ name, type, metadata }) => [name, { type, metadata }])));
  const cells = rows.map((row) =>
    columns.map(({ name, type }) => {
      const value = type === 'string' ? row[name] : numbersOf(row[name]);
      return type === 'vector' && value !== null ? Vectors.dense(value as number[]) : value;
    }),
  );
  return { schema, rows: cells };
}

describe('a stage saved by Spark 4.3', () => {
  it.each(folders)('%s loads with its class, uid and params', async (folder) => {
    const stage = (await loadStage(fileURLToPath(new URL(folder, root)))) as AnyTransformer;
    const [file] = readdirSync(new URL(`${folder}/metadata/`, root)).filter((name) => name.startsWith('part-'));
    const metadata = JSON.parse(readFileSync(new URL(`${folder}/metadata/${file}`, root), 'utf8'));
    expect([stage.constructor.name, stage.uid]).toEqual([folder.split('-')[0], metadata.uid]);
    expect([...stage.setParams().keys()]).toEqual(expect.arrayContaining(Object.keys(metadata.paramMap)));
  });

  it.each(folders.filter((folder) => existsSync(new URL(`${folder}/expected.json`, root))))('%s gives what Spark gave', async (folder) => {
    const stage = (await loadStage(fileURLToPath(new URL(folder, root)))) as AnyTransformer;
    if (stage instanceof SQLTransformer) return;
    const input = read(folder, 'input.json');
    const expected = read(folder, 'expected.json');
    const output = transformTable([stage], tableOf(input));
    const added = output.schema.fields.slice(input.columns.length);
    expect(added.map(({ name }) => name)).toEqual(expected.columns.map(({ name }) => name));
    for (const [i, { metadata }] of expected.columns.entries()) if (metadata) expect(added[i].metadata).toEqual(metadata);
    const rows = plainRows(output).map((row) => row.slice(input.columns.length));
    expect(rows).toEqual(
      expected.rows.map((row) => expected.columns.map(({ name, type }) => (type === 'string' ? row[name] : numbersOf(row[name])))),
    );
  });
});
