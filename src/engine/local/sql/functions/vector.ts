import { isNumeric } from '../../../../frame/types.ts';
import { castSql } from '../cast.ts';
import { VECTOR_TYPE } from '../duck-type.ts';
import { arrayOf, DOUBLE, failure, typeError } from '../typed.ts';
import { element } from './collection.ts';
import { type Rules, rule } from './rule.ts';

/** Arrays of numbers as vectors, and back. */
export const VECTOR_RULES: Rules = [
  [
    'vector_to_array',
    rule(1, 2, ([x]) => {
      if (x.type.kind !== 'vector') throw typeError('vector_to_array', 'a vector', x.type);
      const v = `(${x.sql})`;
      const sparse = `list_transform(range(${v}.size), lambda j_: coalesce(list_extract(${v}."values", list_position(${v}.indices, CAST(j_ AS INTEGER))), 0e0))`;
      const none = failure('vector_to_array: vector must not be null');
      return { sql: `CASE WHEN ${v}."type" = 1 THEN ${v}."values" WHEN ${x.sql} IS NULL THEN ${none} ELSE ${sparse} END`, type: arrayOf(DOUBLE) };
    }),
  ],
  [
    'array_to_vector',
    rule(1, 1, ([x]) => {
      if (!isNumeric(element('array_to_vector', x))) throw typeError('array_to_vector', 'an array of numbers', x.type);
      const values = castSql(x, arrayOf(DOUBLE)).sql;
      const hole = failure('array_to_vector: array must not be null and hold no null');
      const vector = `CAST({'type': 1, 'size': NULL, 'indices': NULL, 'values': ${values}} AS ${VECTOR_TYPE})`;
      return {
        sql: `CASE WHEN ${x.sql} IS NULL OR len(${x.sql}) <> list_count(${x.sql}) THEN ${hole} ELSE ${vector} END`,
        type: { kind: 'vector' },
      };
    }),
  ],
];
