import type { DataType } from '../../../frame/types.ts';

/** A hash of Spark's: of a 32-bit number, a 64-bit one, and bytes, each upon the hash of what came before. */
export interface ValueHash<H> {
  readonly seed: H;
  int(value: number, seed: H): H;
  long(value: bigint, seed: H): H;
  bytes(bytes: Uint8Array, seed: H): H;
}

const UTF8 = new TextEncoder();
const WORD = new DataView(new ArrayBuffer(8));

/**
 * The hash of a value as rows hold it, upon `seed`, by Spark's rules: null leaves the seed, -0.0 is 0.0, items and fields follow one another. Dates
 * and timestamps come as days and microseconds.
 */
export function hashValue<H>(hash: ValueHash<H>, value: unknown, type: DataType, seed: H): H {
  if (value === null || value === undefined) return seed;
  switch (type.kind) {
    case 'boolean':
      return hash.int(value ? 1 : 0, seed);
    case 'byte':
    case 'short':
    case 'int':
      return hash.int(value as number, seed);
    case 'long':
      return hash.long(value as bigint, seed);
    case 'float':
      WORD.setFloat32(0, (value as number) + 0);
      return hash.int(Number.isNaN(value) ? 0x7fc00000 : WORD.getInt32(0), seed);
    case 'double':
      WORD.setFloat64(0, (value as number) + 0);
      return hash.long(Number.isNaN(value) ? 0x7ff8000000000000n : WORD.getBigInt64(0), seed);
    case 'decimal': {
      const unscaled = BigInt((value as string).replace('.', ''));
      return type.precision <= 18 ? hash.long(unscaled, seed) : hash.bytes(twosComplement(unscaled), seed);
    }
    case 'string':
      return hash.bytes(UTF8.encode(value as string), seed);
    case 'binary':
      return hash.bytes(value as Uint8Array, seed);
    case 'array':
      return (value as unknown[]).reduce<H>((upon, item) => hashValue(hash, item, type.element, upon), seed);
    case 'struct':
      return type.fields.reduce((upon, { name, type }) => hashValue(hash, (value as Record<string, unknown>)[name], type, upon), seed);
    default:
      return seed;
  }
}

/** The fewest bytes, highest first, that hold a whole number with its sign. */
function twosComplement(value: bigint): Uint8Array {
  let bytes = 1;
  while (BigInt.asIntN(8 * bytes, value) !== value) bytes++;
  return Uint8Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * (bytes - 1 - i))) & 0xffn));
}
