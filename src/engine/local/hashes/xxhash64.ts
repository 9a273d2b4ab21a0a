const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

/** XXH64 (Y. Collet) as Spark's `xxhash64` has it: an int is hashed as its four bytes. All values are signed 64-bit numbers. */
export const xxhash64 = {
  seed: 42n,

  int(value: number, seed: bigint): bigint {
    return finished(word(u64(seed + P5 + 4n), BigInt(value >>> 0)));
  },

  long(value: bigint, seed: bigint): bigint {
    return finished(doubleWord(u64(seed + P5 + 8n), u64(value)));
  },

  bytes(bytes: Uint8Array, seed: bigint): bigint {
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { length } = bytes;
    let at = 0;
    let h = u64(seed + P5);
    if (length >= 32) {
      const lanes = [u64(seed + P1 + P2), u64(seed + P2), u64(seed), u64(seed - P1)];
      for (; at <= length - 32; at += 32) {
        for (let k = 0; k < 4; k++) lanes[k] = round(lanes[k], data.getBigUint64(at + 8 * k, true));
      }
      h = u64(rotated(lanes[0], 1n) + rotated(lanes[1], 7n) + rotated(lanes[2], 12n) + rotated(lanes[3], 18n));
      for (const lane of lanes) h = u64((h ^ round(0n, lane)) * P1 + P4);
    }
    h = u64(h + BigInt(length));
    for (; at <= length - 8; at += 8) h = doubleWord(h, data.getBigUint64(at, true));
    for (; at <= length - 4; at += 4) h = word(h, BigInt(data.getUint32(at, true)));
    for (; at < length; at++) h = u64(rotated(h ^ u64(BigInt(bytes[at]) * P5), 11n) * P1);
    return finished(h);
  },
};

const u64 = (x: bigint) => BigInt.asUintN(64, x);
const rotated = (x: bigint, by: bigint) => u64(x << by) | (x >> (64n - by));
const round = (lane: bigint, value: bigint) => u64(rotated(u64(lane + value * P2), 31n) * P1);
const doubleWord = (h: bigint, value: bigint) => u64(rotated(h ^ round(0n, value), 27n) * P1 + P4);
const word = (h: bigint, value: bigint) => u64(rotated(h ^ u64(value * P1), 23n) * P2 + P3);

function finished(hash: bigint): bigint {
  let h = u64((hash ^ (hash >> 33n)) * P2);
  h = u64((h ^ (h >> 29n)) * P3);
  return BigInt.asIntN(64, h ^ (h >> 32n));
}
