// npm run bench -- [filter]: the bench of that name, else those whose names hold it, each in a process of its own.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const filter = process.argv[2] ?? '';
const order = [
  ...['churn-fit', 'cv', 'lr-dense', 'lr-parquet', 'lr-onehot', 'hgb-dense', 'hgb-small', 'hgb-parquet', 'hgb-churn', 'hgb-score'],
  ...[
    'gbt',
    'forest',
    'hgb-10m',
    'hgb-row',
    'batch-score',
    'row-score',
    'load',
    'workers',
    'connect-fit',
    'connect-collect',
    'connect-upload',
    'connect-cv',
  ],
];
const found = readdirSync(join(here, 'jobs')).filter((f) => f.endsWith('.js'));
const names = found.map((f) => f.slice(0, -3)).sort((a, b) => order.indexOf(a) - order.indexOf(b));
const chosen = names.includes(filter) ? [filter] : names.filter((n) => n.includes(filter));
if (chosen.length === 0) {
  console.error(`no bench has ${JSON.stringify(filter)} in its name; there are ${names.join(', ')}`);
  process.exit(2);
}
let failed = 0;
for (const name of chosen) {
  const { status } = spawnSync(process.execPath, [join(here, 'jobs', `${name}.js`)], { stdio: 'inherit' });
  if (status !== 0) {
    failed++;
    console.error(`${name}: failed with exit status ${status}`);
  }
}
process.exit(failed > 0 ? 1 : 0);
