// Packs the library, installs the tarball into an empty project and uses it there in every way that users do: what they get must work
// without this repository. The programs are in scripts/package. Needs a registry (or a warm npm cache) for the dependencies.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const work = mkdtempSync(join(tmpdir(), 'millstream-package-'));
const run = (command, args, cwd = work) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 120_000 });
const DUCKDB = ['@duckdb/node-api', '@duckdb/node-bindings*'];

try {
  const { filename, size, files } = pack();
  writeFileSync(join(work, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `./${filename}`]);
  for (const name of readdirSync(join(root, 'scripts/package'))) copyFileSync(join(root, 'scripts/package', name), join(work, name));
  console.log(`${filename}: ${files} files, ${Math.round(size / 1024)} KiB`);

  says('ok', 'as an ES module', ['use.mjs']);
  says('ok', 'with a session left open', ['use.mjs', 'forget']);
  says('ok', 'in a worker thread', ['worker.mjs', 'use.mjs']);
  if (process.features.require_module) says('ok', 'by require()', ['use.cjs']);
  else refusesRequire();
  for (const [module, moduleResolution] of Object.entries({ nodenext: 'nodenext', esnext: 'bundler' })) compiles(module, moduleResolution);
  await bundles();
  await scoresInABrowser();
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** The tarball; it holds what users need and no more, and every entry of `exports` is in it. */
function pack() {
  const said = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], root));
  const { filename, size, files } = Object.values(said)[0];
  const paths = files.map((f) => f.path);
  const strange = paths.filter((p) => !/^(dist\/.+\.(js|d\.ts|js\.map)|docs\/[\w-]+\.md|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(p));
  if (strange.length > 0) throw new Error(`the package holds files that users do not need: ${strange.join(', ')}`);
  if (size > 2 ** 21) throw new Error(`the package is ${size} bytes, more than 2 MiB`);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const entries = Object.values(manifest.exports).flatMap((e) => (typeof e === 'string' ? [e] : Object.values(e)));
  const missing = [...entries, manifest.main, manifest.types, './LICENSE', './CHANGELOG.md'].filter((p) => !paths.includes(p.slice(2)));
  if (missing.length > 0) throw new Error(`the package lacks ${missing.join(', ')}`);
  const scripts = Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name));
  if (scripts.length > 0) throw new Error(`the package runs scripts at install: ${scripts.join(', ')}`);
  const stray = paths.filter((p) => p.endsWith('.js') && !/\bwasm\.js$/.test(p) && readFileSync(join(root, p), 'utf8').includes(root));
  if (stray.length > 0) throw new Error(`built files name this folder: ${stray.join(', ')}`);
  return { filename, size, files: files.length };
}

function says(text, how, args) {
  const said = run(process.execPath, args).trim();
  if (said !== text) throw new Error(`${how}: it said ${said}`);
  console.log(`works ${how}`);
}

/** Node older than 20.19 or told not to: an error that says what to do. */
function refusesRequire() {
  const program = `try { require('millstream') } catch (e) { console.log(e.code) }`;
  if (run(process.execPath, ['-e', program]).trim() !== 'ERR_REQUIRE_ESM') throw new Error('require() must fail with ERR_REQUIRE_ESM');
  console.log('require() is refused by this Node with ERR_REQUIRE_ESM');
}

function compiles(module, moduleResolution) {
  const compilerOptions = { target: 'es2022', module, moduleResolution, strict: true, noEmit: true, skipLibCheck: false, types: [] };
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.ts'] }));
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', work]);
  console.log(`compiles with moduleResolution ${moduleResolution}`);
}

/** Bundled apps: where the worker's file is not beside the bundle, work runs in the calling thread. */
async function bundles() {
  const kinds = {
    'packages-external': { format: 'esm', packages: 'external' },
    whole: { format: 'esm', external: DUCKDB },
    minified: { format: 'esm', external: DUCKDB, minify: true },
    split: { format: 'esm', external: DUCKDB, minify: true, splitting: true },
    commonjs: { format: 'cjs', external: DUCKDB, logOverride: { 'empty-import-meta': 'silent' } },
  };
  for (const [name, options] of Object.entries(kinds)) {
    const extension = options.format === 'cjs' ? '.cjs' : '.mjs';
    const outdir = join(work, `bundle-${name}`);
    await build({
      entryPoints: [join(work, 'use.mjs')],
      absWorkingDir: work,
      bundle: true,
      platform: 'node',
      outdir,
      outExtension: { '.js': extension },
      logLevel: 'warning',
      ...options,
    });
    says('ok', `bundled, ${name}`, [join(outdir, `use${extension}`)]);
  }
}

/** `millstream/scoring` for the browser: the bundle needs no node module, and scores as here. */
async function scoresInABrowser() {
  const outfile = join(work, 'browser-bundle.js');
  const options = { bundle: true, platform: 'browser', format: 'iife', minify: true, outfile, logLevel: 'warning' };
  await build({ entryPoints: [join(work, 'browser.js')], absWorkingDir: work, ...options });
  const folder = join(work, 'model');
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath, f.name));
  const model = Object.fromEntries(paths.map((p) => [relative(folder, p), readFileSync(p).toString('base64')]));
  const code = readFileSync(outfile, 'utf8');
  const chromium = findChromium();
  const answer = chromium ? inChromium(chromium, model, code) : await inSandbox(model, code);
  const program = `const { loadScorer } = await import('millstream/scoring');
    const { prediction, probabilities } = (await loadScorer('model'))({ plan: 'plus', use: 6 });
    console.log('scored ' + JSON.stringify([prediction, [...probabilities]]));`;
  const expected = run(process.execPath, ['--input-type=module', '-e', program]).trim();
  if (answer !== expected) throw new Error(`the bundle for browsers gave ${answer}, must be ${expected}`);
  console.log(`scores ${chromium ? `in ${chromium}` : 'with only the globals of the web'}, ${Math.round(code.length / 1024)} KiB minified`);
}

function findChromium() {
  const known = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];
  for (const name of process.env.CHROMIUM ? [process.env.CHROMIUM] : known) {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return name;
    } catch {}
  }
  return null;
}

function inChromium(chromium, model, code) {
  const page = join(work, 'page.html');
  const inline = (text) => `<script>${text.replaceAll('</script', '<\\/script')}</script>`;
  const show = 'answer.then((text) => { document.body.dataset.answer = encodeURIComponent(text) })';
  writeFileSync(page, `<!doctype html><meta charset="utf-8"><body>${inline(`MODEL = ${JSON.stringify(model)}`)}${inline(code)}${inline(show)}`);
  const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--virtual-time-budget=10000'];
  const args = ['--headless', '--no-sandbox', ...quiet, `--user-data-dir=${join(work, 'profile')}`, '--dump-dom', `file://${page}`];
  const dom = execFileSync(chromium, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 });
  return decodeURIComponent(/data-answer="([^"]*)"/.exec(dom)?.[1] ?? 'nothing');
}

/** The bundle in a realm that has what browsers have, and nothing of Node. */
function inSandbox(model, code) {
  console.warn('WARNING: no Chromium here (looked at $CHROMIUM and the path), so the bundle for browsers runs in a bare realm of node:vm instead');
  const names = ['atob', 'btoa', 'TextDecoder', 'TextEncoder', 'URL', 'crypto', 'performance', 'queueMicrotask', 'setTimeout', 'structuredClone'];
  const web = Object.fromEntries(names.map((name) => [name, globalThis[name]]));
  const realm = createContext({ ...web, MODEL: model, console });
  runInContext('globalThis.self = globalThis.window = globalThis', realm);
  runInContext(code, realm);
  return realm.answer;
}
