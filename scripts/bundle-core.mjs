import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** What loads with every row scorer, and the stages that most pipelines are made of. */
const ROOTS = ['load-scorer.js', 'stages.js', 'pipeline/pipeline-model.js', 'classification/logistic-regression-model.js'];
const STAGES = /^feature\/(?!index)[\w-]+\.js$/;

/**
 * Makes one file, `core.js`, of the modules in `dist` that a row scorer loads first, with what they use of zod and hyparquet: to find, read and
 * link each of 90 files was half of the time of a cold `loadScorer`. All other modules import from it, and the files of its modules pass its
 * exports on, so that there is one of each class.
 */
export async function bundleCore(dist) {
  const files = readdirSync(dist, { recursive: true })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.js'));
  const roots = files.filter((file) => ROOTS.includes(file) || STAGES.test(file));
  const { metafile } = await bundle(dist, roots, new Set(), { write: false });
  const members = new Set(Object.keys(metafile.inputs).filter((file) => files.includes(file)));
  await bundle(dist, [...members], members, { outfile: join(dist, 'core.js'), sourcemap: true, sourcesContent: false });
  const names = await exportedNames(dist, members);
  for (const file of files) {
    const path = join(dist, file);
    if (members.has(file)) {
      writeFileSync(path, `export { ${names.get(file).join(', ')} } from '${specifier(file, 'core.js')}';\n`);
      rmSync(`${path}.map`);
    } else {
      const text = readFileSync(path, 'utf8');
      writeFileSync(
        path,
        text.replace(/(?<=^(?:import|export) [^'"]*?from |\bimport\()'(\.[^']+)'/gm, (all, to) => {
          const target = join(dirname(file), to).split(sep).join('/');
          return members.has(target) ? `'${specifier(file, 'core.js')}'` : all;
        }),
      );
    }
  }
}

/**
 * Bundles the exports of all of `modules`. What is imported by `import()` stays outside, and members of the core it finds in itself. Functions keep
 * their names, by which workers find a program's steps.
 */
function bundle(dist, modules, members, options) {
  const lazy = (args) => {
    if (args.kind !== 'dynamic-import') return undefined;
    const file = relative(dist, resolve(args.resolveDir, args.path)).split(sep).join('/');
    return { path: `./${members.has(file) ? 'core.js' : file}`, external: true };
  };
  return build({
    ...options,
    stdin: { contents: modules.map((file) => `export * from './${file}';`).join('\n'), resolveDir: dist },
    absWorkingDir: dist,
    plugins: [{ name: 'lazy', setup: (hooks) => hooks.onResolve({ filter: /^\./ }, lazy) }],
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
  const core = await import(pathToFileURL(join(dist, 'core.js')).href);
  const { metafile } = await build({ entryPoints: [...members], absWorkingDir: dist, outdir: dist, write: false, metafile: true, format: 'esm' });
  const names = new Map(Object.entries(metafile.outputs).map(([file, output]) => [file, output.exports]));
  const lost = [...new Set([...names.values()].flat())].filter((name) => !(name in core));
  if (lost.length > 0) throw new Error(`two modules of core.js export ${lost.join(', ')}, each its own: rename one`);
  return names;
}

const specifier = (from, to) => {
  const path = relative(dirname(from), to).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
};
