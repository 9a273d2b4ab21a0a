import type { Plan } from '../../../frame/plan.ts';
import { exp } from '../../../kernels/js/math.ts';
import { asText } from './coerce.ts';
import { expressionSql } from './expression.ts';
import { literalSql } from './literal.ts';
import { comparison } from './operators.ts';
import type { PlanContext, Relation } from './relation.ts';
import { compileTexts } from './sql-text.ts';

type SamplePlan = Extract<Plan, { op: 'sample' | 'resample' | 'sampleBy' }>;

const RANGE = 2 ** 32;
const MASK = '4294967295::UBIGINT';

/** Rows of a stable relation by a hash of seed and row number, which no thread and no partition changes. */
export async function sampleSql(from: Relation, plan: SamplePlan, context: PlanContext): Promise<Relation> {
  const columns = from.columns.map((c) => `t.${c}`).join(', ');
  if (plan.op === 'resample') return resampled(from, plan);
  const rest = `FROM (${hashedRows(from.sql, plan.seed)}) AS t WHERE`;
  if (plan.op === 'sample') {
    // A hash h stands for h / 2³²; a part that reaches 1 has no upper bound.
    const within = [
      ...(plan.lower > 0 ? [`t.h_ >= ${Math.ceil(plan.lower * RANGE)}`] : []),
      ...(plan.upper < 1 ? [`t.h_ < ${Math.ceil(plan.upper * RANGE)}`] : []),
    ];
    return within.length === 0 ? from : { ...from, sql: `SELECT ${columns} ${rest} ${within.join(' AND ')}` };
  }
  const scope = await compileTexts('sampleBy', [plan.column], from, context);
  const value = expressionSql(plan.column, scope);
  const tests = plan.fractions.map(({ value: wanted, fraction }) => {
    const literal = literalSql(wanted);
    const test =
      literal.type.kind === 'string' && value.type.kind !== 'string' ? `${asText(value)} = ${literal.sql}` : comparison('=', value, literal).sql;
    return `(${test} AND t.h_ < ${Math.ceil(fraction * RANGE)})`;
  });
  return { ...from, sql: `SELECT ${columns} ${rest} ${tests.length > 0 ? tests.join(' OR ') : 'FALSE'}` };
}

/** Each row as often as its hash says: as many times as there are bounds at or below it. */
function resampled(from: Relation, { fraction, seed }: Extract<Plan, { op: 'resample' }>): Relation {
  const bounds = poissonBounds(fraction);
  const times = `list_filter([${bounds.join(', ')}]::UBIGINT[], lambda b_: b_ <= t.h_)`;
  const repeated = `SELECT ${from.columns.map((c) => `t.${c}`).join(', ') || 'NULL AS none'}, unnest(${times}) AS b_ FROM (${hashedRows(from.sql, seed)}) AS t`;
  return { ...from, sql: `SELECT ${from.columns.map((c) => `t.${c}`).join(', ') || 'NULL AS none'} FROM (${repeated}) AS t` };
}

/** Bound k, in steps of 2⁻³²: the chance that a Poisson number of this mean is k or less. */
function poissonBounds(mean: number): number[] {
  const bounds: number[] = [];
  let term = exp(-mean);
  let sum = term;
  for (let k = 1; Math.round(sum * RANGE) < RANGE && k < 1000; k++) {
    bounds.push(Math.round(sum * RANGE));
    term *= mean / k;
    sum += term;
  }
  return bounds;
}

function hashedRows(sql: string, seed: bigint): string {
  return hashed(`SELECT *, CAST(row_number() OVER () AS UBIGINT) AS rn_ FROM (${sql}) AS t`, seed);
}

/**
 * Rows numbered as `rn_`, with `h_`: 32 bits from the row's number (64 bits) and the seed (64 bits), by two rounds of the integer hash `lowbias32`
 * (C. Wellons, "Prospecting for hash functions", 2018). Each step is a SELECT of its own, so that no expression is repeated.
 */
export function hashed(numbered: string, seed: bigint): string {
  const mixed = splitmix(seed);
  const first = `SELECT *, xor(rn_ & ${MASK}, ${mixed & 0xffffffffn}::UBIGINT) AS h_ FROM (${numbered}) AS t`;
  const second = `SELECT * REPLACE (xor(xor(h_, rn_ >> 32), ${mixed >> 32n}::UBIGINT) AS h_) FROM (${lowbias(first)}) AS t`;
  return lowbias(second);
}

function lowbias(sql: string): string {
  const step = (from: string, value: string) => `SELECT * REPLACE (${value} AS h_) FROM (${from}) AS t`;
  const once = step(sql, `(xor(h_, h_ >> 16) * 2146121005::UBIGINT) & ${MASK}`);
  return step(step(once, `(xor(h_, h_ >> 15) * 2221713035::UBIGINT) & ${MASK}`), 'xor(h_, h_ >> 16)');
}

/** One step of splitmix64: neighbouring seeds become unlike. */
function splitmix(seed: bigint): bigint {
  let z = BigInt.asUintN(64, seed + 0x9e3779b97f4a7c15n);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
