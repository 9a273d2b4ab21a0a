/**
 * The words that the threads of one fit share. Work goes in rounds; a round is a number of chunks of rows, which threads claim one by one.
 *
 * Order matters. The leader writes input, AGGREGATOR, PHASE, CHUNKS, FINISHED = 0, then ROUND + 1, then REMAINING = CHUNKS, and at last CALL + 1,
 * on which the others wait. Whoever takes REMAINING down from a positive number owns that chunk, and since the leader ends a round only when
 * FINISHED = CHUNKS, everything written before REMAINING stays as it is until that chunk is reported finished. A thread may take
 * REMAINING below zero between rounds: the leader's store mends it.
 */
export const CONTROL_WORDS = 16;
export const STATE = 0;
export const ROUND = 1;
export const CALL = 2;
export const REMAINING = 3;
export const FINISHED = 4;
export const CHUNKS = 5;
/** Of aggregates; in rounds of hands the number of their phase. */
export const AGGREGATOR = 6;
export const PHASE = 7;

/** STATE: it leaves RUNNING once, for one of the others, and never comes back. */
const RUNNING = 0;
export const DONE = 1;
export const ABORTED = 2;
export const LOST = 3;
export const FAILED = 4;

/** PHASE of a round. */
export const SUM = 0;
export const PREPARE = 1;
export const HANDS = 2;

/** How often a waiting thread looks before it sleeps, and for how long (ms) it sleeps at most before it looks again. */
const SPINS = 3000;
const NAP = 20;

/** Leaves RUNNING for `state` and wakes everybody. */
export function stop(control: Int32Array, state: number): void {
  Atomics.compareExchange(control, STATE, RUNNING, state);
  Atomics.notify(control, CALL);
  Atomics.notify(control, FINISHED);
}

export function running(control: Int32Array): boolean {
  return Atomics.load(control, STATE) === RUNNING;
}

/** Waits until word `at` differs from `seen` or a nap is over. */
export function waitForChange(control: Int32Array, at: number, seen: number): void {
  for (let i = 0; i < SPINS; i++) if (Atomics.load(control, at) !== seen) return;
  Atomics.wait(control, at, seen, NAP);
}
