import { MlError, show } from '../error.ts';
import { Schema } from './schema.ts';
import { parseType } from './types.ts';

/** A schema from Spark's text: `id long, name string`, or `id: long`; names may stand in backticks. */
export function parseSchema(text: string): Schema {
  const fields = splitFields(text).map((part) => {
    const match = /^(?:`((?:[^`]|``)+)`|([^\s:`]+))\s*(?::\s*|\s+)(.+?)(\s+not\s+null)?$/is.exec(part.trim());
    if (!match) throw new MlError('SCHEMA_INVALID', `Schema: must be "name type, name type", got ${show(text)}`, { value: text });
    const [, quoted, plain, type, notNull] = match;
    return { name: quoted?.replaceAll('``', '`') ?? plain, type: parseType(type), nullable: notNull === undefined };
  });
  return new Schema(fields);
}

/** Parts between commas that stand outside brackets and backticks. */
function splitFields(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '`') quoted = !quoted;
    else if (quoted) continue;
    else if (c === '<' || c === '(') depth++;
    else if (c === '>' || c === ')') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}
