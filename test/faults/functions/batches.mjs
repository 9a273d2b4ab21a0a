// Functions for mapBatches, most of them at fault.
function tellBegun() {
  const begun = new BroadcastChannel('begun');
  begun.postMessage(null);
  begun.close();
}
export const id = ({ rows, columns }) => ({ rows, columns });
export const half = ({ columns }) => ({ a: columns.a.slice(0, columns.a.length >> 1) });
export const sum = ({ columns }) => columns.a.map((x) => x + 1);
export function die() {
  process.exit(7);
}
export function boom() {
  throw new Error('user bug');
}
export function boomText() {
  throw 'just text';
}
export function boomNull() {
  throw null;
}
export function never() {
  tellBegun();
  return new Promise(() => {});
}
export function spin() {
  tellBegun();
  for (;;);
}
export function nothing() {}
export const tooFew = ({ rows }) => ({ rows, columns: { a: [1] } });
export const tooMany = ({ columns }) => ({ rows: 3, columns });
export const oneValue = () => [1];
export const texts = ({ rows }) => ({ rows, columns: { a: Array.from({ length: rows }, () => 'x') } });
export const functions = ({ rows }) => ({ rows, columns: { a: Array.from({ length: rows }, () => () => 1) } });
export const stack = () => stack();
export const five = 5;
