/** A double as Spark (Java) prints it: `1.0`, `0.001`, `1.0E7`, `1.5E-5`, `NaN`, `Infinity`. */
export function javaDouble(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  if (x === 0) return Object.is(x, -0) ? '-0.0' : '0.0';
  const magnitude = Math.abs(x);
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    const text = String(x);
    return text.includes('.') ? text : `${text}.0`;
  }
  // Java prints two digits at least, the nearest ones: 5e-324, the least double, is 4.94e-324.
  if (magnitude === Number.MIN_VALUE) return x < 0 ? '-4.9E-324' : '4.9E-324';
  const [digits, exponent] = x.toExponential().split('e') as [string, string];
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}
