import { describe, expect, it } from 'vitest';
import type { Session } from '#dist/engine/session.js';
import { col, expr, lit } from '#dist/frame/column.js';
import * as F from '#dist/frame/functions.js';
import { refuses } from './harness.ts';

/** What intervals are in rows and files; their arithmetic is in the table of expressions. */
export function testIntervals(session: () => Session, path: (name: string) => string): void {
  describe('intervals', () => {
    const frame = () =>
      session()
        .createFrame([{ id: 1, day: '2024-02-29', at: new Date('2024-02-29T01:02:03.500Z') }], { id: 'int', day: 'date', at: 'timestamp' })
        .select('id', col('day').minus(lit('2024-01-31')).alias('days'), col('at').minus(col('day')).alias('time'), 'day', 'at');
    const made = () => frame().select('days', 'time');

    it('are texts in rows, as Spark shows them', async () => {
      expect((await made().schema()).toLiteral()).toMatchObject({ days: 'interval day', time: 'interval day to second' });
      expect(await made().collect()).toEqual([{ days: "INTERVAL '29' DAY", time: "INTERVAL '0 01:02:03.5' DAY TO SECOND" }]);
      const months = made().select(F.makeYmInterval(lit(1), lit(2)).alias('m'));
      expect(await months.collect()).toEqual([{ m: "INTERVAL '1-2' YEAR TO MONTH" }]);
    });

    it('stay what they are in a cached frame and in Parquet', async () => {
      const cached = made().cache();
      expect(await cached.count()).toBe(1);
      expect(await cached.select(col('days').cast('int').alias('n')).collect()).toEqual([{ n: 29 }]);
      await cached.unpersist();
      await made().write.parquet(path('intervals'), { mode: 'overwrite' });
      const read = session().read.parquet(path('intervals'));
      expect(await read.select(col('days').cast('int').alias('n'), 'time').collect()).toEqual([
        { n: 29, time: "INTERVAL '0 01:02:03.5' DAY TO SECOND" },
      ]);
    });

    it('are texts in CSV and JSON, and in the tree of a schema', async () => {
      expect((await made().schema()).treeString()).toContain('|-- days: interval day (nullable = true)');
      await made().write.json(path('interval-json'), { mode: 'overwrite' });
      expect(await session().read.json(path('interval-json')).collect()).toEqual(await made().collect());
      await made().write.csv(path('interval-csv'), { mode: 'overwrite' });
      expect(await session().read.csv(path('interval-csv')).toDF('days', 'time').collect()).toEqual(await made().collect());
    });

    it('are durations in Arrow', async () => {
      const table = await made().toArrow();
      expect(table.schema.fields.map((f) => String(f.type))).toEqual(['Duration<MICROSECOND>', 'Duration<MICROSECOND>']);
      expect(table.get(0)?.toArray()).toEqual([29n * 86_400_000_000n, 3_723_500_000n]);
    });

    it('of SQL text are added to dates and timestamps', async () => {
      const moved = frame().select(col('day').minus(expr("INTERVAL '30' DAY")).alias('a'), col('at').plus(expr("INTERVAL '1' HOUR")).alias('b'));
      expect(await moved.collect()).toEqual([{ a: '2024-01-30', b: new Date('2024-02-29T02:02:03.500Z') }]);
    });

    it('are not given with rows', () =>
      refuses(
        () =>
          session()
            .createFrame([{ d: 1 }], { d: 'interval day' })
            .collect(),
        'SCHEMA_INVALID',
      ));
  });
}
