// Runs test/spark against a real Spark: the interpreter named by SPARK_PYTHON, or the one of a virtual environment made for it. The suite starts
// and stops the Spark Connect server that it needs.
import { execFileSync, spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '4.3.0';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = (command, args, env = {}) => execFileSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });

checkJava();
const python = process.env.SPARK_PYTHON ?? environment();
run(process.execPath, ['scripts/build.mjs']);
run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/spark', ...process.argv.slice(2)], { SPARK_PYTHON: python });

/** The interpreter of an environment with pyspark, made once a user and version, so that every checkout finds it. */
function environment() {
  const home = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millstream', `pyspark-${VERSION}`);
  const interpreter = join(home, 'bin/python');
  if (spawnSync(interpreter, ['-c', 'import pyspark, numpy']).status !== 0) {
    console.error(`test:spark: installing pyspark ${VERSION} into ${home}`);
    run('python3', ['-m', 'venv', '--clear', home]);
    run(interpreter, ['-m', 'pip', 'install', '-q', `pyspark==${VERSION}`, 'numpy']);
  }
  return interpreter;
}

function checkJava() {
  const home = process.env.JAVA_HOME;
  const java = home ? join(home, 'bin/java') : 'java';
  const said = spawnSync(java, ['-version'], { encoding: 'utf8' }).stderr ?? '';
  const major = Number(/version "(?:1\.)?(\d+)/.exec(said)?.[1] ?? Number.NaN);
  if (major >= 17) return;
  const found = Number.isNaN(major) ? 'none was found' : `${java} is Java ${major}`;
  console.error(`test:spark: Java 17 or newer must be on the path or in JAVA_HOME, ${found}`);
  process.exit(1);
}
