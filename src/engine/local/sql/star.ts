import type { Schema } from '../../../frame/schema.ts';
import { javaPattern } from './java-pattern.ts';

/** Names that a regular expression of Java's matches as a whole. */
export function matchingNames(pattern: string, { names }: Schema): Set<string> {
  // `(a|b)?+.+`, which leaves columns out, takes what it can and gives nothing back.
  const greedy = pattern.replace(/^\(([^()]*)\)\?\+/, '(?=((?:$1)?))\\1');
  const whole = javaPattern('colRegex', `^(?:${greedy})$`);
  return new Set(names.filter((name) => name.search(whole) >= 0));
}
