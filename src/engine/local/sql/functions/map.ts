import type { DataType } from '../../../../frame/types.ts';
import { castSql } from '../cast.ts';
import { unify } from '../coerce.ts';
import { text } from '../duck-type.ts';
import { arrayOf, BOOLEAN, TEXT, type Typed, typeError } from '../typed.ts';
import { element } from './collection.ts';
import { asText, type Rules, rule } from './rule.ts';

type MapType = Extract<DataType, { kind: 'map' }>;

/** The type of a map argument. */
function mapOf(name: string, x: Typed): MapType {
  if (x.type.kind === 'map') return x.type;
  throw typeError(name, 'a map', x.type);
}

const entry = ({ key, value }: MapType): DataType => ({
  kind: 'struct',
  fields: [
    { name: 'key', type: key },
    { name: 'value', type: value },
  ],
});

/** Functions of maps. A key that stands twice is an error. */
export const MAP_RULES: Rules = [
  [
    'map create_map',
    rule(0, Number.POSITIVE_INFINITY, (args) => {
      const keys = unify(
        'map',
        args.filter((_, i) => i % 2 === 0),
      );
      const values = unify(
        'map',
        args.filter((_, i) => i % 2 === 1),
      );
      return {
        sql: `map([${keys.values.map((v) => v.sql).join(', ')}], [${values.values.map((v) => v.sql).join(', ')}])`,
        type: { kind: 'map', key: keys.type, value: values.type },
        nullable: false,
      };
    }),
  ],
  [
    'map_from_arrays',
    rule(2, 2, ([k, v]) => ({
      sql: `map(${k.sql}, ${v.sql})`,
      type: { kind: 'map', key: element('map_from_arrays', k), value: element('map_from_arrays', v) },
    })),
  ],
  [
    'map_keys',
    rule(1, 1, ([x]) => {
      if (x.type.kind !== 'map') throw typeError('map_keys', 'a map', x.type);
      return { sql: `map_keys(${x.sql})`, type: arrayOf(x.type.key) };
    }),
  ],
  [
    'map_values',
    rule(1, 1, ([x]) => {
      if (x.type.kind !== 'map') throw typeError('map_values', 'a map', x.type);
      return { sql: `map_values(${x.sql})`, type: arrayOf(x.type.value) };
    }),
  ],
  [
    'map_contains_key',
    rule(2, 2, ([x, key]) => {
      if (x.type.kind !== 'map') throw typeError('map_contains_key', 'a map', x.type);
      return { sql: `list_contains(map_keys(${x.sql}), ${castSql(key, x.type.key).sql})`, type: BOOLEAN };
    }),
  ],
  ['map_entries', rule(1, 1, ([x]) => ({ sql: `map_entries(${x.sql})`, type: arrayOf(entry(mapOf('map_entries', x))) }))],
  [
    'map_from_entries',
    rule(1, 1, ([x]) => {
      const of = element('map_from_entries', x);
      if (of.kind !== 'struct' || of.fields.length !== 2) throw typeError('map_from_entries', 'an array of structs of a key and a value', x.type);
      const part = (i: number) => `list_transform(${x.sql}, lambda e_: struct_extract(e_, ${text(of.fields[i].name)}))`;
      // An array with a null among its entries is no map.
      const whole = `len(${x.sql}) = len(list_filter(${x.sql}, lambda e_: e_ IS NOT NULL))`;
      return {
        sql: `CASE WHEN ${whole} THEN map(${part(0)}, ${part(1)}) END`,
        nullable: true,
        type: { kind: 'map', key: of.fields[0].type, value: of.fields[1].type },
      };
    }),
  ],
  [
    'map_concat',
    rule(1, Number.POSITIVE_INFINITY, (args) => {
      const { values, type } = unify('map_concat', args);
      const joined = (part: 'keys' | 'values') => values.map((v) => `map_${part}(${v.sql})`).reduce((a, b) => `list_concat(${a}, ${b})`);
      const none = values.map((v) => `${v.sql} IS NULL`).join(' OR ');
      return { sql: `CASE WHEN ${none} THEN NULL ELSE map(${joined('keys')}, ${joined('values')}) END`, type };
    }),
  ],
  [
    'str_to_map',
    rule(1, 3, ([x, between, within]) => {
      const [s, pairs, by] = [asText(x), between ? asText(between) : "','", within ? asText(within) : "':'"];
      const list = (of: string) => `list_transform(string_split_regex(${s}, ${pairs}), lambda e_: ${of})`;
      const key = `string_split(e_, ${by})[1]`;
      const value = `CASE WHEN contains(e_, ${by}) THEN substring(e_, instr(e_, ${by}) + length(${by})) END`;
      return { sql: `CASE WHEN ${s} IS NOT NULL THEN map(${list(key)}, ${list(value)}) END`, type: { kind: 'map', key: TEXT, value: TEXT } };
    }),
  ],
];
