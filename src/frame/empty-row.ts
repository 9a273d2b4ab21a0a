/**
 * An object whose own keys are `names` (`__proto__` may be one), all null. Rows are copies of it, `{ ...empty }`, filled in: V8 keeps an object of
 * more than some 16 keys that came one by one as a hash table, which takes three times the room and is slow to read.
 */
export function emptyRow(names: readonly string[]): Record<string, unknown> {
  return JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join(',')}}`);
}
