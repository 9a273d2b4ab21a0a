import { MlError } from '../error.ts';

/** How clusters that keep a model are told to let it go, by the state that a model shares with its copies. */
const kept = new WeakMap<object, Set<() => Promise<void>>>();

/** Notes that a cluster keeps the model of this state, and how it is given back. */
export function keptThere(state: object, release: () => Promise<void>): void {
  const all = kept.get(state) ?? new Set();
  kept.set(state, all.add(release));
}

/** Lets go what clusters keep of the model; one that does not answer lets go of it with its session. */
export async function giveBack(state: object): Promise<void> {
  const all = [...(kept.get(state) ?? [])];
  kept.delete(state);
  await Promise.allSettled(all.map((release) => release()));
}

/** Whether a cluster told that it no longer has a model. */
export function isLostThere(error: unknown): error is MlError {
  return error instanceof MlError && error.details.errorClass === 'CONNECT_ML.CACHE_INVALID';
}
