import { expect, it } from 'vitest';
import { narrow, wantedOf } from '#dist/engine/local/ml/narrow.js';
import type { Plan } from '#dist/frame/plan.js';

/** What a filter by the text asks of the transformer below it, when only `id` is wanted above. */
function asked(text: string): readonly string[] | null {
  const transform = { op: 'transform' } as Plan;
  const filter = { op: 'filter', input: transform, condition: { kind: 'sql', text } } as Plan;
  const narrowed = narrow(filter, new Set(['id'])) as Extract<Plan, { op: 'filter' }>;
  const wanted = wantedOf(narrowed.input);
  return wanted && [...wanted];
}

it('asks for the columns that an SQL text names, and for those wanted above', () => {
  expect(asked('prediction > 0.5 AND id IS NOT NULL')).toEqual(expect.arrayContaining(['prediction', 'id']));
  expect(asked('prediction > 0.5')).not.toContain('probability');
});

it.each([
  ['"a ""b"" c" = 1', 'a "b" c'],
  ['"a.b" = 1', 'a.b'],
  ['a . "b" = 1', 'a.b'],
  ['x=1 OR 🙂>2', '🙂'],
  ["c = 'it''s \"' AND \"d e\" = 1", 'd e'],
  ['list_filter(xs, v -> v > y)[1] = z', 'y'],
  ['"__proto__" = 1', '__proto__'],
])('finds the column in %s', (text, name) => {
  expect(asked(text)).toContain(name);
});

it.each([
  'count(*) > 1',
  'struct_pack(COLUMNS(x)) = 1',
  'id IN (SELECT 1)',
  "a = $$it's$$ OR b = 1",
  "a /* ' */ = b",
  "a -- '\n = b",
  "a = e'\\'' OR b = 1",
])('asks for all columns where %s may mean any', (text) => {
  expect(asked(text)).toBeNull();
});
