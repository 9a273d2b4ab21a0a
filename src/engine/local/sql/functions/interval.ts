import { castSql } from '../cast.ts';
import { asInt, type Rules, rule } from './rule.ts';

const SECONDS = { kind: 'decimal', precision: 18, scale: 6 } as const;

export const INTERVAL_RULES: Rules = [
  [
    'make_dt_interval',
    rule(0, 4, (args, { name }) => {
      const micros = [86_400_000_000, 3_600_000_000, 60_000_000];
      const parts = args.slice(0, 3).map((n, i) => `${asInt(name, n)}::BIGINT * ${micros[i]}`);
      if (args[3]) parts.push(`CAST(${castSql(args[3], SECONDS).sql} * 1000000 AS BIGINT)`);
      return { sql: `(${['0::BIGINT', ...parts].join(' + ')})`, type: { kind: 'interval', from: 'day', to: 'second' } };
    }),
  ],
  [
    'make_ym_interval',
    rule(0, 2, (args, { name }) => {
      const [years, months] = [0, 1].map((i) => (args[i] ? asInt(name, args[i]) : '0'));
      return { sql: `CAST(${years} * 12 + ${months} AS INTEGER)`, type: { kind: 'interval', from: 'year', to: 'month' } };
    }),
  ],
  [
    'make_interval',
    rule(0, 7, (args, { name }) => {
      const units = ['years', 'months', 'weeks', 'days', 'hours', 'minutes'];
      const parts = args.slice(0, 6).map((n, i) => `to_${units[i]}(${asInt(name, n)})`);
      if (args[6]) parts.push(`to_microseconds(CAST(${castSql(args[6], SECONDS).sql} * 1000000 AS BIGINT))`);
      return { sql: `(${['to_days(0)', ...parts].join(' + ')})`, type: { kind: 'interval' } };
    }),
  ],
];
