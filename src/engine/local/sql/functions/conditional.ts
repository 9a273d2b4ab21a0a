import { typeName } from '../../../../frame/types.ts';
import { castSql } from '../cast.ts';
import { unify } from '../coerce.ts';
import { text } from '../duck-type.ts';
import { literalSql } from '../literal.ts';
import { sqlType } from '../names.ts';
import { comparison } from '../operators.ts';
import { BOOLEAN, failure, TEXT, type Typed, VOID } from '../typed.ts';
import { asText, type Rules, rule } from './rule.ts';

const firstOf = (name: string, args: readonly Typed[]) => {
  const { values, type } = unify(name, args);
  return { sql: `coalesce(${values.map((v) => v.sql).join(', ')})`, type, nullable: values.every((v) => v.nullable) };
};

export const CONDITIONAL_RULES: Rules = [
  ['coalesce', rule(1, Number.POSITIVE_INFINITY, (args) => firstOf('coalesce', args))],
  ['ifnull nvl', rule(2, 2, (args) => firstOf('ifnull', args))],
  [
    'nvl2',
    rule(3, 3, ([x, yes, no]) => {
      const { values, type } = unify('nvl2', [yes, no]);
      return { sql: `CASE WHEN ${x.sql} IS NOT NULL THEN ${values[0].sql} ELSE ${values[1].sql} END`, type };
    }),
  ],
  [
    'nullif',
    rule(2, 2, ([x, y]) => {
      const { values } = unify('nullif', [x, y]);
      return { sql: `CASE WHEN ${values[0].sql} = ${values[1].sql} THEN NULL ELSE ${x.sql} END`, type: x.type, nullable: true };
    }),
  ],
  ['typeof', rule(1, 1, ([x]) => ({ sql: text(sqlType(typeName(x.type)).toLowerCase()), type: TEXT, nullable: false }))],
  ['raise_error', rule(1, 1, ([message]) => ({ sql: `error(${asText(message)})`, type: VOID, nullable: true }))],
  [
    'assert_true',
    rule(1, 2, ([test, message]) => {
      const wrong = message ? `error(${asText(message)})` : failure(`assert_true: ${test.name} must be true`);
      return { sql: `CASE WHEN ${castSql(test, BOOLEAN).sql} THEN NULL ELSE ${wrong} END`, type: VOID, nullable: true };
    }),
  ],
  ['equal_null', rule(2, 2, ([x, y]) => comparison('<=>', x, y))],
  ['nullifzero', rule(1, 1, ([x]) => ({ sql: `nullif(${x.sql}, 0)`, type: x.type, nullable: true }))],
  ['zeroifnull', rule(1, 1, ([x]) => firstOf('zeroifnull', [x, literalSql(0)]))],
  [
    'if iff',
    rule(3, 3, ([test, yes, no]) => {
      const { values, type } = unify('if', [yes, no]);
      return { sql: `CASE WHEN ${castSql(test, BOOLEAN).sql} THEN ${values[0].sql} ELSE ${values[1].sql} END`, type };
    }),
  ],
  ['isnull', rule(1, 1, ([x]) => ({ sql: `(${x.sql} IS NULL)`, type: BOOLEAN, nullable: false }))],
  ['isnotnull', rule(1, 1, ([x]) => ({ sql: `(${x.sql} IS NOT NULL)`, type: BOOLEAN, nullable: false }))],
  ['raise_error', rule(1, 1, ([x]) => ({ sql: `CAST(error(${asText(x)}) AS INTEGER)`, type: VOID }))],
  [
    'assert_true',
    rule(1, 1, ([x]) => ({
      sql: `CASE WHEN ${castSql(x, BOOLEAN).sql} THEN CAST(NULL AS INTEGER) ELSE ${failure('assert_true: must hold')} END`,
      type: VOID,
    })),
  ],
];
