// Builds dist/: the AssemblyScript kernels first (their bytes become a module), then the TypeScript sources, then the core's one file, then the docs of params.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCore } from './bundle-core.mjs';
import { documentParams } from './document-params.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });

run('scripts/build-kernels.mjs');
run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
await bundleCore(join(root, 'dist'));
await documentParams(join(root, 'dist'));
