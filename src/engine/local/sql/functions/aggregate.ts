import { MlError, show } from '../../../../error.ts';
import { type DataType, isNumeric } from '../../../../frame/types.ts';
import { castSql } from '../cast.ts';
import { duckType, text } from '../duck-type.ts';
import { isInterval, widest } from '../interval.ts';
import { checkOrdered, isNested, orderKey } from '../order.ts';
import { arrayOf, BOOLEAN, BYTE, DOUBLE, failure, isInteger, LONG, type Scope, TEXT, type Typed, typeError } from '../typed.ts';
import { asDouble, asText, type CallInfo, constant, type Rule, type Rules, rule } from './rule.ts';

/**
 * DuckDB adds up doubles in whatever order its threads deliver them, so the last bits change from run to run. An order by the
 * value itself fixes the sum, whatever the order of the rows; smaller magnitudes go first, which also loses least.
 */
function ordered(scope: Scope, ...keys: string[]): string {
  return scope.windowed ? '' : ` ORDER BY ${keys.map((k) => `abs(${k}), ${k}`).join(', ')}`;
}

/** `name(x ORDER BY x)`: one number of the values of x, in an order of their own. */
const statistic = (sql: (x: string, order: string) => string, nullable = true): Rule =>
  rule(1, 1, ([a], { name, scope }) => {
    const x = asDouble(name, a);
    return { sql: sql(x, ordered(scope, x)), type: DOUBLE, nullable };
  });

/** Statistics of two columns; only rows where neither is null count. */
const pairwise = (sql: (x: string, y: string, order: string, both: string) => string): Rule =>
  rule(2, 2, ([a, b], { name, scope }) => {
    const [x, y] = [asDouble(name, a), asDouble(name, b)];
    return { sql: sql(x, y, ordered(scope, x, y), `${x} IS NOT NULL AND ${y} IS NOT NULL`), type: DOUBLE, nullable: true };
  });

/** Whether the values of `x` are not all the same, in the rows where neither is null. */
const differs = (x: string, both: string) => `min(${x}) FILTER (${both}) < max(${x}) FILTER (${both})`;

function sum([x]: readonly Typed[], { name, scope, distinct }: CallInfo) {
  const only = distinct ? 'DISTINCT ' : '';
  if (isInteger(x.type)) return { sql: `CAST(sum(${only}${x.sql}) AS BIGINT)`, type: LONG, nullable: true };
  if (x.type.kind === 'decimal') {
    const type: DataType = { kind: 'decimal', precision: Math.min(38, x.type.precision + 10), scale: x.type.scale };
    const total = `CAST(sum(${only}${x.sql}) AS ${duckType(type)})`;
    if (x.type.precision + 10 <= 38) return { sql: total, type, nullable: true };
    // The engine's own sums have room for a digit more than a decimal may have.
    const fits = `length(replace(ltrim(CAST(${total} AS VARCHAR), '-0.'), '.', '')) <= 38`;
    const otherwise =
      name === 'try_sum' ? '' : ` WHEN ${total} IS NOT NULL THEN ${failure('sum: a decimal must have at most 38 digits; trySum makes more null')}`;
    return { sql: `CASE WHEN ${fits} THEN ${total}${otherwise} END`, type, nullable: true };
  }
  if (isInterval(x.type)) {
    const { type } = x;
    return { sql: `CAST(sum(${only}${x.sql}) AS ${duckType(type)})`, type, nullable: true };
  }
  const d = asDouble('sum', x);
  return { sql: distinct ? `list_sum(list_sort(list(DISTINCT ${d})))` : `sum(${d}${ordered(scope, d)})`, type: DOUBLE, nullable: true };
}

function average([x]: readonly Typed[], { scope, distinct }: CallInfo) {
  const only = distinct ? 'DISTINCT ' : '';
  // Whole numbers add up exactly; their mean is one division, as in Spark.
  if (isInteger(x.type))
    return {
      sql: `(CAST(sum(${only}${x.sql}) AS DOUBLE) / nullif(count(${only}${x.sql}), 0))`,
      type: DOUBLE,
      nullable: true,
    };
  if (x.type.kind === 'decimal') {
    const type: DataType = { kind: 'decimal', precision: Math.min(38, x.type.precision + 4), scale: Math.min(37, x.type.scale + 4) };
    return {
      sql: `CAST(CAST(sum(${x.sql}) AS DECIMAL(38,${type.scale})) / nullif(count(${x.sql}), 0) AS DECIMAL(${type.precision},${type.scale}))`,
      type,
      nullable: true,
    };
  }
  if (isInterval(x.type)) {
    const type = widest(x.type);
    return { sql: `CAST(round(sum(${only}${x.sql}) / nullif(count(${only}${x.sql}), 0)) AS ${duckType(type)})`, type, nullable: true };
  }
  const d = asDouble('avg', x);
  if (distinct) return { sql: `list_avg(list_sort(list(DISTINCT ${d})))`, type: DOUBLE, nullable: true };
  return { sql: `(sum(${d}${ordered(scope, d)}) / nullif(count(${d}), 0))`, type: DOUBLE, nullable: true };
}

/** Sums of powers of deviations from the mean, in two passes over the sorted values; each list and number is bound once. */
function moments(x: string, order: string, body: (n: string, m2: string, mk: string) => string, k: number): string {
  const list = `list(${x}${order}) FILTER (${x} IS NOT NULL)`;
  const power = (times: number) => `list_sum(list_transform(l_, lambda v_: ${Array.from({ length: times }, () => '(v_ - m_)').join(' * ')}))`;
  const sums = `list_transform([list_sum(l_) / len(l_)], lambda m_: {'n': CAST(len(l_) AS DOUBLE), 'a': ${power(2)}, 'b': ${power(k)}})[1]`;
  return `list_transform([list_transform([${list}], lambda l_: ${sums})[1]], lambda s_: ${body('s_.n', 's_.a', 's_.b')})[1]`;
}

/** Variance by Welford over sorted values; NaN where a value is NaN or infinite, as in Spark, and where one value is asked for a sample's. */
const variance = (duck: string, least: number): Rule =>
  rule(1, 1, ([a], { name, scope }) => {
    const x = asDouble(name, a);
    const finite = `CASE WHEN isfinite(${x}) THEN ${x} END`;
    const odd = `CASE WHEN bool_or(NOT isfinite(${x})) THEN CAST('NaN' AS DOUBLE) ELSE ${duck}(${finite}${ordered(scope, finite)}) END`;
    return { sql: `CASE WHEN count(${x}) >= ${least} THEN ${odd} END`, type: DOUBLE, nullable: true };
  });

/** first, last and the like need the rows' order. */
const edge = (last: boolean): Rule =>
  rule(1, 2, ([x, ignore], { name, scope }) => {
    const skip = ignore ? Boolean(constant(name, 'ignoreNulls', ignore)) : false;
    if (scope.windowed)
      return { sql: `${last ? 'last_value' : 'first_value'}(${x.sql}${skip ? ' IGNORE NULLS' : ''})`, type: x.type, nullable: true };
    const order = scope.rowNumber ? ` ORDER BY ${scope.rowNumber()}` : '';
    return { sql: `${last ? 'last' : 'first'}(${x.sql}${order})${skip ? ` FILTER (${x.sql} IS NOT NULL)` : ''}`, type: x.type, nullable: true };
  });

const list = (scope: Scope, x: Typed, distinct: boolean) => {
  const order = distinct ? ` ORDER BY ${x.sql}` : scope.rowNumber && !scope.windowed ? ` ORDER BY ${scope.rowNumber()}` : '';
  return {
    sql: `coalesce(list(${distinct ? 'DISTINCT ' : ''}${x.sql}${scope.windowed ? '' : order}) FILTER (${x.sql} IS NOT NULL), [])`,
    type: arrayOf(x.type),
    nullable: false,
  };
};

/** Exact percentiles: by interpolation (`cont`), or an element of the column (`disc`). */
function percentile(kind: 'cont' | 'disc') {
  return rule(2, 3, ([x, p], { name }) => {
    if (!isNumeric(x.type) && x.type.kind !== 'string') throw typeError(name, 'a number', x.type);
    const given = constant(name, 'percentage', p);
    const wanted = (Array.isArray(given) ? given : [given]).map(Number);
    if (wanted.some((q) => !(q >= 0 && q <= 1))) throw typeError(name, 'called with percentages in [0, 1]', p.type);
    const type = kind === 'cont' || x.type.kind === 'string' ? DOUBLE : x.type;
    const value = castSql(x, type).sql;
    const one = (q: number) => (kind === 'cont' ? interpolated(value, q) : `quantile_disc(${value}, ${q}e0)`);
    return Array.isArray(given)
      ? { sql: `CASE WHEN count(${value}) > 0 THEN [${wanted.map(one).join(', ')}] END`, type: arrayOf(type), nullable: true }
      : { sql: one(wanted[0]), type, nullable: true };
  });
}

/** Spark's rule: position (n - 1)·q; (1 - f)·lower + f·upper. */
function interpolated(x: string, q: number): string {
  const at = `(len(l_) - 1) * ${q}e0`;
  const lower = `l_[CAST(floor(${at}) AS BIGINT) + 1]`;
  const upper = `l_[CAST(ceil(${at}) AS BIGINT) + 1]`;
  const f = `(${at} - floor(${at}))`;
  return `list_transform([list(${x} ORDER BY ${x}) FILTER (${x} IS NOT NULL)], lambda l_: CASE WHEN ${f} = 0 OR ${lower} = ${upper} THEN ${lower} ELSE (1 - ${f}) * ${lower} + ${f} * ${upper} END)[1]`;
}

const truth = (duck: string) => rule(1, 1, ([x]) => ({ sql: `${duck}(${castSql(x, BOOLEAN).sql})`, type: BOOLEAN, nullable: true }));

const extreme = (duck: 'min' | 'max') =>
  rule(1, 1, ([x]) => {
    checkOrdered(duck, x.type);
    return { sql: isNested(x.type) ? `arg_${duck}(${x.sql}, ${orderKey(x)})` : `${duck}(${x.sql})`, type: x.type, nullable: true };
  });

/** The value in the row where another is least or greatest. */
const extremeBy = (duck: 'min' | 'max') =>
  rule(2, 2, ([x, by]) => {
    checkOrdered(`${duck}_by`, by.type);
    return { sql: `arg_${duck}_null(${x.sql}, ${orderKey(by)})`, type: x.type, nullable: true };
  });

/** The count of rows, or of those where nothing is null. */
function count(args: readonly Typed[], { distinct }: CallInfo) {
  if (distinct) {
    const full = args.map((a) => `${a.sql} IS NOT NULL`).join(' AND ');
    const key = args.length === 1 ? args[0].sql : `row(${args.map((a) => a.sql).join(', ')})`;
    return { sql: `count(DISTINCT ${key})${args.length === 1 ? '' : ` FILTER (${full})`}`, type: LONG, nullable: false };
  }
  if (args.every((a) => !a.nullable)) return { sql: 'count(*)', type: LONG, nullable: false };
  if (args.length === 1) return { sql: `count(${args[0].sql})`, type: LONG, nullable: false };
  return { sql: `count(*) FILTER (${args.map((a) => `${a.sql} IS NOT NULL`).join(' AND ')})`, type: LONG, nullable: false };
}

/** Bits of which keys of a rollup or cube a row is not grouped by. */
function grouping(args: readonly Typed[], { name, scope }: CallInfo) {
  const keys = scope.groupedBy;
  if (!keys) throw new MlError('EXPRESSION_INVALID', `${name}: may stand only in agg of a rollup or cube`);
  const named = args.map((a) => a.sql);
  const all = name === 'grouping_id';
  if (all ? named.length > 0 && named.join() !== keys.join() : !keys.includes(named[0])) {
    const must = all ? 'all keys in their order, or none' : 'one of the keys';
    throw new MlError('EXPRESSION_INVALID', `${name}: must be given ${must}, got ${args.map((a) => a.name).join(', ')}`);
  }
  if (all) return { sql: keys.length > 0 ? `grouping(${keys.join(', ')})` : '0::BIGINT', type: LONG, nullable: false };
  return { sql: `CAST(grouping(${named[0]}) AS TINYINT)`, type: BYTE, nullable: false };
}

export const AGGREGATE_RULES: Rules = [
  ['grouping', rule(1, 1, grouping)],
  ['grouping_id', rule(0, Number.POSITIVE_INFINITY, grouping)],
  ['count', rule(1, Number.POSITIVE_INFINITY, count)],
  ['approx_count_distinct', rule(1, 2, ([x]) => ({ sql: `count(DISTINCT ${x.sql})`, type: LONG, nullable: false }))],
  ['count_if', rule(1, 1, ([x]) => ({ sql: `count(*) FILTER (${castSql(x, BOOLEAN).sql})`, type: LONG, nullable: false }))],
  ['sum', rule(1, 1, sum)],
  ['sum_distinct', rule(1, 1, (args, call) => sum(args, { ...call, distinct: true }))],
  ['avg mean try_avg', rule(1, 1, average)],
  ['min', extreme('min')],
  ['max', extreme('max')],
  ['stddev stddev_samp std', variance('stddev_samp', 2)],
  ['stddev_pop', variance('stddev_pop', 1)],
  ['variance var_samp', variance('var_samp', 2)],
  ['var_pop', variance('var_pop', 1)],
  // m3 and m4 are sums of powers of the deviations: √n·m3 / m2^1.5 and n·m4 / m2² - 3.
  [
    'skewness',
    statistic((x, order) => moments(x, order, (n, m2, m3) => `CASE WHEN ${n} > 0 AND ${m2} <> 0 THEN sqrt(${n}) * ${m3} / pow(${m2}, 1.5) END`, 3)),
  ],
  [
    'kurtosis',
    statistic((x, order) => moments(x, order, (n, m2, m4) => `CASE WHEN ${n} > 0 AND ${m2} <> 0 THEN ${n} * ${m4} / (${m2} * ${m2}) - 3 END`, 4)),
  ],
  // Of values that do not differ there is no correlation, and no slope.
  ['corr', pairwise((x, y, order, both) => `CASE WHEN ${differs(x, both)} AND ${differs(y, both)} THEN corr(${x}, ${y}${order}) END`)],
  ['covar_pop', pairwise((x, y, order) => `covar_pop(${x}, ${y}${order})`)],
  ['covar_samp', pairwise((x, y, order) => `covar_samp(${x}, ${y}${order})`)],
  ['product', statistic((x, order) => `product(${x}${order})`)],
  ['first first_value', edge(false)],
  ['last last_value', edge(true)],
  ['any_value', edge(false)],
  ['collect_list array_agg', rule(1, 1, ([x], { scope }) => list(scope, x, false))],
  ['collect_set', rule(1, 1, ([x], { scope }) => list(scope, x, true))],
  ['median', rule(1, 1, ([x], { name }) => ({ sql: interpolated(asDouble(name, x), 0.5), type: DOUBLE, nullable: true }))],
  ['percentile', percentile('cont')],
  ['percentile_approx approx_percentile', percentile('disc')],
  ['mode', rule(1, 1, ([x]) => ({ sql: `mode(${x.sql} ORDER BY ${x.sql})`, type: x.type, nullable: true }))],
  ['bool_and every', truth('bool_and')],
  ['bool_or some any', truth('bool_or')],
  ...['bit_and', 'bit_or', 'bit_xor'].map(
    (name) =>
      [
        name,
        rule(1, 1, ([x]) => {
          if (!isInteger(x.type)) throw typeError(name, 'a whole number', x.type);
          return { sql: `${name}(${x.sql})`, type: x.type, nullable: true };
        }),
      ] as const,
  ),
  ...['slope', 'intercept'].map(
    (name) => [`regr_${name}`, pairwise((y, x, order, both) => `CASE WHEN ${differs(x, both)} THEN regr_${name}(${y}, ${x}${order}) END`)] as const,
  ),
  ...['r2', 'avgx', 'avgy', 'sxx', 'syy', 'sxy'].map(
    (name) => [`regr_${name}`, pairwise((y, x, order) => `regr_${name}(${y}, ${x}${order})`)] as const,
  ),
  ['regr_count', rule(2, 2, ([y, x]) => ({ sql: `count(*) FILTER (${y.sql} IS NOT NULL AND ${x.sql} IS NOT NULL)`, type: LONG, nullable: false }))],
  [
    'listagg string_agg',
    rule(1, 2, ([x, separator], { name, scope, distinct }) => {
      const between = separator ? text(String(constant(name, 'separator', separator))) : "''";
      const order = scope.rowNumber && !scope.windowed ? ` ORDER BY ${scope.rowNumber()}` : '';
      if (distinct) return { sql: `string_agg(DISTINCT ${asText(x)}, ${between} ORDER BY ${asText(x)})`, type: TEXT, nullable: true };
      return { sql: `string_agg(${asText(x)}, ${between}${order})`, type: TEXT, nullable: true };
    }),
  ],
  [
    'try_sum',
    rule(1, 1, ([x], call) => (isInteger(x.type) ? { sql: `TRY_CAST(sum(${x.sql}) AS BIGINT)`, type: LONG, nullable: true } : sum([x], call))),
  ],
  ['max_by', extremeBy('max')],
  ['min_by', extremeBy('min')],
];

/** Functions that rank rows of a window. */
export const RANKING_RULES: Rules = [
  ...['row_number', 'rank', 'dense_rank'].map(
    (name) => [name, rule(0, 0, () => ({ sql: `CAST(${name}() AS INTEGER)`, type: { kind: 'int' } as const, nullable: false }))] as const,
  ),
  ...['percent_rank', 'cume_dist'].map((name) => [name, rule(0, 0, () => ({ sql: `${name}()`, type: DOUBLE, nullable: false }))] as const),
  ['ntile', rule(1, 1, ([n]) => ({ sql: `CAST(ntile(${n.sql}) AS INTEGER)`, type: { kind: 'int' }, nullable: false }))],
  ...['lag', 'lead'].map(
    (name) =>
      [
        name,
        rule(1, 3, ([x, offset, otherwise]) => {
          const rest = otherwise ? `, ${offset.sql}, ${castSql(otherwise, x.type).sql}` : offset ? `, ${offset.sql}` : '';
          return { sql: `${name}(${x.sql}${rest})`, type: x.type, nullable: true };
        }),
      ] as const,
  ),
  [
    'nth_value',
    rule(2, 3, ([x, n, ignore], { name }) => {
      const skip = ignore ? Boolean(constant(name, 'ignoreNulls', ignore)) : false;
      if (Number(constant(name, 'n', n)) < 1) throw new MlError('EXPRESSION_INVALID', `nth_value: n must be 1 or more, got ${show(n.literal)}`);
      return { sql: `nth_value(${x.sql}, ${n.sql}${skip ? ' IGNORE NULLS' : ''})`, type: x.type, nullable: true };
    }),
  ],
];
