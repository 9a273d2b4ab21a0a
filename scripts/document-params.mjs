// Writes what each param's schema says of it above its line in dist's declarations, so that editors show it: TypeScript has no way from
// `.describe(…)` to a doc comment, and the text should stand once.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const SCHEMA = /^export declare const (\w+): z\.ZodObject<\{\n[\s\S]*?^\}/gm;

/** Documents the exported param schemas of all modules below `dist`. */
export async function documentParams(dist) {
  const { paramShapes } = await import(pathToFileURL(join(dist, 'param/param.js')).href);
  for (const file of readdirSync(dist, { recursive: true }).filter((f) => f.endsWith('.d.ts'))) {
    const path = join(dist, file);
    const text = readFileSync(path, 'utf8');
    if (text.search(SCHEMA) < 0) continue;
    const module = await import(pathToFileURL(path.replace(/\.d\.ts$/, '.js')).href);
    const documented = text.replace(SCHEMA, (declaration, name) => {
      const params = paramShapes(module[name]);
      return declaration.replace(/^( {4})(\w+): /gm, (line, indent, param) => `${indent}/** ${docOf(params.get(param))} */\n${line}`);
    });
    writeFileSync(path, documented);
  }
}

/** As `explainParam` tells it. */
function docOf({ doc, hasDefault, default: value }) {
  const known = hasDefault && !/^<.*>/.test(String(value));
  return (known ? `${doc} (default: ${JSON.stringify(value)})` : doc).replaceAll('*/', '*\\/');
}
