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
