import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decimalText } from '#dist/frame/decimal-text.js';

it.each([
  [1.005, 2, '1.01'],
  [-1.005, 2, '-1.01'],
  [4.421, 2, '4.42'],
  [0.5, 0, '1'],
  [1e21, 1, '1000000000000000000000.0'],
  [1.5e-7, 6, '0.000000'],
  [1.5e-7, 8, '0.00000015'],
  [0.05, 1, '0.1'],
  [7, 0, '7'],
  [Number.NaN, 2, 'NaN'],
])('%d with %d digits after the point is %s', (x, scale, text) => {
  expect(decimalText(x, scale)).toBe(text);
});

it('is within half a unit of the last digit, and exact where there are digits enough', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 38 }), (x, scale) => {
      const text = decimalText(x, scale);
      expect(text).toMatch(scale > 0 ? new RegExp(`^-?\\d+\\.\\d{${scale}}$`) : /^-?\d+$/);
      expect(Math.abs(Number(text) - x)).toBeLessThanOrEqual(0.5000001 * 10 ** -scale + Math.abs(x) * Number.EPSILON);
    }),
  );
});
