import { MlError } from '../../../error.ts';
import { javaPattern } from '../sql/java-pattern.ts';

const known = new Map<string, RegExp>();

/** Patterns are few and rows are many. */
function compiled(owner: string, pattern: string): RegExp {
  let found = known.get(pattern);
  if (!found) {
    found = javaPattern(owner, pattern);
    if (known.size > 100) known.clear();
    known.set(pattern, found);
  }
  found.lastIndex = 0;
  return found;
}

export function rlike(x: string, pattern: string): boolean {
  return compiled('rlike', pattern).test(x);
}

/** The group of the first match, empty where there is none. */
export function regexpExtract(x: string, pattern: string, group: number): string {
  return compiled('regexp_extract', pattern).exec(x)?.[group] ?? '';
}

export function regexpExtractAll(x: string, pattern: string, group: number): string[] {
  return [...x.matchAll(compiled('regexp_extract_all', pattern))].map((match) => match[group] ?? '');
}

/** The place of the first match from 1, 0 where there is none. */
export function regexpInstr(x: string, pattern: string): number {
  const at = compiled('regexp_instr', pattern).exec(x)?.index;
  return at === undefined ? 0 : [...x.slice(0, at)].length + 1;
}

/** Every match replaced; `$1` and `${name}` in `by` are groups, a backslash makes the next character itself. */
export function regexpReplace(x: string, pattern: string, by: string): string {
  return x.replace(compiled('regexp_replace', pattern), (...match: unknown[]) => {
    const names = (typeof match.at(-1) === 'object' ? match.at(-1) : {}) as Record<string, string | undefined>;
    const groups = match.slice(
      0,
      match.findIndex((part, i) => i > 0 && typeof part === 'number'),
    );
    return by.replace(/\\(.)|\$(?:\{(\w+)\}|(\d))|[\\$]/gs, (piece: string, plain?: string, name?: string, digit?: string) => {
      if (plain !== undefined) return plain;
      if (digit !== undefined && Number(digit) < groups.length) return (groups[Number(digit)] as string | undefined) ?? '';
      if (name !== undefined && name in names) return names[name] ?? '';
      throw new MlError('EXPRESSION_INVALID', `regexp_replace: ${JSON.stringify(piece)} in the replacement must be a group of the pattern`, {
        value: by,
      });
    });
  });
}

/** Cut at matches, into at most `limit` pieces when that is above 0; an empty match at the beginning cuts nothing. */
export function splitAt(x: string, pattern: string, limit: number): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const match of x.matchAll(compiled('split', pattern))) {
    if (limit > 0 && parts.length === limit - 1) break;
    const end = match.index + match[0].length;
    if (end === 0 || (match[0] === '' && match.index >= x.length)) continue;
    parts.push(x.slice(from, match.index));
    from = end;
  }
  parts.push(x.slice(from));
  return parts;
}
