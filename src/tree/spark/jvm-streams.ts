import { exp } from '../../kernels/js/math.ts';

/** A 64-bit integer as two 32-bit ones, high then low. */
export type Long = readonly [high: number, low: number];

/** The low 64 bits of an integer. */
export function longOf(value: bigint): Long {
  return [Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value))];
}

/** `java.util.Random`: a linear congruence of 48 bits. */
export class JavaRandom {
  #state: bigint;

  constructor(seed: bigint) {
    this.#state = (seed ^ 0x5deece66dn) & 0xffffffffffffn;
  }

  nextLong(): Long {
    const high = this.#nextInt();
    const low = this.#nextInt();
    // Java adds the low half as a signed number.
    return [(high + (low < 0 ? -1 : 0)) | 0, low];
  }

  #nextInt(): number {
    this.#state = (this.#state * 0x5deece66dn + 0xbn) & 0xffffffffffffn;
    return Number(this.#state >> 16n) | 0;
  }
}

/** Spark's `XORShiftRandom`: xorshift by 21, 35 and 4 (Marsaglia, 2003) from the MurmurHash3 of the seed. */
export class XorShiftRandom {
  #high: number;
  #low: number;

  constructor(seed: Long) {
    this.#low = murmur3(seed, 0x3c074a61);
    this.#high = murmur3(seed, this.#low);
  }

  /** Uniform in [0, 1). */
  next(): number {
    const top = this.#nextLow() & 0x3ffffff;
    return (top * 0x8000000 + (this.#nextLow() & 0x7ffffff)) / 2 ** 53;
  }

  #nextLow(): number {
    const high = this.#high ^ ((this.#high << 21) | (this.#low >>> 11));
    const low = this.#low ^ (this.#low << 21) ^ (high >>> 3);
    this.#high = high ^ ((high << 4) | (low >>> 28));
    this.#low = low ^ (low << 4);
    return this.#low;
  }
}

/** MurmurHash3 (x86, 32 bits; Appleby) of the eight bytes of a long, the highest first. */
function murmur3(value: Long, seed: number): number {
  let h = seed;
  for (const half of value) {
    // Bytes are read as little-endian words.
    const word = ((half & 0xff) << 24) | ((half & 0xff00) << 8) | ((half >>> 8) & 0xff00) | (half >>> 24);
    const k = Math.imul(word, 0xcc9e2d51);
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  h ^= 8;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const WELL_WORDS = 624;

/** WELL19937c (Panneton, L'Ecuyer, Matsumoto, 2006), seeded as Apache Commons Math does. */
class Well19937c {
  readonly #v = new Int32Array(WELL_WORDS);
  #index = 0;

  constructor(seed: Long) {
    const v = this.#v;
    v.set(seed);
    for (let i = 2; i < WELL_WORDS; i++) {
      const before = v[i - 2];
      v[i] = Math.imul(1812433253, before ^ (before >> 30)) + i;
    }
  }

  /** Uniform in [0, 1). */
  next(): number {
    const top = this.#nextBits() >>> 6;
    return (top * 0x4000000 + (this.#nextBits() >>> 6)) / 2 ** 52;
  }

  #nextBits(): number {
    const v = this.#v;
    const index = this.#index;
    const before = wrapped(index + WELL_WORDS - 1);
    const twoBefore = wrapped(index + WELL_WORDS - 2);
    const v0 = v[index];
    const m1 = v[wrapped(index + 70)];
    const m2 = v[wrapped(index + 179)];
    const m3 = v[wrapped(index + 449)];
    const z0 = (0x80000000 & v[before]) ^ (0x7fffffff & v[twoBefore]);
    const z1 = v0 ^ (v0 << 25) ^ m1 ^ (m1 >>> 27);
    const z2 = (m2 >>> 9) ^ m3 ^ (m3 >>> 1);
    const z3 = z1 ^ z2;
    let z4 = z0 ^ z1 ^ (z1 << 9) ^ z2 ^ (z2 << 21) ^ z3 ^ (z3 >>> 21);
    v[index] = z3;
    v[before] = z4;
    v[twoBefore] &= 0x80000000;
    this.#index = before;
    z4 ^= (z4 << 7) & 0xe46e1700;
    return z4 ^ ((z4 << 15) & 0x9b868000);
  }
}

function wrapped(index: number): number {
  return index < WELL_WORDS ? index : index - WELL_WORDS;
}

/** Poisson numbers of mean `rate` (below 40), as Apache Commons Math draws them: uniform numbers are multiplied until they fall below e^-rate. */
export class PoissonStream {
  readonly #random: Well19937c;
  readonly #least: number;
  readonly #most: number;

  constructor(rate: number, seed: Long) {
    this.#random = new Well19937c(seed);
    this.#least = exp(-rate);
    this.#most = 1000 * rate;
  }

  next(): number {
    let n = 0;
    for (let product = 1; n < this.#most; n++) {
      product *= this.#random.next();
      if (product < this.#least) break;
    }
    return n;
  }
}
