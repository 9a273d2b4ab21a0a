import { describe, expect, it } from 'vitest';
import { MlError } from '#dist/error.js';
import type { Vector } from '#dist/linalg/vectors.js';
import type { Codec } from '#dist/persistence/codec.js';
import type { ModelClass } from '#dist/pipeline/model.js';
import { type GoldenCase, goldens, numbersOf, stageOf, tableOf } from './goldens.ts';
import { DIFFERENT } from './goldens-different.ts';
import { fitStages, plainRows, transformTable } from './mini-engine.ts';

const cases = goldens.filter(({ name, stages }) => !DIFFERENT.has(name) && !stages.some(({ type }) => type === 'SQLTransformer'));

describe('as Spark 4.3', () => {
  it.each(cases.filter((c) => c.error === undefined).map((c) => [c.name, c] as const))('%s', async (_, golden) => {
    const fitted = await fitStages(golden.stages.map(stageOf), tableOf(golden.train));
    for (const [i, state] of (golden.state ?? []).entries()) if (Object.keys(state).length > 0) expectState(fitted[i], state);
    const output = transformTable(fitted, tableOf(golden.input ?? golden.train));
    const expected = tableOf(golden.output!);
    expect(output.schema.names).toEqual(expected.schema.names);
    for (const field of expected.schema.fields.filter((f) => f.metadata !== undefined || f.type.kind !== 'vector')) {
      const made = output.schema.find(field.name)!;
      expect(made.type).toEqual(field.type);
      expect(withoutEmpty(made.metadata)).toEqual(withoutEmpty(field.metadata));
    }
    expect(plainRows(output)).toEqual(plainRows(expected));
  });

  it.each(cases.filter((c) => c.error !== undefined).map((c) => [c.name, c] as const))('%s: an error', async (_, golden) => {
    await expect(run(golden)).rejects.toBeInstanceOf(MlError);
  });
});

async function run(golden: GoldenCase): Promise<unknown> {
  const fitted = await fitStages(golden.stages.map(stageOf), tableOf(golden.train));
  return transformTable(fitted, tableOf(golden.input ?? golden.train));
}

/** Compares what Spark names with the model's property of that name. */
function expectState(model: unknown, state: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(state)) {
    if (name === 'surrogate') {
      const { columns, rows } = value as { columns: { name: string }[]; rows: unknown[][] };
      const { surrogates } = model as { surrogates: ReadonlyMap<string, number> };
      expect([...surrogates]).toEqual(columns.map((column, i) => [column.name, numbersOf(rows[0][i])]));
    } else if (name.startsWith('labels') || name === 'categorySizes') {
      expect((model as Record<string, unknown>)[name]).toEqual(value);
    } else {
      const [vector] = tableOf({ columns: [['v', 'vector']], rows: [[value]] }).rows[0];
      expect((model as Record<string, unknown>)[name]).toSatisfy((found: Vector) => found.equals(vector));
    }
    const codec = (model as { constructor: ModelClass }).constructor.codec as Codec<unknown>;
    const saved = (model as { state: unknown }).state;
    const decoded = codec.decode(codec.encode(saved), new Map(), new Map());
    for (const [key, part] of Object.entries(decoded as object)) expect(part).toEqual((saved as Record<string, unknown>)[key]);
  }
}

/** Spark leaves out `attrs` where there are none, or leaves it empty. */
function withoutEmpty(metadata: unknown): unknown {
  const text = JSON.stringify(metadata ?? {}, (_, value) => value);
  return JSON.parse(text.replace(',"attrs":{}', ''));
}
