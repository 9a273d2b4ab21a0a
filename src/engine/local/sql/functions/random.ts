import { DOUBLE, LONG } from '../typed.ts';
import { asText, constant, type Rules, rule } from './rule.ts';

export const RANDOM_RULES: Rules = [
  // A number a row, by its place: the same at each run where the rows have an order.
  [
    'rand',
    rule(1, 1, ([seed]) => ({
      sql: hashUnit('CAST(row_number() OVER () AS VARCHAR)', String(constant('rand', 'seed', seed))),
      type: DOUBLE,
      nullable: false,
    })),
  ],
  [
    'randn',
    rule(1, 1, ([seed]) => {
      const unit = (part: string) => hashUnit('CAST(row_number() OVER () AS VARCHAR)', `${String(constant('randn', 'seed', seed))}:${part}`);
      return { sql: `(sqrt(-2 * ln(1 - ${unit('radius')})) * cos(2 * pi() * ${unit('angle')}))`, type: DOUBLE, nullable: false };
    }),
  ],
  ['monotonically_increasing_id distributed_sequence_id', rule(0, 0, () => ({ sql: '(row_number() OVER () - 1)', type: LONG, nullable: false }))],
  // 52 bits of an md5, so that every engine finds the same number.
  [
    'hash_unit',
    rule(2, 2, ([x, seed]) => ({
      sql: hashUnit(`coalesce(${asText(x)}, '')`, String(constant('hash_unit', 'seed', seed))),
      type: DOUBLE,
      nullable: false,
    })),
  ],
];

/** A number in [0, 1) from the md5 of `seed:text`. */
function hashUnit(x: string, seed: string): string {
  return `(CAST(('0x' || substring(md5('${seed.replaceAll("'", "''")}:' || ${x}), 1, 13)) AS UBIGINT) / 4503599627370496e0)`;
}
