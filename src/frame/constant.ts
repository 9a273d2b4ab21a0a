import { MlError, show } from '../error.ts';
import { isVector } from '../linalg/vectors.ts';
import type { DataType } from './types.ts';

const VOID: DataType = { kind: 'void' };
const NUMBERS = ['int', 'long', 'double'];

/**
 * The type of a constant as `lit` takes it: whole numbers are `int`, or `long` when large; the items of a list must be of one type, but for nulls.
 */
export function typeOfConstant(value: unknown): DataType {
  if (value === null || value === undefined) return VOID;
  if (typeof value === 'boolean') return { kind: 'boolean' };
  if (typeof value === 'string') return { kind: 'string' };
  if (typeof value === 'bigint') return { kind: 'long' };
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { kind: 'double' };
    return { kind: value >= -0x80000000 && value <= 0x7fffffff ? 'int' : 'long' };
  }
  if (value instanceof Date) return { kind: 'timestamp' };
  if (value instanceof Uint8Array) return { kind: 'binary' };
  if (isVector(value)) return { kind: 'vector' };
  if (!Array.isArray(value)) throw new MlError('EXPRESSION_INVALID', `lit: value must be a constant, got ${show(value)}`, { value });
  const element = value.map(typeOfConstant).reduce<DataType | null>((found, type) => found && common(found, type), VOID);
  if (element) return { kind: 'array', element };
  throw new MlError('EXPRESSION_INVALID', `lit: the items of a list must be of one type, got ${show(value)}`, { value });
}

/** The type that has the values of both, if there is one. */
function common(a: DataType, b: DataType): DataType | null {
  if (a.kind === 'void') return b;
  if (b.kind === 'void') return a;
  if (a.kind === 'array' && b.kind === 'array') {
    const element = common(a.element, b.element);
    return element && { kind: 'array', element };
  }
  if (a.kind === b.kind) return a;
  const ranks = [a, b].map((type) => NUMBERS.indexOf(type.kind));
  if (ranks.includes(-1)) return null;
  return ranks[0] > ranks[1] ? a : b;
}
