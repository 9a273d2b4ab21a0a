import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { RetryInfoSchema } from '#dist/engine/spark/proto/error-details_pb.js';
import { pause, RetryBudget } from '#dist/engine/spark/retry.js';

const lost = new ConnectError('connect ECONNREFUSED', Code.Unavailable);
const waits = (budget: RetryBudget, error: unknown = lost) => {
  const found: number[] = [];
  for (let wait = budget.next(error); wait !== null && found.length < 100; wait = budget.next(error)) found.push(wait);
  return found;
};

describe('the waits between tries', () => {
  it('grow fourfold from 50 ms to a minute, with up to half a second of chance on long ones', () => {
    const found = waits(new RetryBudget({ first: false, retryFor: 1e9 }));
    expect(found.slice(0, 3)).toEqual([50, 200, 800]);
    const bases = [3200, 12_800, 51_200, ...new Array(8).fill(60_000)];
    expect(found.slice(3).map((wait, i) => wait >= bases[i] && wait < bases[i] + 500)).toEqual(bases.map(() => true));
    expect(found).toHaveLength(14);
  });

  it('are few before the server has ever answered, and none once the time is over', () => {
    expect(waits(new RetryBudget({ first: true, retryFor: 1e9 }))).toEqual([50, 200]);
    expect(waits(new RetryBudget({ first: false, retryFor: 0 }))).toEqual([]);
    expect(Math.max(...waits(new RetryBudget({ first: false, retryFor: 100 })))).toBeLessThanOrEqual(100);
  });

  it('are as long as the server asks for', () => {
    const busy = new ConnectError('busy', Code.ResourceExhausted, undefined, [
      { desc: RetryInfoSchema, value: { retryDelay: { seconds: 7n, nanos: 500_000_000 } } },
    ]);
    expect(new RetryBudget({ first: false, retryFor: 1e9 }).next(busy)).toBe(7500);
  });

  it('begin anew after an answer', () => {
    const budget = new RetryBudget({ first: false, retryFor: 1e9 });
    budget.next(lost);
    expect(budget.succeeded().next(lost)).toBe(50);
  });

  it.each([
    new ConnectError('the token is wrong', Code.Unauthenticated),
    new ConnectError('[UNRESOLVED_COLUMN.WITH_SUGGESTION] no such column', Code.Internal),
    new Error('a mistake'),
  ])('do not come after what is final: %s', (error) => expect(waits(new RetryBudget({ first: false, retryFor: 1e9 }), error)).toEqual([]));

  it('end when the signal is raised', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 10);
    await pause(1e6, controller.signal);
    await pause(1e6, controller.signal);
  });
});
