import { isNumeric, sameType } from '../../../../frame/types.ts';
import { castSql } from '../cast.ts';
import { VECTOR_TYPE } from '../duck-type.ts';
import { arrayOf, DOUBLE, FLOAT, failure, type Typed, typeError } from '../typed.ts';
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

/** SQL of the norm of an array of floats, and the name of the call. */
function norm(name: string, x: Typed, degree: Typed | undefined) {
  if (!sameType(x.type, arrayOf(FLOAT))) throw typeError(name, "an array of floats, as cast('array<float>') gives it", x.type);
  const items = `${x.sql}::DOUBLE[]`;
  const d = degree ? castSql(degree, FLOAT).sql : '2::FLOAT';
  const sizes = `list_transform(${items}, lambda v_: abs(v_))`;
  const degrees = failure(`${name}: degree must be 1, 2 or Infinity, got `, d);
  const of = (sql: string) => `coalesce(${sql}, 0)`;
  const norms = `WHEN ${d} = 1 THEN ${of(`list_sum(${sizes})`)} WHEN ${d} = 2 THEN sqrt(${of(`list_inner_product(${items}, ${items})`)}) WHEN isinf(${d}) THEN ${of(`list_max(${sizes})`)}`;
  const empty = `WHEN len(${x.sql}) <> list_count(${x.sql}) THEN NULL WHEN len(${x.sql}) = 0 THEN 0`;
  return { items, sql: `CASE ${empty} ${norms} WHEN ${d} IS NOT NULL THEN ${degrees} END`, name: `${name}(${x.name}, ${degree?.name ?? '2.0'})` };
}

/** Arrays of numbers as vectors, and back; how near arrays are to each other. */
export const VECTOR_RULES: Rules = [
  [
    'vector_norm',
    rule(1, 2, ([x, degree]) => {
      const { sql, name } = norm('vector_norm', x, degree);
      return { sql: `CASE WHEN ${x.sql} IS NOT NULL THEN CAST(${sql} AS FLOAT) END`, type: FLOAT, nullable: true, name };
    }),
  ],
  [
    'vector_normalize',
    rule(1, 2, ([x, degree]) => {
      const { sql, name, items } = norm('vector_normalize', x, degree);
      const divided = `list_transform([${sql}], lambda n_: CASE WHEN n_ > 0 OR len(${x.sql}) = 0 THEN list_transform(${items}, lambda v_: CAST(v_ / n_ AS FLOAT)) END)[1]`;
      return { sql: `CASE WHEN ${x.sql} IS NOT NULL THEN ${divided} END`, type: arrayOf(FLOAT), nullable: true, name };
    }),
  ],
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
