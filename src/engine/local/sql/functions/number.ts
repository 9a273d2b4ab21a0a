import { isNumeric } from '../../../../frame/types.ts';
import { castSql, plainDigits } from '../cast.ts';
import { unify } from '../coerce.ts';
import { duckType } from '../duck-type.ts';
import { arithmetic } from '../operators.ts';
import { isNested, sortedList } from '../order.ts';
import { BOOLEAN, DOUBLE, failure, isFraction, isInteger, LONG, type Typed, typeError } from '../typed.ts';
import { asDouble, asInt, constant, ofDouble, type Rules, rule } from './rule.ts';

const NAN = "CAST('NaN' AS DOUBLE)";

/** Scaling by it keeps squares from overflowing. */
const larger = (x: string, y: string) => `greatest(abs(${x}), abs(${y}))`;

/** Logarithms are null at and below their pole. */
const LOG = (x: string, body: string, pole = '0') => `CASE WHEN ${x} > ${pole} THEN ${body} END`;

/** A number rounded half away from zero by its decimal text, as Java's BigDecimal does it. */
function rounded(mode: 'round' | 'bround', x: Typed, digits: Typed | undefined): { sql: string; type: typeof x.type } {
  const scale = digits ? Number(constant(mode, 'scale', digits)) : 0;
  const type = isNumeric(x.type) ? x.type : DOUBLE;
  if (type.kind === 'decimal') {
    const s = Math.max(0, Math.min(scale, type.scale));
    const to = { kind: 'decimal', precision: Math.min(38, type.precision - type.scale + s + 1), scale: s } as const;
    if (scale < 0) return { sql: `CAST(${roundWhole(mode, x.sql, scale, `abs(${x.sql}) % 1 <> 0`)} AS ${duckType(to)})`, type: to };
    return { sql: `CAST(${mode === 'round' ? `round(${x.sql}, ${scale})` : halfEven(x.sql, s)} AS ${duckType(to)})`, type: to };
  }
  if (isInteger(type)) {
    if (scale >= 0) return { sql: x.sql, type };
    return { sql: `CAST(${roundWhole(mode, x.sql, scale)} AS ${duckType(type)})`, type };
  }
  const d = asDouble(mode, x);
  return {
    sql: `CAST(${roundDouble(mode, type.kind === 'float' ? `CAST(CAST(${x.sql} AS VARCHAR) AS DOUBLE)` : d, scale)} AS ${duckType(type)})`,
    type,
  };
}

/** A number rounded to tens, hundreds and so on; `rest` tells whether it has digits behind the point. */
function roundWhole(mode: 'round' | 'bround', x: string, scale: number, rest = 'FALSE'): string {
  const unit = `${10n ** BigInt(Math.min(-scale, 37))}::HUGEINT`;
  const half = `(${unit} // 2)`;
  const wide = `abs(CAST(trunc(${x}) AS HUGEINT))`;
  const up =
    mode === 'round'
      ? `${wide} % ${unit} >= ${half}`
      : `${wide} % ${unit} > ${half} OR (${wide} % ${unit} = ${half} AND (${rest} OR (${wide} // ${unit}) % 2 = 1))`;
  const cut = `((${wide} // ${unit}) + CASE WHEN ${up} THEN 1 ELSE 0 END) * ${unit}`;
  return `CASE WHEN ${x} < 0 THEN -(${cut}) ELSE ${cut} END`;
}

/** The decimal nearest to one of at most 20 digits behind the point; of two the even one. The engine's own goes by way of a double. */
export function halfEven(x: string, scale: number): string {
  const near = `CAST(${x} AS DECIMAL(38,${scale}))`;
  const unit = (digit: string) => (scale === 0 ? digit : `0.${'0'.repeat(scale - 1)}${digit}`);
  const half = `0.${'0'.repeat(scale)}5`;
  return `CASE WHEN abs(${near} - ${x}) = ${half} AND ${near} % ${unit('2')} <> 0 THEN CAST(${near} - sign(${x}) * ${unit('1')} AS DECIMAL(38,${scale})) ELSE ${near} END`;
}

export function roundDouble(mode: 'round' | 'bround', d: string, scale: number): string {
  // Digits beyond 1e15 or below 1e-300 never change by rounding to a scale of 0 to 15; there the number stays as it is.
  if (scale < 0) {
    const unit = `1e${-scale}`;
    const scaled = `abs(${d}) / ${unit}`;
    const whole = mode === 'round' ? `floor(${scaled} + 0.5)` : `round_even(${scaled}, 0)`;
    return `CASE WHEN isfinite(${d}) THEN sign(${d}) * ${whole} * ${unit} + 0.0::DOUBLE ELSE ${d} END`;
  }
  const s = Math.min(scale, 15);
  const big = `abs(${d}) >= 1e15`;
  const exact = `CAST(${plainDigits(d)} AS DECIMAL(38,20))`;
  const halves = mode === 'round' ? `CAST(${plainDigits(d)} AS DECIMAL(38,${s}))` : halfEven(exact, s);
  return `CASE WHEN ${d} IS NULL OR NOT isfinite(${d}) OR ${big} THEN ${d} ELSE CAST(CAST(${halves} AS VARCHAR) AS DOUBLE) END`;
}

/** ceil and floor give a long, or with a scale a decimal of so many digits after the point. */
const toLong = (duck: 'ceil' | 'floor') =>
  rule(1, 2, ([x, digits]) => {
    if (digits) return toScale(duck, x, Number(constant(duck, 'scale', digits)));
    if (isInteger(x.type)) return castSql(x, LONG);
    if (x.type.kind === 'decimal')
      return {
        sql: `CAST(${duck}(${x.sql}) AS DECIMAL(${Math.min(38, x.type.precision - x.type.scale + 1)},0))`,
        type: { kind: 'decimal', precision: Math.min(38, x.type.precision - x.type.scale + 1), scale: 0 },
      };
    const d = asDouble(duck, x);
    const large = failure(`${duck}: value must fit into a long, got `, d);
    return {
      sql: `CASE WHEN isnan(${d}) THEN 0 WHEN abs(${d}) < 9.2233720368547758e18 THEN CAST(${duck}(${d}) AS BIGINT) WHEN ${d} IS NOT NULL THEN ${large} END`,
      type: LONG,
    };
  });

/** Spark's decimals for numbers of these types. */
const DECIMALS: Readonly<Record<string, readonly [number, number]>> = {
  byte: [3, 0],
  short: [5, 0],
  int: [10, 0],
  long: [20, 0],
  float: [14, 7],
  double: [30, 15],
};

function toScale(duck: 'ceil' | 'floor', x: Typed, scale: number) {
  const [precision, digits] = x.type.kind === 'decimal' ? [x.type.precision, x.type.scale] : (DECIMALS[x.type.kind] ?? DECIMALS.double);
  const kept = Math.min(Math.max(scale, 0), digits);
  const wide = scale < 0 ? Math.max(precision - digits + 1, 1 - scale) : precision - digits + 1 + kept;
  const type = { kind: 'decimal', precision: Math.min(38, wide), scale: kept } as const;
  const exact = castSql(x, { kind: 'decimal', precision, scale: digits }).sql;
  if (scale < 0) {
    const unit = `${10n ** BigInt(Math.min(-scale, 38))}::HUGEINT`;
    const whole = `CAST(${duck}(${exact}) AS HUGEINT)`;
    const down = (n: string) => `${n} - ((${n} % ${unit} + ${unit}) % ${unit})`;
    return { sql: `CAST(${duck === 'floor' ? down(whole) : `-(${down(`(-${whole})`)})`} AS ${duckType(type)})`, type };
  }
  if (scale >= digits) return { sql: `CAST(${exact} AS ${duckType(type)})`, type };
  const near = `CAST(${exact} AS ${duckType(type)})`;
  const unit = `CAST('1e${-kept}' AS ${duckType(type)})`;
  const [beyond, step] = duck === 'floor' ? ['>', '-'] : ['<', '+'];
  return { sql: `CAST(CASE WHEN ${near} ${beyond} ${exact} THEN ${near} ${step} ${unit} ELSE ${near} END AS ${duckType(type)})`, type };
}

/** The greatest or least value that is not null; NaN is the greatest. */
const extreme = (duck: 'greatest' | 'least') =>
  rule(2, Number.POSITIVE_INFINITY, (args) => {
    const { values, type } = unify(duck, args);
    const list = values.map((v) => v.sql).join(', ');
    const sql = isNested(type) ? `${sortedList(`[${list}]`, type, duck === 'greatest', 'LAST')}[1]` : `${duck}(${list})`;
    return { sql, type, nullable: values.every((v) => v.nullable) };
  });

const tried = (op: string) => rule(2, 2, ([x, y]) => arithmetic(op, x, y, true));

export const NUMBER_RULES: Rules = [
  ['try_add', tried('+')],
  ['try_subtract', tried('-')],
  ['try_multiply', tried('*')],
  ['try_divide', tried('/')],
  ['try_mod', tried('%')],
  ['mod', rule(2, 2, ([x, y]) => arithmetic('%', x, y))],
  ['pmod', rule(2, 2, ([x, y]) => arithmetic('pmod', x, y))],
  [
    'div',
    rule(2, 2, ([x, y]) => {
      if (!isInteger(x.type) || !isInteger(y.type)) throw typeError('div', 'whole numbers', x.type, y.type);
      const [a, b] = [castSql(x, LONG).sql, castSql(y, LONG).sql];
      return {
        sql: `CASE WHEN ${a} IS NULL OR ${b} <> 0 OR ${b} IS NULL THEN ${a} // ${b} ELSE ${failure('div: divisor must not be 0')} END`,
        type: LONG,
      };
    }),
  ],
  [
    'abs',
    rule(1, 1, ([x]) => {
      if (!isNumeric(x.type) && x.type.kind !== 'interval') return { sql: `abs(${asDouble('abs', x)})`, type: DOUBLE };
      return { sql: `abs(${x.sql})`, type: x.type };
    }),
  ],
  ['positive', rule(1, 1, ([x]) => ({ sql: x.sql, type: x.type }))],
  ['sqrt', ofDouble(1, (x) => `CASE WHEN ${x} < 0 THEN ${NAN} ELSE sqrt(${x}) END`)],
  ['cbrt', ofDouble(1, (x) => `cbrt(${x})`)],
  ['exp', ofDouble(1, (x) => `exp(${x})`)],
  ['expm1', ofDouble(1, (x) => `CASE WHEN abs(${x}) < 1e-5 THEN ${x} + ${x} * ${x} / 2 + ${x} * ${x} * ${x} / 6 ELSE exp(${x}) - 1 END`)],
  ['ln', ofDouble(1, (x) => LOG(x, `ln(${x})`), true)],
  [
    'log',
    rule(1, 2, ([a, b]) => {
      const x = asDouble('log', a);
      if (!b) return { sql: LOG(x, `ln(${x})`), type: DOUBLE, nullable: true };
      const y = asDouble('log', b);
      return { sql: `CASE WHEN ${x} > 0 AND ${y} > 0 THEN ln(${y}) / ln(${x}) END`, type: DOUBLE, nullable: true };
    }),
  ],
  ['log10', ofDouble(1, (x) => LOG(x, `log10(${x})`), true)],
  ['log2', ofDouble(1, (x) => LOG(x, `log2(${x})`), true)],
  // ln(1 + x) loses digits near 0: Kahan's correction gives them back.
  [
    'log1p',
    ofDouble(
      1,
      (x) => LOG(x, `CASE WHEN 1 + ${x} = 1 THEN ${x} WHEN isfinite(${x}) THEN ln(1 + ${x}) * ${x} / ((1 + ${x}) - 1) ELSE ${x} END`, '-1'),
      true,
    ),
  ],
  // Java has no answer where C says 1.
  ['pow power', ofDouble(2, (x, y) => `CASE WHEN isnan(${y}) OR (abs(${x}) = 1 AND isinf(${y})) THEN ${NAN} ELSE pow(${x}, ${y}) END`)],
  ['ceil ceiling', toLong('ceil')],
  ['floor', toLong('floor')],
  ['round', rule(1, 2, ([x, digits]) => rounded('round', x, digits))],
  ['bround', rule(1, 2, ([x, digits]) => rounded('bround', x, digits))],
  ['rint', ofDouble(1, (x) => `CASE WHEN isfinite(${x}) THEN CASE WHEN ${x} = 0 THEN ${x} ELSE round_even(${x}, 0) END ELSE ${x} END`)],
  [
    'sign signum',
    rule(1, 1, ([given], { name }) => {
      const x = given.type.kind === 'interval' ? `CAST(${given.sql} AS DOUBLE)` : asDouble(name, given);
      return { sql: `CASE WHEN isnan(${x}) OR ${x} = 0 THEN ${x} ELSE CAST(sign(${x}) AS DOUBLE) END`, type: DOUBLE };
    }),
  ],
  ...['sin', 'cos', 'tan'].map((f) => [f, ofDouble(1, (x) => `CASE WHEN isinf(${x}) THEN ${NAN} ELSE ${f}(${x}) END`)] as const),
  ...['asin', 'acos'].map((f) => [f, ofDouble(1, (x) => `CASE WHEN ${x} BETWEEN -1 AND 1 OR ${x} IS NULL THEN ${f}(${x}) ELSE ${NAN} END`)] as const),
  ...['atan', 'sinh', 'cosh', 'tanh', 'asinh', 'degrees', 'radians'].map((f) => [f, ofDouble(1, (x) => `${f}(${x})`)] as const),
  ['acosh', ofDouble(1, (x) => `CASE WHEN ${x} >= 1 OR ${x} IS NULL THEN acosh(${x}) ELSE ${NAN} END`)],
  [
    'atanh',
    ofDouble(
      1,
      (x) => `CASE WHEN abs(${x}) < 1 OR ${x} IS NULL THEN atanh(${x}) WHEN abs(${x}) = 1 THEN ${x} * CAST('Infinity' AS DOUBLE) ELSE ${NAN} END`,
    ),
  ],
  ['csc', ofDouble(1, (x) => `CASE WHEN isinf(${x}) THEN ${NAN} ELSE 1 / sin(${x}) END`)],
  ['sec', ofDouble(1, (x) => `CASE WHEN isinf(${x}) THEN ${NAN} ELSE 1 / cos(${x}) END`)],
  ['cot', ofDouble(1, (x) => `CASE WHEN isinf(${x}) THEN ${NAN} ELSE 1 / tan(${x}) END`)],
  ['atan2', ofDouble(2, (y, x) => `atan2(${y} + 0.0::DOUBLE, ${x} + 0.0::DOUBLE)`)],
  [
    'hypot',
    ofDouble(
      2,
      (x, y) =>
        `CASE WHEN ${x} IS NULL OR ${y} IS NULL THEN NULL WHEN isinf(${x}) OR isinf(${y}) THEN CAST('Infinity' AS DOUBLE) WHEN ${x} = 0 AND ${y} = 0 THEN 0e0 ELSE ${larger(x, y)} * sqrt(pow(${x} / ${larger(x, y)}, 2) + pow(${y} / ${larger(x, y)}, 2)) END`,
    ),
  ],
  ['pi', rule(0, 0, () => ({ sql: 'pi()', type: DOUBLE, nullable: false }))],
  ['e', rule(0, 0, () => ({ sql: `(${Math.E}e0)`, type: DOUBLE, nullable: false }))],
  [
    'factorial',
    rule(1, 1, ([x]) => {
      const n = asInt('factorial', x);
      return { sql: `CASE WHEN ${n} BETWEEN 0 AND 20 THEN CAST(factorial(${n}) AS BIGINT) END`, type: LONG, nullable: true };
    }),
  ],
  ['greatest', extreme('greatest')],
  ['least', extreme('least')],
  [
    'isnan',
    rule(1, 1, ([x]) => {
      if (isFraction(x.type)) return { sql: `coalesce(isnan(${x.sql}), FALSE)`, type: BOOLEAN, nullable: false };
      if (!isNumeric(x.type) && x.type.kind !== 'string' && x.type.kind !== 'void') throw typeError('isnan', 'a number', x.type);
      return { sql: `coalesce(isnan(${asDouble('isnan', x)}), FALSE)`, type: BOOLEAN, nullable: false };
    }),
  ],
  ['nanvl', ofDouble(2, (x, y) => `CASE WHEN isnan(${x}) THEN ${y} ELSE ${x} END`)],
  [
    'width_bucket',
    rule(4, 4, ([value, low, high, count]) => {
      const [v, a, b] = [value, low, high].map((x) => asDouble('width_bucket', x));
      const n = castSql(count, LONG).sql;
      return {
        sql: `CASE WHEN ${v} IS NULL OR isnan(${v}) OR ${a} = ${b} OR ${n} <= 0 THEN NULL WHEN ${a} < ${b} THEN CASE WHEN ${v} < ${a} THEN 0 WHEN ${v} >= ${b} THEN ${n} + 1 ELSE CAST(floor(${n} * (${v} - ${a}) / (${b} - ${a})) AS BIGINT) + 1 END ELSE CASE WHEN ${v} > ${a} THEN 0 WHEN ${v} <= ${b} THEN ${n} + 1 ELSE CAST(floor(${n} * (${a} - ${v}) / (${a} - ${b})) AS BIGINT) + 1 END END`,
        type: LONG,
        nullable: true,
      };
    }),
  ],
];
