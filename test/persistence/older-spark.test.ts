import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expectLoaded, expectScored, scoredFixtures } from './fixture-tables.ts';

const TESTS = fileURLToPath(new URL('../fixtures/', import.meta.url));

describe.each(['3.5.9', '4.0.5'])('what Spark %s saved', (version) => {
  const root = join(TESTS, `spark-${version}`);
  const names = readdirSync(root).filter((name) => name !== 'README.md');
  const scored = scoredFixtures(root, names);

  it.each(names)('%s loads with its class, its uid and the params that were set', (name) => expectLoaded(join(root, name)));

  it.each(scored)('%s scores each row as that Spark did', (name) => expectScored(join(root, name)));

  it('is enough', () => {
    expect([names.length, scored.length]).toEqual([74, 40]);
  });
});
