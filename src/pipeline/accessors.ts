import { MlError } from '../error.ts';
import { paramShapes } from '../param/param.ts';
import type { StageClass } from './stage.ts';

const told = new WeakSet<object>();

/**
 * Gives a class the `getMaxIter` and `setMaxIter` of Spark's stages as methods that say how params are read and changed here: no type lets one call
 * them, plain JavaScript does.
 */
export function tellOfAccessors(Class: StageClass): void {
  if (told.has(Class)) return;
  told.add(Class);
  const { prototype } = Class as unknown as { prototype: object };
  for (const name of paramShapes(Class.paramSchema).keys()) {
    const suffix = name[0].toUpperCase() + name.slice(1);
    refuse(prototype, `get${suffix}`, name, `read it as params.${name}`);
    refuse(prototype, `set${suffix}`, name, `stages never change, copy({ ${name}: … }) makes a changed one`);
  }
}

function refuse(prototype: object, method: string, param: string, remedy: string): void {
  if (method in prototype) return;
  const value = function (this: { owner?: string } | undefined): never {
    throw new MlError('NOT_SUPPORTED', `${this?.owner ?? 'stage'}: has no ${method}; ${remedy}`, { param });
  };
  Object.defineProperty(prototype, method, { value, configurable: true, writable: true });
}
