/** Objects whose entries are no own keys: taken for an object of values by name, they would be an empty one. */
const OTHERS = [Map, Set, WeakMap, Date, RegExp, Promise, URL, Number, String, Boolean];

/** Whether this is an object of values by name. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !OTHERS.some((Class) => value instanceof Class)
  );
}
