import { describe, expect, it } from 'vitest';
import { JavaRandom, type Long, longOf, PoissonStream, XorShiftRandom } from '#dist/tree/spark/jvm-streams.js';

const bigOf = ([high, low]: Long) => BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low >>> 0));

/** Printed by a Java program with the jars of Spark 4.3: `nextLong`, `nextDouble`, and 5020 Poisson numbers folded as `31 · sum + number` after the first 20. */
const STREAMS = [
  {
    seed: 42n,
    longs: [-5025562857975149833n, -5843495416241995736n],
    uniform: [0.619189370225301, 0.5096018842446481, 0.8325259388871524],
    poisson: [
      { mean: 1, first: '0,2,3,2,1,3,1,2,1,3,0,1,0,2,0,3,1,0,0,1', folded: -4130883568233279492n },
      { mean: 0.3, first: '0,0,1,2,0,1,0,1,1,0,0,0,0,1,0,0,0,1,0,0', folded: 6367969221427527548n },
    ],
  },
  {
    seed: -7n,
    longs: [4964420944606563203n, -6028743012628894217n],
    uniform: [0.14773215621571878, 0.0914602266360357, 0.024990435468302152],
    poisson: [
      { mean: 1, first: '0,2,0,1,0,1,1,1,1,0,1,3,2,0,0,2,0,1,1,0', folded: -6529406653930584149n },
      { mean: 0.3, first: '0,1,0,0,1,0,0,0,0,0,0,0,0,0,0,1,2,0,0,1', folded: 3733223155487979255n },
    ],
  },
  {
    seed: 1n << 62n,
    longs: [-4962768465676381896n, 4437113781045784766n],
    uniform: [0.48897433531861956, 0.24178653721887444, 0.4932894602132303],
    poisson: [
      { mean: 1, first: '0,1,0,2,1,0,2,2,1,0,0,0,0,0,2,0,0,1,3,0', folded: 290120487132032367n },
      { mean: 0.3, first: '0,0,0,0,2,1,0,2,0,1,0,0,0,0,0,0,0,2,0,0', folded: -4848388983032047843n },
    ],
  },
];

describe.each(STREAMS)('from the seed $seed', ({ seed, longs, uniform, poisson }) => {
  it('Java draws the same longs', () => {
    const random = new JavaRandom(seed);
    expect(longs.map(() => bigOf(random.nextLong()))).toEqual(longs);
  });

  it('Spark draws the same uniform numbers', () => {
    const random = new XorShiftRandom(longOf(seed));
    expect(uniform.map(() => random.next())).toEqual(uniform);
  });

  it.each(poisson)('Commons Math draws the same Poisson numbers of mean $mean', ({ mean, first, folded }) => {
    const stream = new PoissonStream(mean, longOf(seed));
    expect(Array.from({ length: 20 }, () => stream.next()).join(',')).toBe(first);
    let sum = 0n;
    for (let i = 0; i < 5000; i++) sum = BigInt.asIntN(64, sum * 31n + BigInt(stream.next()));
    expect(sum).toBe(folded);
  });
});
