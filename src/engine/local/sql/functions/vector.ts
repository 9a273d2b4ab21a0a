import { isNumeric, sameType } from '../../../../frame/types.ts';
import { castSql } from '../cast.ts';
import { VECTOR_TYPE } from '../duck-type.ts';
import { arrayOf, DOUBLE, FLOAT, failure, typeError } from '../typed.ts';
import { element } from './collection.ts';
import { type Rules, rule } from './rule.ts';

/** A function of two arrays of floats of one length. */
const ofFloats = (sql: (x: string, y: string) => string) =>
  rule(2, 2, ([x, y], { name }) => {
    for (const { type } of [x, y])
      if (!sameType(type, arrayOf(FLOAT))) throw typeError(name, "arrays of floats, as cast('array<float>') gives them", x.type, y.type);
    const unlike = failure(`${name}: both arrays must have as many items`);
    const hole = `len(${x.sql}) <> list_count(${x.sql}) OR len(${y.sql}) <> list_count(${y.sql})`;
    return {
      sql: `CASE WHEN len(${x.sql}) <> len(${y.sql}) THEN ${unlike} WHEN ${hole} THEN NULL ELSE CAST(${sql(`${x.sql}::DOUBLE[]`, `${y.sql}::DOUBLE[]`)} AS FLOAT) END`,
      type: FLOAT,
      nullable: true,
    };
  });

/** Arrays of numbers as vectors, and back; how near arrays are to each other. */
export const VECTOR_RULES: Rules = [
  ['vector_inner_product', ofFloats((x, y) => `CASE WHEN len(${x}) = 0 THEN 0 ELSE list_inner_product(${x}, ${y}) END`)],
  ['vector_l2_distance', ofFloats((x, y) => `CASE WHEN len(${x}) = 0 THEN 0 ELSE list_distance(${x}, ${y}) END`)],
  [
    'vector_cosine_similarity',
    ofFloats((x, y) => {
      const norms = `sqrt(list_inner_product(${x}, ${x})) * sqrt(list_inner_product(${y}, ${y}))`;
      return `CASE WHEN len(${x}) > 0 AND ${norms} > 0 THEN list_inner_product(${x}, ${y}) / (${norms}) END`;
    }),
  ],
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
