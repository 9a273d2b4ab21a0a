import { MlError, show } from '../../../error.ts';
import { listNames } from '../../../frame/schema.ts';
import type { Origin } from './relation.ts';
import type { Scope } from './typed.ts';

export function unknownColumn(name: string, scope: Scope): MlError {
  const message = `${scope.owner ?? 'frame'}: column ${show(name)} does not exist; the frame has ${listNames(scope.schema.names)}`;
  return new MlError('COLUMN_NOT_FOUND', message, { column: name });
}

/** Position of the column, or -1. */
export function columnIndex(name: string, scope: Scope, of?: object): number {
  const { schema, qualifiers, origins } = scope;
  const named = schema.positions(name);
  const own = of && named.length > 1 ? named.filter((i) => cameThrough(origins?.[i] ?? null, of)) : [];
  const plain = own.length > 0 ? own : named;
  const found = plain.length > 0 ? plain : schema.fields.flatMap((f, i) => (qualifiers?.[i] && `${qualifiers[i]}.${f.name}` === name ? [i] : []));
  if (found.length > 1) {
    throw new MlError(
      'COLUMN_AMBIGUOUS',
      `${scope.owner ?? 'frame'}: column ${show(name)} must be unique, but the frame has several; give the frames an alias, or rename or drop one`,
      {
        column: name,
      },
    );
  }
  return found[0] ?? -1;
}

function cameThrough(origin: Origin | null, plan: object): boolean {
  for (let at = origin; at; at = at.before) if (at.plan === plan) return true;
  return false;
}
