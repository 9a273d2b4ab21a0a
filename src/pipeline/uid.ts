import { Random } from '../random.ts';

/** `<prefix>_<12 hex digits>`, as Spark names stages. Uids are the only randomness without a seed. */
export function randomUid(prefix: string): string {
  return `${prefix}_${globalThis.crypto.randomUUID().replaceAll('-', '').slice(-12)}`;
}

/** Spark's default seed of a class: Java's hash of its name. */
export function classSeed(type: string): number {
  let hash = 0;
  for (let i = 0; i < type.length; i++) hash = (Math.imul(hash, 31) + type.charCodeAt(i)) | 0;
  return hash;
}

/** `<prefix>_<12 hex digits>` of the i-th part of the stage `parent`: the same each time. */
export function derivedUid(prefix: string, parent: string, i: number): string {
  const random = new Random(classSeed(`${parent}/${i}`));
  const hex = (bits: number, digits: number) => bits.toString(16).padStart(digits, '0');
  return `${prefix}_${hex(random.nextBits(), 8)}${hex(random.nextBits() >>> 16, 4)}`;
}
