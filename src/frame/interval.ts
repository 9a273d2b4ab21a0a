import { type DataType, INTERVAL_FIELDS, type IntervalField } from './types.ts';

/** An interval of whole months (`year` and `month`) or of microseconds (`day` to `second`); one without fields has both, and days besides. */
export type IntervalType = Extract<DataType, { kind: 'interval' }>;

/** Microseconds in each field of a day-time interval. */
export const MICROS: Readonly<Record<string, bigint>> = { day: 86_400_000_000n, hour: 3_600_000_000n, minute: 60_000_000n, second: 1_000_000n };

/** Whether values of the type count months. */
export const isYearMonth = (type: IntervalType): boolean => type.from === 'year' || type.from === 'month';

/** An interval as Spark's cast to text prints it: `INTERVAL '9' DAY`, `INTERVAL '0 22:30:00.5' DAY TO SECOND`. */
export function intervalText(value: bigint | number, { from = 'day', to = 'second' }: IntervalType): string {
  const of = BigInt(value);
  const sign = of < 0n ? '-' : '';
  const size = of < 0n ? -of : of;
  const digits = isYearMonth({ kind: 'interval', from, to }) ? monthsText(size, from, to) : microsText(size, from, to);
  return `INTERVAL '${sign}${digits}' ${(from === to ? from : `${from} to ${to}`).toUpperCase()}`;
}

function monthsText(months: bigint, from: IntervalField, to: IntervalField): string {
  if (from === 'month') return String(months);
  return to === 'year' ? String(months / 12n) : `${months / 12n}-${months % 12n}`;
}

/** The first field has all that is above it. */
function microsText(micros: bigint, from: IntervalField, to: IntervalField): string {
  let rest = micros;
  const fields = INTERVAL_FIELDS.slice(INTERVAL_FIELDS.indexOf(from), INTERVAL_FIELDS.indexOf(to) + 1);
  const texts = fields.map((field, i) => {
    const count = String(rest / MICROS[field]).padStart(field === 'day' ? 1 : 2, '0');
    rest %= MICROS[field];
    return (i === 0 ? '' : fields[i - 1] === 'day' ? ' ' : ':') + count;
  });
  return texts.join('') + (to === 'second' ? fractionText(rest) : '');
}

const fractionText = (micros: bigint) => (micros === 0n ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`);

/** An interval of months, days and microseconds as Spark's cast to text prints it: `1 years 2 months 3 days 4 hours 5.5 seconds`. */
export function calendarText(months: number, days: number, micros: bigint): string {
  const parts = [
    [Math.trunc(months / 12), 'years'],
    [months % 12, 'months'],
    [days, 'days'],
    [micros / MICROS.hour, 'hours'],
    [(micros % MICROS.hour) / MICROS.minute, 'minutes'],
  ] as const;
  const texts = parts.filter(([count]) => Number(count) !== 0).map(([count, unit]) => `${count} ${unit}`);
  const rest = micros % MICROS.minute;
  if (rest !== 0n) {
    const size = rest < 0n ? -rest : rest;
    texts.push(`${rest < 0n ? '-' : ''}${size / MICROS.second}${fractionText(size % MICROS.second)} seconds`);
  }
  return texts.length > 0 ? texts.join(' ') : '0 seconds';
}
