import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** What loads with every row scorer, and the stages that most pipelines are made of. */
const ROOTS = ['load-scorer.js', 'stages.js', 'pipeline/pipeline-model.js', 'classification/logistic-regression-model.js'];
const STAGES = /^feature\/(?!index)[\w-]+\.js$/;
/** A file of its own, `base.js`: bundlers drop files that nobody needs, not the zod schemas within one, and a page may use vectors or `MlError` alone. */
const BASE = /^(error|linalg\/[\w-]+)\.js$/;
const HOMES = ['base.js', 'core.js'];

/**
 * Makes one file, `core.js`, of the modules in `dist` that a row scorer loads first, with what they use of zod and hyparquet: to find, read and
 * link each of 90 files was half of the time of a cold `loadScorer`. All other modules import from it, and the files of its modules pass its
 * exports on, so that there is one of each class. (What {@link BASE} names goes into `base.js` instead.)
 */
export async function bundleCore(dist) {
  const files = readdirSync(dist, { recursive: true })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.js'));
  const roots = files.filter((file) => ROOTS.includes(file) || STAGES.test(file));
  const { metafile } = await bundle(dist, roots, new Map(), { write: false });
  const inputs = Object.keys(metafile.inputs);
  const homes = new Map(inputs.filter((file) => files.includes(file)).map((file) => [file, BASE.test(file) ? 'base.js' : 'core.js']));
  for (const home of HOMES) {
    const modules = [...homes.keys()].filter((file) => homes.get(file) === home);
    const banner = home === 'core.js' ? { js: `${licences(dist, inputs)}\nimport * as itself from './core.js';` } : {};
    await bundle(dist, modules, homes, { outfile: join(dist, home), sourcemap: true, sourcesContent: false, banner });
  }
  // A file that imports itself by `import()` is split by esbuild into code that calls what is not there.
  const core = join(dist, 'core.js');
  writeFileSync(core, readFileSync(core, 'utf8').replaceAll('import("./core.js")', 'Promise.resolve(itself)'));
  const names = await exportedNames(dist, [...homes.keys()]);
  for (const file of files) {
    const path = join(dist, file);
    if (homes.has(file)) {
      writeFileSync(path, `export { ${names.get(file).join(', ')} } from '${specifier(file, homes.get(file))}';\n`);
      rmSync(`${path}.map`);
    } else {
      const text = readFileSync(path, 'utf8');
      writeFileSync(
        path,
        text.replace(/(?<=^(?:import|export) [^'"]*?from |\bimport\()'(\.[^']+)'/gm, (all, to) => {
          const home = homes.get(join(dirname(file), to).split(sep).join('/'));
          return home ? `'${specifier(file, home)}'` : all;
        }),
      );
    }
  }
}

/**
 * Bundles the exports of all of `modules`. What is imported by `import()` stays outside, and so does what has another of `homes`. Functions keep
 * their names, by which workers find a program's steps.
 */
function bundle(dist, modules, homes, options) {
  const own = homes.get(modules[0]);
  const place = ({ kind, resolveDir, path }) => {
    const file = relative(dist, resolve(resolveDir, path)).split(sep).join('/');
    const home = homes.get(file);
    return kind === 'dynamic-import' || (home && home !== own) ? { path: `./${home ?? file}`, external: true } : undefined;
  };
  return build({
    ...options,
    stdin: { contents: modules.map((file) => `export * from './${file}';`).join('\n'), resolveDir: dist },
    absWorkingDir: dist,
    plugins: [{ name: 'place', setup: (hooks) => hooks.onResolve({ filter: /^\./ }, place) }],
    bundle: true,
    keepNames: true,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    logLevel: 'warning',
  });
}

/** What each module exports; a name must mean one thing in all of them. */
async function exportedNames(dist, members) {
  const built = await Promise.all(HOMES.map((home) => import(pathToFileURL(join(dist, home)).href)));
  const { metafile } = await build({ entryPoints: members, absWorkingDir: dist, outdir: dist, write: false, metafile: true, format: 'esm' });
  const names = new Map(Object.entries(metafile.outputs).map(([file, output]) => [file, output.exports]));
  const lost = [...new Set([...names.values()].flat())].filter((name) => !built.some((exports) => name in exports));
  if (lost.length > 0) throw new Error(`two modules of core.js export ${lost.join(', ')}, each its own: rename one`);
  return names;
}

/** The licences of the packages whose code is among the inputs, which must go with it, as comments that minifiers keep. */
function licences(dist, inputs) {
  const packages = new Set(inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  return [...packages]
    .map((folder) => `/*! With code of ${basename(folder)}:\n\n${readFileSync(join(dist, folder, 'LICENSE'), 'utf8')}*/`)
    .join('\n');
}

const specifier = (from, to) => {
  const path = relative(dirname(from), to).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
};
