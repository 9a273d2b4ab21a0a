import { type Outcome, packError } from './errors.ts';

/** What a worker is asked: an export of a module, called with plain data. */
export interface RunnerMessage {
  module?: string;
  name?: string;
  args?: unknown;
}

/** The file that pool threads run. Without a module it only answers: the pool asks so whether threads work here. */
export default async function runTask({ module, name, args }: RunnerMessage): Promise<Outcome<unknown>> {
  if (module === undefined) return { ok: true, value: undefined };
  try {
    return { ok: true, value: await (await findExport<(args: unknown) => unknown>(module, name ?? 'default'))(args) };
  } catch (error) {
    return { ok: false, error: packError(error) };
  }
}

export async function findExport<T>(module: string, name: string): Promise<T> {
  const exports = (await import(module)) as Record<string, unknown>;
  if (!Object.hasOwn(exports, name)) throw new Error(`module ${module} has no export ${name}`);
  return exports[name] as T;
}
