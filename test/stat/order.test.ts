import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { descendingOrder } from '#dist/stat/order.js';

function expected(values: Float64Array): number[] {
  const rank = (v: number) => (Number.isNaN(v) ? Number.MAX_VALUE * 2 : v);
  const isAbove = (a: number, b: number) => (Number.isNaN(a) ? !Number.isNaN(b) : rank(a) > b);
  return [...values.keys()].sort((i, j) => (isAbove(values[i], values[j]) ? -1 : isAbove(values[j], values[i]) ? 1 : i - j));
}

it('descends, NaN first, equal values in row order', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, Number.NaN)), { maxLength: 60 }), (list) => {
      const values = Float64Array.from(list);
      expect([...descendingOrder(values)]).toEqual(expected(values));
    }),
  );
});

it.each([2048, 2049, 5000, 70_000])('orders %d values alike', (n) => {
  const special = [Number.NaN, Infinity, -Infinity, 0, -0, 5e-324, -5e-324, 1e300];
  const values = Float64Array.from({ length: n }, (_, i) => (i % 97 < 8 ? special[i % 97] : Math.sin(i * 12.9898) * 10 ** ((i % 13) - 6)));
  expect([...descendingOrder(values)]).toEqual(expected(values));
});

it('leaves the values as they are', () => {
  const values = Float64Array.of(1, 3, 2);
  expect([...descendingOrder(values)]).toEqual([1, 2, 0]);
  expect([...values]).toEqual([1, 3, 2]);
});
