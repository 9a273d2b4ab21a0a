// Runs test/spark against a real Spark: the interpreter named by SPARK_PYTHON, or the one of a virtual environment made for it.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = (command, args, env = {}) => execFileSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
let python = process.env.SPARK_PYTHON;
if (!python) {
  const home = join(root, '.cache/spark');
  python = join(home, 'bin/python');
  if (!existsSync(python)) {
    run('python3', ['-m', 'venv', home]);
    run(python, ['-m', 'pip', 'install', '-q', 'pyspark==4.3.0', 'numpy']);
  }
}
try {
  execFileSync('java', ['-version'], { stdio: 'ignore' });
} catch {
  console.error('test:spark: Java 17 or newer must be on the path, none was found; install one or set JAVA_HOME');
  process.exit(1);
}
run(process.execPath, ['scripts/build.mjs']);
run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/spark'], { SPARK_PYTHON: python });
