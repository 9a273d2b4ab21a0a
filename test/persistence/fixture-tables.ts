import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Vectors } from '#dist/linalg/index.js';
import { isVector } from '#dist/linalg/vectors.js';
import { loadScorer } from '#dist/load-scorer.js';
import { load } from '#dist/persistence/load.js';
import { parseMetadata } from '#dist/persistence/metadata.js';
import { canonicalName } from '#dist/stages.js';

interface FixtureTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Record<string, unknown>[];
}

const read = (folder: string, file: string): FixtureTable => JSON.parse(readFileSync(join(folder, file), 'utf8'));

function metadataOf(folder: string) {
  const [file] = readdirSync(join(folder, 'metadata')).filter((name) => name.startsWith('part-'));
  return parseMetadata(readFileSync(join(folder, 'metadata', file), 'utf8').split('\n')[0]);
}

const number = (value: unknown) => (value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value);

function rowsOf({ columns, rows }: FixtureTable): Record<string, unknown>[] {
  const value = (cell: unknown, type: string) => {
    if (type === 'string' || cell === null) return cell;
    return type === 'vector' ? Vectors.dense((cell as unknown[]).map(number) as number[]) : number(cell);
  };
  return rows.map((row) => Object.fromEntries(columns.map(({ name, type }) => [name, value(row[name], type)])));
}

function expectClose(ours: unknown, theirs: unknown, what: string): void {
  if (isVector(ours)) expectClose([...ours.toArray()], theirs, what);
  else if (Array.isArray(theirs)) {
    expect(ours, what).toHaveLength(theirs.length);
    for (const [i, value] of theirs.entries()) expectClose((ours as unknown[])[i], value, `${what}[${i}]`);
  } else if (typeof ours === 'number' && typeof number(theirs) === 'number') {
    const x = number(theirs) as number;
    const same = Object.is(ours, x) || ours === x || Math.abs(ours - x) <= 1e-12 * Math.max(1, Math.abs(x));
    expect(same, `${what}: ${ours} is ${x} within 1e-12`).toBe(true);
  } else expect(ours, what).toEqual(theirs);
}

/** Those of the fixtures that a row scorer can score; the rows of a SQL statement come from an engine. */
export function scoredFixtures(root: string, names: readonly string[]): string[] {
  return names.filter((name) => {
    if (!existsSync(join(root, name, 'expected.json')) || name === 'SQLTransformer') return false;
    return read(join(root, name), 'expected.json').columns !== undefined;
  });
}

/** The stage in `folder` loads with its class, its uid and the params that were set; the same metadata lie plain in `readable`. */
export async function expectLoaded(folder: string, readable = folder): Promise<void> {
  const stage = await load(folder);
  const metadata = metadataOf(readable);
  expect([(stage.constructor as { type?: string }).type, stage.uid]).toEqual([canonicalName(metadata.className), metadata.uid]);
  const params = [...metadata.paramMap.keys()].filter((param) => !['stageUids', 'estimatorParamMaps', 'language'].includes(param));
  expect([...stage.setParams().keys()]).toEqual(expect.arrayContaining(params));
}

/** The stage in `folder` scores each row as Spark did, by `tables`. */
export async function expectScored(folder: string, tables = folder): Promise<void> {
  const score = await loadScorer(folder);
  const expected = read(tables, 'expected.json');
  for (const [i, row] of rowsOf(read(tables, 'input.json')).entries()) {
    const result = score(row);
    for (const column of expected.columns) expectClose(result?.[column.name], expected.rows[i][column.name], `row ${i}, ${column.name}`);
  }
}
