import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const SRC = join(dirname(fileURLToPath(import.meta.url)), '../src');

/** Layers from the bottom up; folders of one layer do not import each other (but for those of the lowest). */
const LAYERS: readonly (readonly string[])[] = [
  ['error', 'random', 'linalg', 'kernels'],
  ['param', 'block'],
  ['frame'],
  ['scoring'],
  ['engine'],
  ['stat'],
  ['optim', 'tree'],
  ['persistence'],
  ['pipeline'],
  ['predictor'],
  ['regression'],
  ['feature', 'classification', 'clustering', 'recommendation', 'fpm'],
  ['evaluation', 'tuning'],
  ['report'],
  ['stages'],
  ['load-scorer', 'session'],
  ['index', 'cli'],
];

/** Upward imports at run time only, by `import()`: a stage's `save` and `load` reach the files and the stage table when called. */
const LAZY = new Set([
  'pipeline/stage → persistence/save',
  'pipeline/stage → persistence/load',
  'pipeline/estimator → persistence/load',
  'persistence/load → stages',
]);

/** Which folder may import which package. */
const DOORS: Readonly<Record<string, string>> = {
  '@duckdb/node-api': 'engine/local/',
  '@duckdb/node-bindings': 'engine/local/',
  piscina: 'engine/local/workers/',
  'apache-arrow': 'frame/',
  'ml-matrix': 'linalg/',
  hyparquet: 'persistence/',
  'hyparquet-compressors': 'persistence/',
  '@connectrpc/connect': 'engine/spark/',
  '@connectrpc/connect-node': 'engine/spark/',
  '@bufbuild/protobuf': 'engine/spark/',
};

/** What a row scorer loads: no `node:` modules, no Arrow, DuckDB or piscina, however far the imports lead. */
const BROWSER_ENTRY = 'load-scorer';

interface Import {
  from: string;
  to: string;
  kind: 'value' | 'type' | 'lazy';
}

const files = (readdirSync(SRC, { recursive: true }) as string[])
  .filter((f) => f.endsWith('.ts') && !f.includes(`assembly${sep}`))
  .map((f) => f.split(sep).join('/'));
const imports = files.flatMap(importsOf);
const local = imports.filter((i) => i.to.startsWith('/')).map((i) => ({ ...i, to: i.to.slice(1) }));

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const found: Import[] = [];
  const from = file.replace(/\.ts$/, '');
  const add = (specifier: string, kind: Import['kind']) => {
    const to = specifier.startsWith('.') ? `/${posix.join(posix.dirname(file), specifier).replace(/\.ts$/, '')}` : specifier;
    found.push({ from, to, kind });
  };
  for (const [, clause, specifier] of text.matchAll(/^(?:import|export)\s+([^'";]*?)\s*from\s*'([^']+)';/gm)) {
    const members = /\{([\s\S]*)\}/
      .exec(clause)?.[1]
      .split(',')
      .filter((m) => m.trim());
    const typeOnly =
      clause.startsWith('type ') || (members !== undefined && members.length > 0 && members.every((m) => m.trim().startsWith('type ')));
    add(specifier, typeOnly ? 'type' : 'value');
  }
  for (const [, specifier] of text.matchAll(/^import\s+'([^']+)';/gm)) add(specifier, 'value');
  for (const [, specifier] of text.matchAll(/\bimport\('([^']+)'\)/g)) add(specifier, 'lazy');
  return found;
}

function layer(module: string): number {
  const noun = module.split('/')[0];
  const index = LAYERS.findIndex((names) => names.includes(noun));
  if (index < 0) throw new Error(`src/${module} is in no layer: name its folder in the chart of docs/design.md and in this test`);
  return index;
}

describe('the import chart', () => {
  it('has no arrow upward and none sideways between folders of a layer', () => {
    const wrong = local
      .filter((i) => i.kind !== 'type')
      .filter(({ from, to, kind }) => {
        if (kind === 'lazy' && LAZY.has(`${from} → ${to}`)) return false;
        const [a, b] = [layer(from), layer(to)];
        return b > a || (b === a && a > 0 && from.split('/')[0] !== to.split('/')[0]);
      })
      .map(({ from, to }) => `${from} → ${to}`);
    expect(wrong).toEqual([]);
  });

  it('reaches an engine through its contract alone', () => {
    const inside = /^engine\/(local|spark)\//;
    const wrong = local
      .filter(({ from, to, kind }) => kind === 'value' && inside.test(to) && !from.startsWith('engine/') && layer(from) < layer('session'))
      .map(({ from, to }) => `${from} → ${to}`);
    expect(wrong).toEqual([]);
  });

  it('has no cycle among values', () => {
    const edges = new Map<string, string[]>();
    for (const { from, to, kind } of local) if (kind === 'value') edges.set(from, [...(edges.get(from) ?? []), to]);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (node: string, path: readonly string[]): void => {
      if (path.includes(node)) {
        cycles.push([...path.slice(path.indexOf(node)), node].join(' → '));
        return;
      }
      if (done.has(node)) return;
      for (const next of edges.get(node) ?? []) visit(next, [...path, node]);
      done.add(node);
    };
    for (const node of edges.keys()) visit(node, []);
    expect(cycles).toEqual([]);
  });

  it('lets each package in by one door', () => {
    const doorOf = (to: string) => Object.entries(DOORS).find(([name]) => to === name || to.startsWith(`${name}/`))?.[1];
    const wrong = imports.filter((i) => i.kind !== 'type' && !i.from.startsWith(doorOf(i.to) ?? '')).map(({ from, to }) => `${from} → ${to}`);
    expect(wrong).toEqual([]);
  });

  /** The imports outward of whatever is loaded with a module. */
  function loadedWith(entry: string): { seen: ReadonlySet<string>; outward: readonly Import[] } {
    const seen = new Set<string>();
    const outward: Import[] = [];
    const visit = (module: string): void => {
      if (seen.has(module)) return;
      seen.add(module);
      for (const found of imports) {
        if (found.from !== module || found.kind !== 'value') continue;
        if (found.to.startsWith('/')) visit(found.to.slice(1));
        else outward.push(found);
      }
    };
    visit(entry);
    return { seen, outward };
  }

  it('keeps what a row scorer loads free of node, Arrow, DuckDB and threads', () => {
    const { seen, outward } = loadedWith(BROWSER_ENTRY);
    const wrong = outward.filter(({ to }) => /^node:|duckdb|piscina|apache-arrow|ml-matrix/.test(to)).map(({ from, to }) => `${from} → ${to}`);
    expect(seen.size).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
  });

  it('lets the row scorer of a common pipeline load two files of the build', () => {
    const built = (file: string) => readFileSync(join(SRC, '../dist', file), 'utf8');
    const relative = (text: string) => new Set([...text.matchAll(/^(?:import|export)\b[^'"]*['"](\.[^'"]+)['"]/gm)].map(([, file]) => file));
    expect(relative(built('load-scorer.js'))).toEqual(new Set(['./core.js']));
    expect(relative(built('core.js'))).toEqual(new Set(['./core.js', './base.js']));
    expect(relative(built('base.js'))).toEqual(new Set());
    expect(built('core.js')).not.toContain('import("./core.js")');
    for (const name of [
      'PipelineModel',
      'StringIndexerModel',
      'OneHotEncoderModel',
      'VectorAssembler',
      'StandardScalerModel',
      'LogisticRegressionModel',
    ]) {
      expect(built('core.js')).toContain(`() => Promise.resolve(itself).then((m) => m.${name})`);
    }
  });

  it('leaves a bundle of vectors or MlError alone without the stages and their schemas', async () => {
    const sizes = ["export { Vectors } from 'millstream/linalg'", "export { MlError } from 'millstream'"].map(async (contents) => {
      const options = { stdin: { contents, resolveDir: SRC }, bundle: true, minify: true, format: 'esm', platform: 'node', write: false } as const;
      const { outputFiles } = await build({ ...options, external: ['@duckdb/*'] });
      return outputFiles[0].contents.length;
    });
    for (const size of await Promise.all(sizes)) expect(size).toBeLessThan(20_000);
  });

  it('says whose code the build has taken in', () => {
    const core = readFileSync(join(SRC, '../dist/core.js'), 'utf8');
    for (const name of ['zod', 'hyparquet']) expect(core).toContain(readFileSync(join(SRC, '../node_modules', name, 'LICENSE'), 'utf8'));
  });

  it.each(['index', BROWSER_ENTRY])('loads an engine when a session is opened, and all of Arrow for those who ask for it: %s', (entry) => {
    const { seen, outward } = loadedWith(entry);
    expect([...seen].filter((module) => /^engine\/(spark|local\/(duck|workers))\//.test(module))).toEqual([]);
    expect(outward.filter(({ to }) => /connectrpc|bufbuild|duckdb|piscina|^apache-arrow$/.test(to))).toEqual([]);
    const entries = imports.filter(({ from, to, kind }) => to.startsWith('/engine/spark/') && !from.startsWith('engine/spark/') && kind !== 'type');
    expect(entries).toEqual([{ from: 'engine/session', to: '/engine/spark/open', kind: 'lazy' }]);
  });
});
