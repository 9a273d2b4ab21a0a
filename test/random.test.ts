import { describe, expect, it } from 'vitest';
import { MlError } from '#dist/error.js';
import { Random } from '#dist/random.js';

const draws = (random: Random, n: number) => Array.from({ length: n }, () => random.nextBits());

describe('a random stream', () => {
  it('is the same for the same seed, whatever it is written as', () => {
    expect(draws(new Random(42), 20)).toEqual(draws(new Random(42n), 20));
    expect(draws(new Random(-1), 5)).toEqual(draws(new Random(2n ** 64n - 1n), 5));
    expect(draws(new Random(42), 5)).not.toEqual(draws(new Random(43), 5));
  });

  it('starts with these numbers for ever', () => {
    expect(draws(new Random(42), 4)).toEqual([1776835114, 4165204688, 17111135, 2317295270]);
  });

  it('split depends on the seed and the number only', () => {
    const random = new Random(7);
    const before = draws(random.split(3), 5);
    draws(random, 10);
    expect(draws(random.split(3), 5)).toEqual(before);
    const firsts = Array.from({ length: 1000 }, (_, i) => random.split(i).nextBits());
    expect(new Set(firsts).size).toBeGreaterThan(998);
  });

  it('next lies in [0, 1) with the mean and variance of the uniform distribution', () => {
    const random = new Random(1);
    const x = Array.from({ length: 50_000 }, () => random.next());
    expect(Math.min(...x)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...x)).toBeLessThan(1);
    const mean = x.reduce((a, b) => a + b) / x.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length - 1 / 12)).toBeLessThan(0.005);
  });

  it('nextInt gives every integer below n about equally often', () => {
    const random = new Random(2);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.nextInt(7)]++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    expect(random.nextInt(1)).toBe(0);
    for (let i = 0; i < 100; i++) expect(random.nextInt(2 ** 53)).toBeLessThan(2 ** 53);
  });

  it('nextGaussian has mean 0 and variance 1', () => {
    const random = new Random(3);
    const x = Array.from({ length: 50_000 }, () => random.nextGaussian());
    const mean = x.reduce((a, b) => a + b) / x.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(x.reduce((sum, value) => sum + value * value, 0) / x.length - 1)).toBeLessThan(0.03);
    expect(x.filter((value) => Math.abs(value) < 1).length / x.length).toBeCloseTo(0.6827, 2);
  });

  it('refuses seeds and bounds that are no integers', () => {
    const wrong = [
      () => new Random(1.5),
      () => new Random(Number.NaN),
      () => new Random('1' as unknown as number),
      () => new Random(1).nextInt(0),
      () => new Random(1).nextInt(2.5),
      () => new Random(1).nextInt(2 ** 53 + 2),
    ];
    for (const action of wrong) expect(action, String(action)).toThrow(MlError);
  });
});
