import { MlError, show } from '../../error.ts';
import type { DataType } from '../../frame/types.ts';
import type { SparkParamType } from '../../param/param.ts';
import type { RemoteStage } from '../engine.ts';
import { type LiteralInit, literalOf } from './literal.ts';

export const DOUBLES: DataType = { kind: 'array', element: { kind: 'double' } };

/** The types that the JVM's setters take. */
const TYPES: Readonly<Partial<Record<SparkParamType, DataType>>> = {
  boolean: { kind: 'boolean' },
  int: { kind: 'int' },
  long: { kind: 'long' },
  double: { kind: 'double' },
  string: { kind: 'string' },
  'string[]': { kind: 'array', element: { kind: 'string' } },
  'int[]': { kind: 'array', element: { kind: 'int' } },
  'double[]': DOUBLES,
  'double[][]': { kind: 'array', element: DOUBLES },
  vector: { kind: 'vector' },
  matrix: { kind: 'matrix' },
};

/** The params that are set, as the server takes them; what is not set has the server's own default. */
export function mlParams({ owner, params }: RemoteStage): { params: Record<string, LiteralInit> } {
  const literals: Record<string, LiteralInit> = Object.create(null);
  for (const [name, { type, value }] of params) {
    const known = TYPES[type];
    if (!known)
      throw new MlError('NOT_SUPPORTED', `${owner}: param ${name} cannot be sent to a cluster, got ${show(value)}`, { stage: owner, param: name });
    literals[name] = literalOf(value, known);
  }
  return { params: literals };
}
