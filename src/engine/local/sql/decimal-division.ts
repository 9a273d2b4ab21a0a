import { castSql } from './cast.ts';
import { decimalOf, decimalType } from './coerce.ts';
import { duckType } from './duck-type.ts';
import { type Built, failure, type Typed } from './typed.ts';

/** `body` over the value, null where the body fails; errors of the value itself are errors. */
export const tried = (value: string, body: (v: string) => string) => `list_transform([${value}], lambda t_: TRY(${body('t_')}))[1]`;

/** The quotient of decimals to the last digit of Spark's type for it, halves away from zero. */
export function decimalDivision(a: Typed, b: Typed, lenient: boolean): Built {
  const [p, q] = [decimalOf(a), decimalOf(b)];
  const exact = Math.max(6, p.scale + q.precision + 1);
  const type = decimalType(p.precision - p.scale + q.scale + exact, exact);
  const scale = type.kind === 'decimal' ? type.scale : 0;
  const [x, y] = [unscaled(a, p), unscaled(b, q)];
  const shift = scale - p.scale + q.scale;
  // 38 digits fit into a HUGEINT.
  const fits = shift >= 0 && p.precision + shift <= 38;
  const whole = fits ? quotient(`${hugeint(x)} * ${10n ** BigInt(shift)}::HUGEINT`, hugeint(y)) : `spark_quotient(${x}, ${y}, ${shift})`;
  const value = (of: string) =>
    `CAST(CAST(${of} AS DECIMAL(38,0)) * CAST('1e-${scale}' AS DECIMAL(${Math.min(38, scale + 1)},${scale})) AS ${duckType(type)})`;
  const zero = lenient ? 'NULL' : failure('divide: divisor must not be 0');
  const sql = `CASE WHEN ${a.sql} IS NULL OR ${b.sql} IS NULL THEN NULL WHEN ${b.sql} = 0 THEN ${zero} ELSE ${lenient ? tried(whole, value) : value(whole)} END`;
  return { sql, type, nullable: lenient || undefined };
}

const hugeint = (digits: string) => `CAST(${digits} AS HUGEINT)`;

/** The digits of a decimal without its point. */
function unscaled(value: Typed, { precision, scale }: { precision: number; scale: number }): string {
  const { sql } = castSql(value, { kind: 'decimal', precision, scale });
  return `replace(CAST(${sql} AS VARCHAR), '.', '')`;
}

function quotient(n: string, d: string): string {
  const up = `abs(n_ % ${d}) >= abs(${d}) - abs(n_ % ${d})`;
  return `list_transform([${n}], lambda n_: n_ // ${d} + CASE WHEN ${up} THEN CAST(sign(n_) * sign(${d}) AS HUGEINT) ELSE 0 END)[1]`;
}
