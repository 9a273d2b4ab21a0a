// Builds dist/: the AssemblyScript kernels first (their bytes become a module), then the TypeScript sources, then zod's part of it, then the docs of params.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { documentParams } from './document-params.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });

run('scripts/build-kernels.mjs');
run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
const zod = join(root, 'dist/param/zod.js');
buildSync({
  entryPoints: [zod],
  outfile: zod,
  allowOverwrite: true,
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  logLevel: 'warning',
});
await documentParams(join(root, 'dist'));
