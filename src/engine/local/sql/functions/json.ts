import { text } from '../duck-type.ts';
import { TEXT } from '../typed.ts';
import { asText, constant, type Rules, rule } from './rule.ts';

/** What stands at a JSON path; null where the text is no JSON. `[*]` gives all items, one of them as it is. */
function jsonAt(x: string, path: string): string {
  const known = `CASE WHEN json_valid(${x}) THEN ${x} END`;
  if (!path.includes('[*]')) return `json_extract_string(${known}, ${text(path)})`;
  const found = `list_filter(json_extract(${known}, ${text(path)}), lambda v_: v_ IS NOT NULL)`;
  return `list_transform([${found}], lambda l_: CASE len(l_) WHEN 0 THEN NULL WHEN 1 THEN CAST(l_[1] AS VARCHAR) ELSE CAST(to_json(l_) AS VARCHAR) END)[1]`;
}

/** Functions of JSON texts. */
export const JSON_RULES: Rules = [
  [
    'get_json_object',
    rule(2, 2, ([x, path]) => ({
      sql: jsonAt(asText(x), String(constant('get_json_object', 'path', path))),
      type: TEXT,
      nullable: true,
    })),
  ],
];
