/** What packed bytes may grow to when they are unpacked: this many bytes whatever their number, or this many times as many. */
const FREE_BYTES = 1 << 24;
const MAX_RATIO = 100;

/** Most bytes that `packed` bytes may unpack to; more would fill the memory for a file that lies. */
export function mostUnpacked(packed: number): number {
  return Math.max(FREE_BYTES, MAX_RATIO * packed);
}

export function concatenated(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
