import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Consumer, codeBlocks, type Said } from './consumer.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const IMPORTS = `
import * as millstream from 'millstream';
import { avg, broadcast, callFunction, coalesce, col, concatWs, count, crc32, desc, explode, expr, fromJson, groupingId, hash, jsonTuple, lit, load, makeDtInterval, parseUrl, Pipeline, PipelineModel, posexplode, regexpReplace, rowNumber, Session, sessionWindow, sha2, struct, sum, timestampDiff, toJson, toNumber, typeOf, Vectors, when, Window, window, xxhash64 } from 'millstream';
import { LogisticRegression, type LogisticRegressionModel, OneVsRest, RandomForestClassifier } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { StringIndexerModel, VectorAssembler } from 'millstream/feature';
import { GBTRegressor } from 'millstream/regression';
import { loadScorer } from 'millstream/scoring';
import { ChiSquareTest, Correlation, KolmogorovSmirnovTest, Summarizer } from 'millstream/stat';
import { CrossValidator, ParamGridBuilder } from 'millstream/tuning';
`;

/** What the pairs of pyspark.md speak of. */
const SETTING = `
const session = await Session.local({ workers: 2 });
const rows = Array.from({ length: 40 }, (_, i) => ({ a: i % 7, b: i % 2 ? 'u' : 'v', k: i % 3 ? 'p' : 'q' }));
const schema = { a: 'double', b: 'string', k: 'string' };
const frame = session.createFrame(rows, schema);
const other = session.createFrame([{ k: 'p', more: 1 }], { k: 'string', more: 'int' });
const [path, folder, out, moduleUrl] = ['data.csv', 'model', 'out', new URL('f.mjs', import.meta.url)];
await frame.write.csv('data', { header: true });
await frame.write.parquet(folder + '-rows');
const labelled = frame.withColumn('label', when(col('a').gt(3), 1.0).otherwise(0.0));
const vectors = new VectorAssembler({ inputCols: ['a'], outputCol: 'features' }).transform(labelled.withColumn('w', lit(2)));
const lr = new LogisticRegression({ regParam: 0.01 });
const forest = await new RandomForestClassifier({ numTrees: 2 }).fit(vectors);
const ovrModel = await new OneVsRest({ classifier: lr }).fit(vectors);
const gbt = await new GBTRegressor({ maxIter: 2 }).fit(vectors);
const pipeline = new Pipeline({ stages: [new VectorAssembler({ inputCols: ['a'], outputCol: 'features' }), lr] });
const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [0.1, 1]).build();
const evaluator = new BinaryClassificationEvaluator();
const cvModel = await new CrossValidator({ estimator: pipeline, estimatorParamMaps: grid, evaluator, numFolds: 2 }).fit(labelled);
const { signal } = new AbortController();
const onProgress = (event: millstream.ProgressEvent) => void event;
async function runs(code: string, value: unknown): Promise<void> {
  if (value instanceof millstream.Frame) await value.collect().catch((cause) => { throw new Error(code, { cause }); });
}
`;

/** Each \`code\` of a table's second column that is not about the text around it. */
function pairs(markdown: string): string[] {
  const cells = markdown.split('\n').flatMap((line) => (/^\| [`–]/.test(line) ? [line.replace(/\\\|/g, '¦').split('|')[2]] : []));
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code.replaceAll('¦', '|')));
}

describe('the documents', () => {
  const consumer = new Consumer();
  let compiled: Said;
  const codes = pairs(read('docs/pyspark.md'));

  beforeAll(async () => {
    copyFileSync(`${root}/examples/data/telco-churn.csv`, consumer.path('telco-churn.csv'));
    consumer.write('readme.ts', `${codeBlocks(read('README.md'), 'ts').join('\n')}\nconsole.log('ok');\n`);
    consumer.write('data.csv', 'a,b\n1,x\n');
    consumer.write('built/f.mjs', 'export function f({ rows, columns }) { return columns; }\n');
    consumer.write(
      'before-readme.mjs',
      `import { Session } from 'millstream';
      const session = await Session.local();
      await session.read.csv('telco-churn.csv', { header: true, inferSchema: true }).limit(900).write.parquet('customers');
      await session.close();`,
    );
    const statements = codes.map((code) => {
      const loop = code.startsWith('for ');
      const about = JSON.stringify(code);
      const input = code.includes('fit(') || code.includes('evaluate(') ? code.replaceAll('frame', 'labelled') : code;
      return loop ? `${input};` : `await runs(${about}, ${input});`;
    });
    // What closes or saves comes where it can.
    const at = (text: string) => statements.findIndex((s) => s.includes(text));
    const [close] = statements.splice(at('session.close()'), 1);
    const model = `const model = await pipeline.fit(labelled);\nconst lrModel = model.stages.at(-1) as LogisticRegressionModel;\nawait model.save(folder);\n`;
    const body = statements.map((s) => s.replaceAll('session.read.parquet(folder)', "session.read.parquet(folder + '-rows')")).join('\n');
    consumer.write('pyspark.ts', `${IMPORTS}${SETTING}${model}${body}\n${close}\nconsole.log('ok');\n`);
    consumer.write('errors.ts', `${codeBlocks(read('docs/errors.md'), 'ts').join('\n')}\nconsole.log('ok');\n`);
    consumer.write('scoring.ts', `${codeBlocks(read('docs/scoring.md'), 'ts').join('\n')}\nconsole.log('ok');\n`);
    consumer.write('trees.ts', `${codeBlocks(read('docs/trees.md'), 'ts').join('\n')}\nconsole.log('ok');\n`);
    compiled = await consumer.compile(['readme.ts', 'pyspark.ts', 'errors.ts', 'trees.ts', 'scoring.ts']);
  });
  afterAll(() => consumer[Symbol.dispose]());

  it('list every error code once', () => {
    const declared = [...read('src/error.ts').matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code]) => code);
    const listed = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
    expect(listed.sort()).toEqual(declared.sort());
  });

  it('point to files that exist', () => {
    for (const file of ['README.md', ...readdirSync(`${root}/docs`).map((name) => `docs/${name}`)]) {
      for (const [, link] of read(file).matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
        expect(existsSync(join(root, dirname(file), link)), `${file}: ${link}`).toBe(true);
      }
    }
  });

  it('hold code that compiles', () => {
    expect(codes.length).toBeGreaterThan(60);
    expect(compiled).toMatchObject({ code: 0, stdout: '' });
  });

  it.each([
    ['README.md', ['before-readme.mjs', 'built/readme.js']],
    // A model that the README's code has saved.
    ['docs/scoring.md', ['built/scoring.js']],
    ['docs/pyspark.md', ['built/pyspark.js']],
    ['docs/errors.md', ['built/errors.js']],
    ['docs/trees.md', ['built/trees.js']],
  ])('hold code that runs: %s', async (_, files) => {
    let said: Said = { code: -1, stdout: '', stderr: '' };
    for (const file of files) {
      said = await consumer.node([file]);
      expect(said.code, said.stderr).toBe(0);
    }
    expect(said.stdout).toMatch(/^ok$/m);
  });
});
