import { MlError, show } from '../../../error.ts';

/** Java's line terminators, as they stand in a class. */
const ENDS = '\\n\\r\\u0085\\u2028\\u2029';
const BLANKS = ' \\t\\n\\v\\f\\r';
const START = '(?<![^])';
const END = '(?![^])';
const LAST_LINE = `(?=(?:\\r\\n|[${ENDS}])?${END})`;

const BEYOND_ASCII = /[\u0080-\uffff]/;

/** Classes by Java's name, as the inside of a class. */
const CLASSES: ReadonlyMap<string, string> = new Map([
  ['Lower', 'a-z'],
  ['Upper', 'A-Z'],
  ['ASCII', '\\x00-\\x7f'],
  ['Alpha', 'a-zA-Z'],
  ['Digit', '0-9'],
  ['Alnum', 'a-zA-Z0-9'],
  ['Punct', '\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e'],
  ['Graph', '\\x21-\\x7e'],
  ['Print', '\\x20-\\x7e'],
  ['Blank', ' \\t'],
  ['Cntrl', '\\x00-\\x1f\\x7f'],
  ['XDigit', '0-9a-fA-F'],
  ['Space', BLANKS],
  ['IsAlphabetic', '\\p{Alphabetic}'],
  ['IsLetter', '\\p{L}'],
  ['IsDigit', '\\p{Nd}'],
  ['IsUppercase', '\\p{Uppercase}'],
  ['IsLowercase', '\\p{Lowercase}'],
  ['IsPunctuation', '\\p{P}'],
  ['IsWhite_Space', '\\p{White_Space}'],
  ['javaLowerCase', '\\p{Lowercase}'],
  ['javaUpperCase', '\\p{Uppercase}'],
]);

/** Escapes of one letter: outside of a class, and within. */
const ESCAPES: ReadonlyMap<string, readonly [string, string]> = new Map<string, readonly [string, string]>([
  ['s', [`[${BLANKS}]`, BLANKS]],
  ['S', [`[^${BLANKS}]`, `[^${BLANKS}]`]],
  ['h', ['[ \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000]', ' \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000']],
  ['R', [`(?:\\r\\n|[\\n\\v\\f\\r\\u0085\\u2028\\u2029])`, '']],
  ['A', [START, '']],
  ['z', [END, '']],
  ['Z', [LAST_LINE, '']],
  ['a', ['\\x07', '\\x07']],
  ['e', ['\\x1b', '\\x1b']],
  ...[...'dDwWtnrf'].map((c) => [c, [`\\${c}`, `\\${c}`]] as const),
  ...[...'bB'].map((c) => [c, [`\\${c}`, '']] as const),
]);

/** A regular expression of Java's as one of JavaScript's; what has no counterpart (atomic groups, flags in the middle) is refused. */
export function javaPattern(owner: string, pattern: string): RegExp {
  const refuse = (why: string, cause?: unknown) =>
    new MlError(
      'EXPRESSION_INVALID',
      `${owner}: regular expression must be one that can be read, ${why} in ${show(pattern)}`,
      { value: pattern },
      { cause },
    );
  const flags = /^\(\?([ims]+)\)/.exec(pattern)?.[1] ?? '';
  const body = flags === '' ? pattern : pattern.slice(flags.length + 3);
  // Java folds ASCII letters only.
  if (flags.includes('i') && BEYOND_ASCII.test(body)) throw refuse('(?i) beside letters beyond ASCII is not supported');
  const source = new PatternReader(body, flags, refuse).read();
  try {
    return new RegExp(source, flags.includes('i') ? 'giv' : 'gv');
  } catch (cause) {
    throw refuse((cause as Error).message.replace(/^Invalid regular expression: /, '').replace(/^.*: (?=[^:]*$)/s, ''), cause);
  }
}

class PatternReader {
  readonly #text: string;
  readonly #flags: string;
  readonly #refuse: (why: string) => MlError;
  #at = 0;

  constructor(text: string, flags: string, refuse: (why: string) => MlError) {
    this.#text = text;
    this.#flags = flags;
    this.#refuse = refuse;
  }

  read(): string {
    let out = '';
    while (this.#at < this.#text.length) out += this.#piece();
    return out;
  }

  #piece(): string {
    const c = this.#next();
    switch (c) {
      case '\\':
        return this.#escape(false);
      case '[':
        return this.#class();
      case '.':
        return this.#flags.includes('s') ? '[^]' : `[^${ENDS}]`;
      case '^':
        return this.#flags.includes('m') ? `(?:${START}|(?<=\\n|\\r(?!\\n)|[\\u0085\\u2028\\u2029])(?=[^]))` : START;
      case '$':
        return this.#flags.includes('m') ? `(?=\\r\\n|[${ENDS}]|${END})` : LAST_LINE;
      case '(':
        return this.#group();
      case '*':
      case '+':
      case '?':
      case '}': {
        if (this.#text[this.#at] === '+') throw this.#refuse('possessive quantifiers are not supported');
        return c;
      }
      default:
        return ')|{'.includes(c) ? c : this.#literal(c);
    }
  }

  #group(): string {
    const head = /^\?(?:[:=!]|<[=!]|<[A-Za-z][A-Za-z0-9]*>)/.exec(this.#text.slice(this.#at));
    if (!head && this.#text[this.#at] === '?') throw this.#refuse('atomic groups and flags in the middle are not supported');
    this.#at += head?.[0].length ?? 0;
    return `(${head?.[0] ?? ''}`;
  }

  /** The class whose bracket has just opened; brackets within are unions, && intersects. */
  #class(): string {
    const parts = [''];
    const add = (piece: string) => {
      parts[parts.length - 1] += piece;
    };
    const negation = this.#text[this.#at] === '^' ? this.#next() : '';
    if (this.#text[this.#at] === ']') add(this.#literal(this.#next()));
    for (;;) {
      const c = this.#next();
      if (c === ']') return parts.length === 1 ? `[${negation}${parts[0]}]` : `[${negation}${parts.map((part) => `[${part}]`).join('&&')}]`;
      if (c === '&' && this.#text[this.#at] === '&') {
        this.#at++;
        parts.push('');
      } else if (c === '[') add(this.#class());
      else if (c === '\\') add(this.#escape(true));
      else if (c === '-' && parts.at(-1) !== '' && this.#text[this.#at] !== ']') add('-');
      else add(this.#literal(c));
    }
  }

  #escape(inClass: boolean): string {
    const c = this.#next();
    const rest = this.#text.slice(this.#at);
    if (c === 'Q') {
      const end = rest.indexOf('\\E');
      const quoted = end < 0 ? rest : rest.slice(0, end);
      this.#at += end < 0 ? rest.length : end + 2;
      return [...quoted].map((char) => this.#literal(char)).join('');
    }
    const known = ESCAPES.get(c)?.[inClass ? 1 : 0];
    if (known) return known;
    const code =
      c === 'u'
        ? /^[0-9a-fA-F]{4}/.exec(rest)
        : c === 'x'
          ? /^(?:[0-9a-fA-F]{2}|\{[0-9a-fA-F]+\})/.exec(rest)
          : c === '0'
            ? /^[0-7]{1,3}/.exec(rest)
            : null;
    if (code) {
      this.#at += code[0].length;
      return this.#literal(String.fromCodePoint(Number.parseInt(code[0].replace(/[{}]/g, ''), c === '0' ? 8 : 16)));
    }
    if (c === 'p' || c === 'P') return this.#property(c === 'P', rest, inClass);
    if (/[1-9]/.test(c) && !inClass) return `\\${c}(?:)`;
    const named = c === 'k' ? /^<\w+>/.exec(rest) : null;
    if (named) {
      this.#at += named[0].length;
      return `\\k${named[0]}`;
    }
    if (/[a-zA-Z0-9]/.test(c)) throw this.#refuse(`\\${c} is not supported`);
    return this.#literal(c);
  }

  #property(isNegated: boolean, rest: string, inClass: boolean): string {
    const [all = '', long, short] = /^(?:\{(\w+)\}|(\w))/.exec(rest) ?? [];
    const name = long ?? short ?? '';
    this.#at += all.length;
    const known =
      CLASSES.get(name) ??
      (/^(?:Is)?(?:L[ulmto]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfosn]?)$/.test(name) ? `\\p{${name.replace(/^Is/, '')}}` : null);
    if (known === null) throw this.#refuse(`the class ${show(name)} is not supported`);
    return isNegated ? `[^${known}]` : inClass ? known : `[${known}]`;
  }

  #literal(c: string): string {
    return /[\w\u0080-\u{10ffff}]/u.test(c) ? c : `\\u{${(c.codePointAt(0) as number).toString(16)}}`;
  }

  #next(): string {
    const c = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    if (this.#at >= this.#text.length) throw this.#refuse('it ends too early');
    this.#at += c.length;
    return c;
  }
}

/** The pattern for RE2 where that takes it as Java does, text that ends with a line break included; else null. */
export function re2Pattern(pattern: string): string | null {
  const flags = /^\(\?[ims]+\)/.exec(pattern)?.[0] ?? '';
  const body = pattern.slice(flags.length);
  if ((flags.includes('i') && BEYOND_ASCII.test(body)) || flags.includes('m')) return null;
  let out = flags;
  let depth = 0;
  for (const [piece] of body.matchAll(/\\[\s\S]|\[\^?\]?|\(\?.?|[*+?}]\+|[\s\S]/gu)) {
    if (piece.startsWith('\\')) {
      if (!/^\\(?:[dDwWsStnrf]|[^a-zA-Z0-9])$/u.test(piece)) return null;
      out += piece;
    } else if (depth > 0) {
      if (piece.startsWith('[') || piece === '&') return null;
      if (piece === ']') depth--;
      out += piece;
    } else if (piece.startsWith('[')) {
      depth++;
      out += piece;
    } else if (piece === '$' || (piece.startsWith('(?') && piece !== '(?:') || /^[*+?}]\+$/.test(piece)) return null;
    else out += piece === '.' && !flags.includes('s') ? '[^\\n\\r\\x{85}\\x{2028}\\x{2029}]' : piece;
  }
  return depth > 0 ? null : out;
}
