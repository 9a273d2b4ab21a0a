import type { Plan } from '../../frame/plan.ts';
import { sparkSchemaJson } from '../spark-schema.ts';
import type { RelType } from './relation.ts';

/** Whether a path says where it is (`file:`, `hdfs:`, `s3a:`): a path of the server's. One letter is a drive of Windows. */
export function hasScheme(path: string): boolean {
  return /^[a-z][a-z\d+.-]+:/i.test(path);
}

/** Files of the server's; null where the paths are on this machine. */
export function readRelation({ format, paths, schema, options }: Extract<Plan, { op: 'read' }>): RelType | null {
  if (!paths.every(hasScheme)) return null;
  const given = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
  const dataSource = { format, paths: [...paths], options: given, ...(schema && { schema: sparkSchemaJson(schema) }) };
  return { case: 'read', value: { readType: { case: 'dataSource', value: dataSource } } };
}
