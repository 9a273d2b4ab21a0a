import { parseType } from '../../../../frame/types.ts';
import { duckType, text } from '../duck-type.ts';
import { jsonField, jsonValue } from '../json-value.ts';
import { jsonSql } from '../to-json.ts';
import { arrayOf, INT, TEXT, type Typed, typeError } from '../typed.ts';
import { asText, constant, type Rules, rule } from './rule.ts';

/** What stands at a JSON path; null where the text is no JSON. `[*]` gives all items, one of them as it is; `.*` is none. */
function jsonAt(x: string, path: string): string {
  if (path.includes('.*')) return 'CAST(NULL AS VARCHAR)';
  const known = `CASE WHEN json_valid(${x}) THEN ${x} END`;
  if (!path.includes('[*]')) return `json_extract_string(${known}, ${text(path)})`;
  const found = `list_filter(json_extract(${known}, ${text(path)}), lambda v_: v_ IS NOT NULL)`;
  return `list_transform([${found}], lambda l_: CASE len(l_) WHEN 0 THEN NULL WHEN 1 THEN CAST(l_[1] AS VARCHAR) ELSE CAST(to_json(l_) AS VARCHAR) END)[1]`;
}

/** The path with `['name']` said as `."name"`. */
const dotted = (path: string) => path.replace(/\['([^']*)'\]/g, (_, name: string) => (name === '*' ? '.*' : `."${name.replaceAll('"', '\\"')}"`));

/** The value as `j_`, where the text is JSON by Spark's rules; else null. */
function overJson(x: Typed, body: (json: string) => string): string {
  const s = asText(x);
  const strict = `CASE WHEN json_valid(${s}) THEN ${s} ELSE spark_json(${s}, 'q') END`;
  return `list_transform([CAST(${strict} AS JSON)], lambda j_: ${body('j_')})[1]`;
}

/** Functions of JSON texts. */
export const JSON_RULES: Rules = [
  [
    'get_json_object',
    rule(2, 2, ([x, path]) => ({
      sql: jsonAt(asText(x), dotted(String(constant('get_json_object', 'path', path)))),
      type: TEXT,
      nullable: true,
    })),
  ],
  [
    'from_json',
    rule(2, 2, ([x, name]) => {
      const type = parseType(String(constant('from_json', 'schema', name)));
      // A text that is no JSON is a struct of nulls, and no array or map.
      const none = type.kind === 'struct' ? `{${type.fields.map((f) => `${text(f.name)}: NULL`).join(', ')}}` : 'NULL';
      // An object is taken for an array of one.
      const alone = (j: string) =>
        type.kind === 'array' && type.element.kind === 'struct' ? ` WHEN json_type(${j}) = 'OBJECT' THEN [${jsonValue(j, type.element, {}, 1)}]` : '';
      const body = (j: string) => `CASE WHEN ${j} IS NULL THEN ${none}${alone(j)} ELSE ${jsonValue(j, type, {}, 1)} END`;
      return { sql: `CASE WHEN trim(${asText(x)}) <> '' THEN CAST(${overJson(x, body)} AS ${duckType(type)}) END`, type, nullable: true };
    }),
  ],
  [
    'to_json',
    rule(1, 1, ([x], { name }) => {
      if (!['struct', 'map', 'array'].includes(x.type.kind)) throw typeError(name, 'a struct, a map or an array', x.type);
      return { sql: jsonSql(x.sql, x.type, false), type: TEXT };
    }),
  ],
  [
    'json_field',
    rule(2, 2, ([x, field]) => ({
      sql: overJson(
        x,
        (j) => `CASE WHEN json_type(${j}) = 'OBJECT' THEN ${jsonValue(jsonField(j, String(constant('json_tuple', 'field', field))), TEXT)} END`,
      ),
      type: TEXT,
      nullable: true,
    })),
  ],
  [
    'json_array_length',
    rule(1, 1, ([x]) => ({
      sql: overJson(x, (j) => `CASE WHEN json_type(${j}) = 'ARRAY' THEN CAST(json_array_length(${j}) AS INTEGER) END`),
      type: INT,
      nullable: true,
    })),
  ],
  [
    'json_object_keys',
    rule(1, 1, ([x]) => ({
      sql: overJson(x, (j) => `CASE WHEN json_type(${j}) = 'OBJECT' THEN json_keys(${j}) END`),
      type: arrayOf(TEXT),
      nullable: true,
    })),
  ],
];
