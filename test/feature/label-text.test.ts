import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareText, numberText } from '#dist/feature/label-text.js';

describe('compareText', () => {
  it('orders as the bytes of UTF-8', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});

describe('numberText', () => {
  it.each([
    [1, 'double', '1.0'],
    [1e7, 'double', '1.0E7'],
    [-0, 'double', '-0.0'],
    [-Number.MIN_VALUE, 'double', '-4.9E-324'],
    [1e-320, 'double', '1.0E-320'],
    [Math.fround(0.1), 'float', '0.1'],
    [16777216, 'float', '1.6777216E7'],
    [12, 'int', '12'],
    [-0, 'long', '0'],
  ] as const)('%s as %s is %s', (x, kind, text) => {
    expect(numberText(x, kind)).toBe(text);
  });

  it('prints floats so that they read back', () => {
    fc.assert(
      fc.property(fc.float(), (x) => {
        expect(Math.fround(Number(numberText(x, 'float')))).toBe(x);
      }),
    );
  });
});
