import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

it('the declarations tell of every param what the schema says', () => {
  const declarations = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'));
  const schemas = declarations.flatMap((file) => [
    ...readFileSync(`${dist}/${file}`, 'utf8').matchAll(/^export declare const \w+Params: z\.ZodObject<\{\n([\s\S]*?)^\}/gm),
  ]);
  expect(schemas.length).toBeGreaterThan(25);
  for (const [declaration, members] of schemas) expect(members.replace(/^ {4}\/\*\* \S.* \*\/\n {4}\w+: .*\n/gm, ''), declaration).toBe('');

  const logistic = readFileSync(`${dist}/classification/logistic-params.d.ts`, 'utf8');
  expect(logistic).toMatch(/\/\*\* regularization strength \(>= 0\) \(default: 0\) \*\/\n {4}regParam: /);
});
