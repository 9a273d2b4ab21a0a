import { Numbers } from '../block/growing-numbers.ts';
import type { Engine } from '../engine/engine.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import { kolmogorovCumulative, normalCumulative } from './distributions.ts';
import { badValue, numbersOf } from './number-column.ts';
import { foundThere, frameLike } from './vector-rows.ts';

const OWNER = 'KolmogorovSmirnovTest';

/**
 * The two-sided Kolmogorov-Smirnov test that a column comes from the normal distribution of this mean and standard deviation: with the values sorted,
 *
 *     D = max_i max(i / n - F(x_i), F(x_i) - (i - 1) / n)
 *
 * One row: `pValue`, `statistic`. It holds all values in memory, 8 bytes each.
 */
export const KolmogorovSmirnovTest = {
  async test(frame: Frame, sampleCol: string, distName: 'norm' = 'norm', mean = 0, std = 1, options: ActionOptions = {}): Promise<Frame> {
    if (distName !== 'norm')
      throw new MlError('PARAM_INVALID', `${OWNER}: distName must be norm, got ${show(distName)}`, { param: 'distName', value: distName });
    if (!Number.isFinite(mean) || !(std > 0 && std < Number.POSITIVE_INFINITY)) {
      throw new MlError('PARAM_INVALID', `${OWNER}: mean must be finite and std above 0, got ${show(mean)} and ${show(std)}`, {
        param: std > 0 ? 'mean' : 'std',
      });
    }
    (await frame.schema(options)).require(OWNER, sampleCol, 'numeric');
    const there = await foundThere(
      frame,
      { owner: OWNER, method: 'kolmogorovSmirnovTest', columns: [sampleCol], args: [distName, [mean, std]] },
      options,
    );
    if (there) return there;
    const found = new Numbers();
    const stage = { owner: OWNER, uid: OWNER };
    await (frame.executor as Engine).train(frame.plan, stage, options, (context) =>
      context.scan([sampleCol], (block) => {
        const values = numbersOf(stage, block.columns[0], sampleCol, block);
        const nan = values.findIndex(Number.isNaN);
        if (nan >= 0) throw badValue(OWNER, sampleCol, 'hold numbers', block.firstRow + nan, values[nan]);
        found.extend(block.rows).set(values);
      }),
    );
    const n = found.length;
    if (n === 0) throw new MlError('EMPTY_DATASET', `${OWNER}: the frame must have at least one row, has none`, { stage: OWNER });
    let statistic = 0;
    found.view.sort().forEach((x, i) => {
      const chance = normalCumulative((x - mean) / std);
      statistic = Math.max(statistic, (i + 1) / n - chance, chance - i / n);
    });
    return frameLike(frame, [
      { name: 'pValue', type: { kind: 'double' }, values: [1 - kolmogorovCumulative(statistic, n)] },
      { name: 'statistic', type: { kind: 'double' }, values: [statistic] },
    ]);
  },
} as const;
