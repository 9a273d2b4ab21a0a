import { MlError } from '../error.ts';

/** Remembers the caller's line; the text of the stack is made only if it is asked for. */
export function callSite(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 12;
  const site = new Error('built here');
  Error.captureStackTrace(site, callSite);
  Error.stackTraceLimit = limit;
  return site;
}

const blamed = new WeakSet<object>();
/** Where this package's own code lies: as built, and as source maps show it. A CommonJS bundle has no `import.meta.url`. */
const BUILT = (import.meta.url ?? '').replace(/^file:\/\//, '').replace(/[^/]*\/[^/]*$/, '');
const HOMES = [BUILT, BUILT.replace(/dist\/$/, 'src/')];

/** Gives an `MlError` the stack of the user's line that built the failing step; the innermost step wins. */
export function blame(error: unknown, site: Error | undefined): unknown {
  if (!(error instanceof MlError) || !site || blamed.has(error)) return error;
  blamed.add(error);
  const lines = (site.stack ?? '').split('\n').slice(1);
  const users = lines.filter((line) => !HOMES.some((home) => line.includes(home)));
  error.stack = [`${error.name}: ${error.message}`, ...(users.length > 0 ? users : lines)].join('\n');
  return error;
}
