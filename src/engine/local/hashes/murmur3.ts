/**
 * MurmurHash3 (x86, 32 bits; A. Appleby) as Spark's `hash` has it: the bytes behind the last full word are mixed one by one, each as a
 * signed word of its own. All values are signed 32-bit numbers.
 */
export const murmur3 = {
  seed: 42,

  int(value: number, seed: number): number {
    return finished(mixed(seed, value), 4);
  },

  long(value: bigint, seed: number): number {
    const low = Number(BigInt.asIntN(32, value));
    const high = Number(BigInt.asIntN(32, value >> 32n));
    return finished(mixed(mixed(seed, low), high), 8);
  },

  bytes(bytes: Uint8Array, seed: number): number {
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const full = bytes.length - (bytes.length % 4);
    let h = seed;
    for (let i = 0; i < full; i += 4) h = mixed(h, words.getInt32(i, true));
    for (let i = full; i < bytes.length; i++) h = mixed(h, words.getInt8(i));
    return finished(h, bytes.length);
  },
};

function mixed(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finished(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
