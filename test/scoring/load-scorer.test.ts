import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OneHotEncoder } from '#dist/feature/index.js';
import { loadScorer } from '#dist/load-scorer.js';
import { fileMap, saved } from '../persistence/files.ts';
import { churnModel, churnRow } from './churn-model.ts';

const root = mkdtempSync(join(tmpdir(), 'millstream-scorer-'));
const path = join(root, 'churn');
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
beforeAll(() => churnModel().save(path));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('loadScorer', () => {
  it('scores as the model that was saved, from a path, a URL and a map of files', async () => {
    const expected = churnModel().rowScorer()(churnRow(9));
    for (const source of [path, pathToFileURL(path), saved(churnModel())]) expect((await loadScorer(source))(churnRow(9))).toEqual(expected);
  });

  it('refuses what scores no rows', async () => {
    await expect(loadScorer(saved(new OneHotEncoder({ inputCol: 'a' })))).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  it('loads no native module and starts no thread', () => {
    const script = `
      import { loadScorer } from ${JSON.stringify(pathToFileURL(join(dist, 'load-scorer.js')).href)};
      const score = await loadScorer(${JSON.stringify(path)});
      const row = ${JSON.stringify(churnRow(9))};
      const { prediction } = score(row);
      const report = process.report.getReport();
      console.log(JSON.stringify({ prediction, workers: report.workers.length, native: report.sharedObjects.filter((file) => file.endsWith('.node')) }));`;
    const seen = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
    expect(seen).toEqual({ prediction: churnModel().rowScorer()(churnRow(9))?.prediction, workers: 0, native: [] });
  });
});

describe('a bundle for the browser', () => {
  it('scores a map of files with nothing of Node’s', async () => {
    const entry = `
      import { loadScorer } from './load-scorer.js';
      globalThis.run = async (files, row) => {
        const score = await loadScorer(new Map(files));
        const { prediction, probabilities, features } = score(JSON.parse(row));
        return JSON.stringify({ prediction, probabilities: [...(probabilities ?? [])], features: [...features.toArray()] });
      };`;
    const bundle = await build({
      stdin: { contents: entry, resolveDir: dist },
      bundle: true,
      platform: 'browser',
      format: 'iife',
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    // A script has no import.meta: only workers would need it.
    expect(bundle.warnings.filter(({ id }) => id !== 'empty-import-meta')).toEqual([]);
    const [{ text }] = bundle.outputFiles;
    expect(Object.values(bundle.metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);

    const { TextDecoder, TextEncoder, URL, crypto, console } = globalThis;
    const page = vm.createContext({ TextDecoder, TextEncoder, URL, crypto, console }) as { run?: (files: unknown, row: string) => Promise<string> };
    vm.runInContext(text, page as vm.Context);
    const row = churnRow(9);
    const { prediction, probabilities, features } = churnModel().rowScorer()(row) as Record<string, never>;
    expect(JSON.parse((await page.run?.([...saved(churnModel())], JSON.stringify(row))) ?? '')).toEqual({
      prediction,
      probabilities: [...(probabilities as Map<string, number>)],
      features: [...(features as { toArray(): Float64Array }).toArray()],
    });

    // What Spark packed with zstd, too.
    const packed = fileMap(fileURLToPath(new URL('../fixtures/codecs/zstd', import.meta.url)));
    const tree = { place: 'ash of town 1', tree: 'elm', x: 1.5 };
    const here = (await loadScorer(packed))(tree) as Record<string, never>;
    expect(JSON.parse((await page.run?.([...packed], JSON.stringify(tree))) ?? '')).toMatchObject({
      features: [...(here.features as { toArray(): Float64Array }).toArray()],
    });
  });
});
