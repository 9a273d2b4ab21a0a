import { describe, expect, it } from 'vitest';
import { SQLTransformer } from '#dist/feature/index.js';
import type { Executor } from '#dist/frame/executor.js';
import type { Plan } from '#dist/frame/plan.js';
import { Schema } from '#dist/frame/schema.js';
import { bindProgram } from '#dist/scoring/bind.js';
import { thrown } from './table.ts';

class TestFrame {
  readonly executor: Executor;
  readonly plan: Plan;
  constructor(executor: Executor, plan: Plan) {
    this.executor = executor;
    this.plan = plan;
  }
}
const input: Plan = { op: 'range', start: 0, end: 1, step: 1 };
const planOf = (statement: string, kind: 'local' | 'spark' = 'local') =>
  new SQLTransformer({ statement }).transform(new TestFrame({ kind } as Executor, input) as never).plan as Extract<Plan, { op: 'sql' }>;

describe('SQLTransformer', () => {
  it('becomes a query over the frame', () => {
    const plan = planOf('SELECT *, a + b AS sum, upper(c) AS big FROM __THIS__');
    expect(plan).toMatchObject({ op: 'sql', text: 'SELECT *, a + b AS sum, upper(c) AS big FROM __THIS__' });
    expect([...plan.frames]).toEqual([['__THIS__', input]]);
  });

  it('turns names in backticks into quoted ones for the local engine', () => {
    expect(planOf("SELECT `a b`, '`x`' FROM __THIS__").text).toBe('SELECT "a b", \'`x`\' FROM __THIS__');
    expect(planOf('SELECT `a b` FROM __THIS__', 'spark').text).toBe('SELECT `a b` FROM __THIS__');
  });

  it.each([
    'select a from __this__;',
    'SELECT a FROM __THIS__ WHERE b IS NOT NULL AND c IN (1, 2)',
    'SELECT t.id, u.n FROM __THIS__ t CROSS JOIN (SELECT count(*) AS n FROM __THIS__) u',
    'WITH a AS (SELECT * FROM __THIS__), b AS (SELECT * FROM a) SELECT * FROM a JOIN b USING (id)',
    'SELECT a, row_number() OVER (PARTITION BY b ORDER BY c) AS r FROM __THIS__ GROUP BY ALL HAVING count(*) > 1',
    'SELECT extract(year FROM d), a IS DISTINCT FROM b, CASE WHEN a > 0 THEN 1 ELSE 0 END FROM __THIS__',
    'SELECT a FROM __THIS__ UNION ALL SELECT b FROM __THIS__',
    'SELECT "from", x."select", [a, b], {\'k\': a} FROM __THIS__ x, (SELECT 1 AS one) y',
    "SELECT 'read_csv(''x'')', größe FROM (__THIS__)",
    'SELECT cast(a AS decimal(10, 2)), round((a + b) * 2, 1) FROM __THIS__ ORDER BY a LIMIT 3',
    'SELECT a, (SELECT max(b) FROM __THIS__) AS m FROM __THIS__',
  ])('allows %s', (statement) => {
    expect(planOf(statement).op).toBe('sql');
  });

  it.each([
    "SELECT * FROM 'secret.csv'",
    'SELECT * FROM "secret.csv"',
    "SELECT * FROM read_csv('secret.csv')",
    "SELECT * FROM __THIS__, 'secret.csv'",
    "SELECT * FROM __THIS__ t JOIN 'secret.csv' u ON true",
    "SELECT * FROM __THIS__ : 'secret.csv'",
    "SELECT * FROM __THIS__('secret.csv')",
    "SELECT * FROM (__THIS__ CROSS JOIN 'secret.csv')",
    "SELECT * FROM ((SELECT 1) t CROSS JOIN 'secret.csv'), __THIS__",
    "SELECT (SELECT content FROM read_text('/etc/passwd')) FROM __THIS__",
    "SELECT a FROM __THIS__ WHERE b IN (FROM 'secret.csv')",
    "SELECT a FROM __THIS__ UNION FROM 'secret.csv'",
    'SELECT a FROM __THIS__ UNION ALL TABLE "secret.csv"',
    "SELECT ((SELECT 1) UNION FROM 'secret.csv') FROM __THIS__",
    'SELECT (TABLE "secret.csv") FROM __THIS__',
    "SELECT (PIVOT 'secret.csv' ON a) FROM __THIS__",
    "SELECT 1 AS distinct FROM 'secret.csv' UNION SELECT 1 FROM __THIS__",
    'SELECT a AS "distinct" FROM \'secret.csv\' UNION SELECT 1 FROM __THIS__',
    "SELECT E'\\'' FROM 'secret.csv' UNION SELECT '' FROM __THIS__",
    'SELECT $$x$$ FROM __THIS__',
    "SELECT a /* ' */ FROM 'secret.csv' -- ' FROM __THIS__",
    'WITH "secret.csv" AS (SELECT * FROM "secret.csv") SELECT * FROM __THIS__',
    'SELECT (WITH "secret.csv" AS (SELECT 1) SELECT * FROM "secret.csv") FROM "secret.csv", __THIS__',
    'WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT * FROM r, __THIS__',
    'SELECT a\u00a0FROM\u00a0"secret.csv" UNION SELECT a FROM __THIS__',
    'SELECT 1 ` FROM "secret.csv" ORDER BY 1 ` FROM __THIS__',
    "SELECT getenv('HOME') FROM __THIS__",
    'SELECT "getenv"(\'HOME\') FROM __THIS__',
    "SELECT main.current_setting('x') FROM __THIS__",
    "SELECT * FROM query('SELECT 1'), __THIS__",
    'SELECT * FROM duckdb_settings(), __THIS__',
    'SELECT * FROM information_schema.tables, __THIS__',
    'SELECT * FROM __THIS__; DROP TABLE x',
    "COPY (SELECT * FROM __THIS__) TO 'out.csv'",
    "ATTACH 'x.db'",
    'DESCRIBE __THIS__',
    'FROM __THIS__',
    'SELECT 1',
    'SELECT (a FROM __THIS__',
    'SELECT a) FROM __THIS__',
    '',
  ])('refuses %s', (statement) => {
    expect(thrown(() => planOf(statement))).toMatchObject({ code: 'PARAM_INVALID', details: { param: 'statement' } });
  });

  it('asks the engine for its schema, over an empty table', async () => {
    const schema = Schema.from({ a: 'double' });
    const asked: Plan[] = [];
    const executor = {
      kind: 'local',
      async schema(plan: Plan) {
        asked.push(plan);
        return schema;
      },
    } as unknown as Executor;
    await new SQLTransformer({ statement: 'SELECT a FROM __THIS__' }).resolveSchema(schema, executor);
    expect((asked[0] as Extract<Plan, { op: 'sql' }>).frames.get('__THIS__')).toMatchObject({ op: 'local', table: { schema, rows: 0 } });
  });

  it('cannot be bound or tell its schema without an engine, and says so', () => {
    const stage = new SQLTransformer({ statement: 'SELECT a FROM __THIS__' });
    expect(thrown(() => stage.transformSchema({ a: 'double' }))).toMatchObject({ code: 'NOT_SUPPORTED', details: { stage: stage.uid } });
    expect(thrown(() => bindProgram([{ transformSchema: (s) => s, bind: (b, s) => stage.bind(b, s) }], Schema.from({ a: 'double' })))).toMatchObject({
      code: 'NOT_SUPPORTED',
    });
  });
});
