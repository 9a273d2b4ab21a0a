/**
 * A double as the text of a decimal with `scale` digits after the point, as Spark casts it: the double's shortest digits, rounded half up. What is
 * not finite stays as it prints.
 */
export function decimalText(x: number, scale: number): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(x));
  if (!match) return String(x);
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const digits = BigInt(whole + fraction);
  const shift = Number(exponent) - fraction.length + scale;
  const unit = 10n ** BigInt(Math.abs(shift));
  const unscaled = String(shift >= 0 ? digits * unit : (2n * digits + unit) / (2n * unit)).padStart(scale + 1, '0');
  const end = unscaled.length - scale;
  return sign + unscaled.slice(0, end) + (scale > 0 ? `.${unscaled.slice(end)}` : '');
}
