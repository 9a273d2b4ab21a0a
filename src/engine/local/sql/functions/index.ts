import { MlError, show } from '../../../../error.ts';
import { AGGREGATE_RULES, RANKING_RULES } from './aggregate.ts';
import { BIT_RULES } from './bits.ts';
import { COLLECTION_RULES } from './collection.ts';
import { CONDITIONAL_RULES } from './conditional.ts';
import { ENCODING_RULES } from './encoding.ts';
import { FORMAT_RULES } from './format.ts';
import { INTERVAL_RULES } from './interval.ts';
import { JSON_RULES } from './json.ts';
import { MAP_RULES } from './map.ts';
import { MOMENT_RULES } from './moment.ts';
import { NUMBER_RULES } from './number.ts';
import { RANDOM_RULES } from './random.ts';
import { REGEXP_RULES } from './regexp.ts';
import type { Rule, Rules } from './rule.ts';
import { STRUCT_RULES } from './struct.ts';
import { TEXT_RULES } from './text.ts';
import { TIME_RULES } from './time.ts';
import { VECTOR_RULES } from './vector.ts';
import { WORD_RULES } from './words.ts';

const table = (rules: Rules): [string, Rule][] => rules.flatMap(([names, rule]) => names.split(' ').map((name): [string, Rule] => [name, rule]));

const ALL: ReadonlyMap<string, Rule> = new Map(
  [
    TEXT_RULES,
    REGEXP_RULES,
    WORD_RULES,
    FORMAT_RULES,
    ENCODING_RULES,
    NUMBER_RULES,
    BIT_RULES,
    RANDOM_RULES,
    TIME_RULES,
    MOMENT_RULES,
    INTERVAL_RULES,
    COLLECTION_RULES,
    VECTOR_RULES,
    MAP_RULES,
    STRUCT_RULES,
    JSON_RULES,
    CONDITIONAL_RULES,
    AGGREGATE_RULES,
    RANKING_RULES,
  ].flatMap(table),
);
const AGGREGATES: ReadonlySet<string> = new Set(table(AGGREGATE_RULES).map(([name]) => name));
const RANKINGS: ReadonlySet<string> = new Set(table(RANKING_RULES).map(([name]) => name));

export const isAggregate = (name: string): boolean => AGGREGATES.has(name);
export const isRanking = (name: string): boolean => RANKINGS.has(name);

/** The rule of a function by Spark's name, for `count` arguments. */
export function functionRule(name: string, count: number): Rule {
  const rule = ALL.get(name);
  if (!rule) throw new MlError('EXPRESSION_INVALID', `function ${show(name)} is not known; use expr(…) for one of the engine's own`, { value: name });
  if (count < rule.least || count > rule.most) {
    const wanted =
      rule.least === rule.most ? `${rule.least}` : `${rule.least} to ${rule.most === Number.POSITIVE_INFINITY ? 'any number' : rule.most}`;
    throw new MlError('EXPRESSION_INVALID', `${name}: takes ${wanted} arguments, got ${count}`, { value: count });
  }
  return rule;
}
