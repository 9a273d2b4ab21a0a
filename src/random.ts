import { MlError, show } from './error.ts';
import { log } from './kernels/js/math.ts';

/**
 * A stream of random numbers: xoshiro128** (Blackman and Vigna, 2018), its state filled from a 64-bit seed by splitmix64.
 * The same seed gives the same numbers everywhere; `split(i)` gives streams that do not overlap in practice.
 */
export class Random {
  readonly seed: bigint;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** `seed`: an integer; only its low 64 bits count. */
  constructor(seed: number | bigint) {
    if (typeof seed === 'number' ? !Number.isInteger(seed) : typeof seed !== 'bigint') {
      throw new MlError('VALUE_INVALID', `Random: seed must be an integer, got ${show(seed)}`, { value: seed });
    }
    this.seed = BigInt.asIntN(64, BigInt(seed));
    const first = mix(this.seed + GOLDEN);
    const second = mix(this.seed + 2n * GOLDEN);
    this.#a = Number(first & 0xffffffffn) | 0;
    this.#b = Number(first >> 32n) | 0;
    this.#c = Number(second & 0xffffffffn) | 0;
    this.#d = Number(second >> 32n) | 0 || 1;
  }

  /** 32 random bits, as an integer in [0, 2^32). */
  nextBits(): number {
    const b = this.#b;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const c = this.#c ^ this.#a;
    const d = this.#d ^ b;
    this.#b = b ^ c;
    this.#a ^= d;
    this.#c = c ^ (b << 9);
    this.#d = rotate(d, 11);
    return result;
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  next(): number {
    const high = this.nextBits() >>> 5;
    return (high * 67108864 + (this.nextBits() >>> 6)) / 9007199254740992;
  }

  /** Uniform integer in [0, n), n in [1, 2^53]. */
  nextInt(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 9007199254740992) {
      throw new MlError('VALUE_INVALID', `Random: nextInt takes an integer in [1, 2^53], got ${show(n)}`, { value: n });
    }
    if (n <= 4294967296) {
      // The top of the 32-bit range that n does not divide is drawn again, so that no remainder is favoured.
      const limit = 4294967296 - (4294967296 % n);
      for (;;) {
        const bits = this.nextBits();
        if (bits < limit) return bits % n;
      }
    }
    return Math.floor(this.next() * n);
  }

  /** Standard normal, by the polar method. */
  nextGaussian(): number {
    for (;;) {
      const x = 2 * this.next() - 1;
      const y = 2 * this.next() - 1;
      const s = x * x + y * y;
      if (s > 0 && s < 1) return x * Math.sqrt((-2 * log(s)) / s);
    }
  }

  /** The stream number `i` of this seed: it depends on the seed and `i` only, not on what was drawn before. */
  split(i: number): Random {
    return new Random(mix(mix(this.seed) ^ mix(BigInt(i) * GOLDEN + 0x632be59bd9b4e019n)));
  }
}

const GOLDEN = 0x9e3779b97f4a7c15n;

/** splitmix64's finaliser. */
function mix(x: bigint): bigint {
  let z = BigInt.asUintN(64, x);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** 32 bits that look random and follow from `seed` and `index` (integers) alone: draws that depend on no order. */
export function hash32(seed: number, index: number): number {
  let h = scramble((seed | 0) ^ 0x9e3779b9);
  h = scramble(h ^ Math.floor(seed / 4294967296));
  h = scramble(h ^ (index | 0));
  return scramble(h ^ Math.floor(index / 4294967296) ^ 0x85ebca6b) >>> 0;
}

/** murmur3's finaliser. */
function scramble(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
