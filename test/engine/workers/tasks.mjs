/** What the tests run on worker threads, which take plain modules only. */
import { threadId } from 'node:worker_threads';
import { MlError } from '#dist/error.js';

export const double = (x) => 2 * x;
export const whichThread = () => threadId;
export const die = () => process.exit(3);
export const giveFunction = () => () => 1;

export function throwPlain(message) {
  throw new TypeError(message, { cause: new RangeError('the cause') });
}

export function throwMl({ column }) {
  throw new MlError('COLUMN_NOT_FOUND', `Test: there is no column ${column}`, { column }, { cause: new Error('the cause') });
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(() => resolve(ms), ms));

/** Takes ever more of the thread's heap. */
export function hoard() {
  const kept = [];
  for (;;) kept.push(new Array(10_000).fill({}));
}

/** Never ends and looks at nothing. */
export function spin() {
  for (;;);
}

/** Adds one to the counter and waits until it reaches the count: tasks that only end when they run at the same time. */
export function meet({ counter, count }) {
  Atomics.add(counter, 0, 1);
  Atomics.notify(counter, 0);
  const deadline = Date.now() + 10_000;
  while (Atomics.load(counter, 0) < count && Date.now() < deadline) Atomics.wait(counter, 0, Atomics.load(counter, 0), 5);
  return Atomics.load(counter, 0);
}

/** Gradient descent on `loss`: after each step the weights have moved by -0.1 · the mean gradient. */
export function descend(ctx, { steps, d }) {
  const w = new Float64Array(d + 1);
  let loss = 0;
  for (let step = 0; step < steps; step++) {
    const sums = ctx.aggregate('loss', w);
    loss = sums[0] / sums[1];
    for (let j = 0; j <= d; j++) w[j] -= (0.1 * sums[2 + j]) / sums[1];
    ctx.report({ iteration: step + 1, objective: loss });
  }
  return { w, loss, rows: ctx.rows };
}

export const aggregateOnce = (ctx, { name }) => ctx.aggregate(name);

/** Sums for ever; ends by abort alone. `started` becomes 1. */
export function sumForever(ctx, { started, d }) {
  for (;;) {
    ctx.aggregate('loss', new Float64Array(d + 1));
    Atomics.store(started, 0, 1);
  }
}

/** Never sums, never looks. `started` becomes 1. */
export function ignoreAborts(_ctx, { started }) {
  Atomics.store(started, 0, 1);
  spin();
}

export function throwFrom(_ctx, { how }) {
  if (how === 'ml') throwMl({ column: 'age' });
  throwPlain('a broken fit');
}

/** The sum of the first column; block `at` goes wrong in the way `how` says: always, or once when `once` (shared) is given. */
export const faulty = {
  inputLength: ({ d }) => d + 1,
  outputLength: ({ d }) => d + 3,
  scratchBytes: () => 0,
  bind({ memory, columns, firstRow }, _scratch, _prepared, { at, how, once }) {
    const x = new Float64Array(memory.buffer, columns[0].ptr, columns[0].length);
    return {
      load() {},
      block(lo, hi, output) {
        if (firstRow + lo === at && (!once || Atomics.exchange(once, 0, 1) === 0)) {
          if (how === 'exit') process.exit(4);
          if (how === 'ml') throwMl({ column: 'x' });
          throwPlain('a broken block');
        }
        output[1] = hi - lo;
        for (let i = lo; i < hi; i++) output[2] += x[i];
      },
    };
  },
};

export const throughMoments = (ctx) => ctx.aggregate('moments');

/** Rounds over words at the begin of the first partition's memory: piece k of phase p adds p · (k + 1) to word k, and its thread to the last. */
export const counting = {
  bytes: () => 4 * 1024,
  bind({ thread, partitions, regions }) {
    const words = new Int32Array(partitions[0].memory.buffer, regions[0].ptr, 1024);
    return {
      words,
      run(phase, piece) {
        if (phase === 99) process.exit(3);
        if (phase === 98) throw new RangeError('a piece fails');
        words[piece] += phase * (piece + 1);
        Atomics.or(words, 1023, 1 << thread);
      },
    };
  },
};

/** Runs the rounds: so many of 100 pieces each, then the last one. Gives the words. */
export function runRounds(ctx, { rounds, last }) {
  const { words } = ctx.hand;
  words.fill(0);
  ctx.round(7, 0);
  for (let k = 1; k <= rounds; k++) ctx.round(k % 5, 100);
  if (last) ctx.round(last, 4);
  return Array.from(words.subarray(0, 100));
}

/** Rounds for ever; ends by abort alone. `started` becomes 1. */
export function roundForever(ctx, { started }) {
  for (;;) {
    ctx.round(1, 100);
    Atomics.store(started, 0, 1);
  }
}

/** A feature's least and largest value, `shift` added, and the weight of its rows. */
export function spanOf(values, weights, shift) {
  if (shift < 0) throw new MlError('VALUE_INVALID', 'Test: there is no span');
  values.sort();
  return { least: values[0] + shift, most: values[values.length - 1] + shift, weight: weights?.reduce((sum, w) => sum + w, 0) };
}
