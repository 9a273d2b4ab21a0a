import { defineConfig } from 'vitest/config';

// Tests against a real Spark need its interpreter; without one they are named here as not run.
const spark = process.env.SPARK_PYTHON !== undefined;
if (!spark) console.warn('test/spark does not run: set SPARK_PYTHON to a Python with pyspark 4.3, or use npm run test:spark');

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: spark ? [] : ['test/spark/**'],
    globalSetup: spark ? ['test/spark/global-setup.ts'] : [],
    pool: 'forks',
    // A server's first queries are slow, and slower on a busy machine.
    testTimeout: spark ? 300_000 : 60_000,
    hookTimeout: 180_000,
  },
});
