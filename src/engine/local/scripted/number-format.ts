import { MlError, show } from '../../../error.ts';

/** A format of `to_number` and `to_char`, such as `S$9,999.99`. */
export interface NumberFormat {
  /** `S` gives + or -, `MI` - or a blank, `PR` puts < > around negative numbers. */
  readonly before: string;
  readonly dollar: boolean;
  /** Groups of digits before the point, from the left. One that begins with 0 has all of its digits. */
  readonly groups: readonly { readonly exact: boolean; readonly size: number }[];
  readonly point: boolean;
  readonly fraction: number;
  readonly after: string;
}

const FORM = /^(MI|S)?(\$)?((?:[09]+(?:[,G][09]+)*)?)(?:([.D])([09]*))?(PR|MI|S)?$/;

export function numberFormat(owner: string, text: string): NumberFormat {
  const match = FORM.exec(text);
  const [, before = '', dollar, whole, point, fraction = '', after = ''] = match ?? [];
  if (!match || whole + fraction === '' || (before !== '' && before === after)) {
    const must = 'format must be digits 0 and 9 with , or G between them, a point (. or D), $ in front, S or MI on one side, or PR behind';
    throw new MlError('EXPRESSION_INVALID', `${owner}: ${must}, got ${show(text)}`, { value: text });
  }
  const groups = whole === '' ? [] : whole.split(/[,G]/).map((group) => ({ exact: group.startsWith('0'), size: group.length }));
  return { before, dollar: dollar !== undefined, groups, point: point !== undefined, fraction: fraction.length, after };
}

/** How many digits a format has, before the point and behind it. */
export function digitsOf({ groups, fraction }: NumberFormat): [whole: number, fraction: number] {
  return [groups.reduce((sum, { size }) => sum + size, 0), fraction];
}

/** The number that a text spells by a format, as decimal digits; null where it does not fit. */
export function parseNumber(text: string, format: NumberFormat): string | null {
  let at = 0;
  const take = (...chars: string[]) => (at < text.length && chars.includes(text[at]) ? text[at++] : '');
  /** Digits, and how many there are between commas, from the right; blanks do not count. */
  const digits = () => {
    const found = /^[\d,\s]*/.exec(text.slice(at))?.[0] ?? '';
    at += found.length;
    return found.replace(/\s/g, '').split(',');
  };
  const bracket = format.after === 'PR' && take('<') !== '';
  let negative = take(...signs(format.before)) === '-';
  if (format.dollar && at < text.length && !take('$')) return null;
  let whole = '';
  if (format.groups.length > 0) {
    const found = digits();
    if (found.length > format.groups.length) return null;
    for (const [i, { exact, size }] of format.groups.toReversed().entries()) {
      const { length } = found.at(-1 - i) ?? '';
      if (exact ? length !== size : length > size) return null;
    }
    whole = found.join('');
  }
  const pointed = format.point && take('.') !== '';
  let fraction = '';
  if (format.fraction > 0) {
    const found = digits();
    if (found.length > 1 || found[0].length > (pointed ? format.fraction : 0)) return null;
    fraction = found[0];
  }
  if (take(...signs(format.after)) === '-') negative = !negative;
  if (bracket !== (format.after === 'PR' && take('>') !== '')) return null;
  if (at < text.length || whole + fraction === '') return null;
  return `${negative !== bracket ? '-' : ''}${whole || '0'}${format.fraction > 0 ? `.${fraction.padEnd(format.fraction, '0')}` : ''}`;
}

const signs = (kind: string) => (kind === 'S' ? ['+', '-'] : kind === 'MI' ? ['-'] : []);

/** A number, given as decimal digits, by a format: `#` for digits where it has too many. */
export function formatNumber(number: string, format: NumberFormat): string {
  const negative = number.startsWith('-') && /[1-9]/.test(number);
  const [whole, fraction] = digitsOf(format);
  const [left, right = ''] = number.replace('-', '').split('.');
  let [before, behind] = [left.replace(/^0+/, ''), right.replace(/0+$/, '')];
  if (before.length > whole || behind.length > fraction) [before, behind] = ['#'.repeat(whole), '#'.repeat(fraction)];
  const sign = negative ? '-' : '+';
  let out = format.after === 'PR' && negative ? '<' : '';
  if (format.before === 'S') out += sign;
  if (format.before === 'MI') out += negative ? '-' : ' ';
  if (format.dollar) out += '$';
  // Blanks stand before a sign or bracket, not behind it.
  const blank = () => {
    const lead = /[-+<]*$/.exec(out)?.[0] ?? '';
    out = `${out.slice(0, out.length - lead.length)} ${lead}`;
  };
  const digits = before.padStart(whole);
  let next = 0;
  for (const [i, { exact, size }] of format.groups.entries()) {
    if (i > 0 && /\d$/.test(out)) out += ',';
    else if (i > 0) blank();
    for (const digit of digits.slice(next, next + size)) {
      if (digit !== ' ') out += digit;
      else if (exact) out += '0';
      else blank();
    }
    next += size;
  }
  if (format.point) out = `${out.endsWith(' ') ? `${out.slice(0, -1)}0` : out}.${behind.padEnd(fraction, '0')}`;
  const bare = () => {
    out = out.replace(/\.(?=$| )/, ' ');
  };
  const end = (mark: string) => {
    const blanks = / *$/.exec(out)?.[0] ?? '';
    out = `${out.slice(0, out.length - blanks.length)}${mark}${blanks}`;
  };
  if (format.after === 'S' || (format.after !== '' && negative)) {
    bare();
    end(format.after === 'PR' ? '>' : sign);
  } else if (format.after === 'MI') out += ' ';
  else if (format.after === 'PR') {
    bare();
    out += '  ';
  }
  bare();
  return out === '' || out === '+' || out === '-' ? '0' : out;
}
