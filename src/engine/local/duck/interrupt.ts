import { isMainThread } from 'node:worker_threads';
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';

/** What `interrupt` stops; it answers true when some of that may be waiting for a function of ours. */
interface Interruptible {
  interrupt(): boolean;
}

/** Databases with queries that may be running when the process ends. */
const open = new Set<Interruptible>();
let listening = false;

/**
 * `process.exit()` and an uncaught error end the process while queries run. Node then waits for DuckDB's threads: these are interrupted.
 * But a thread that waits for this one to run a function of ours would wait for ever, and Node with it: the process must be killed.
 */
export function interruptAtExit(database: Interruptible): void {
  open.add(database);
  if (listening) return;
  listening = true;
  process.on('exit', () => {
    const stuck = [...open].filter((one) => one.interrupt());
    if (stuck.length > 0 && isMainThread) process.kill(process.pid, 'SIGKILL');
  });
}

/** The database is closed. */
export function endsInPeace(database: Interruptible): void {
  open.delete(database);
}

/** Interrupts the connection's query when the signal is aborted; call what it returns when the query is over. */
export function onAbort(signal: AbortSignal | undefined, connection: DuckDBConnection): () => void {
  if (!signal) return () => {};
  let timer: NodeJS.Timeout | undefined;
  // Again and again: an interrupt that falls between two statements is forgotten by DuckDB.
  const interrupt = () => {
    connection.interrupt();
    timer ??= setInterval(() => connection.interrupt(), 20);
  };
  signal.addEventListener('abort', interrupt, { once: true });
  return () => {
    clearInterval(timer);
    signal.removeEventListener('abort', interrupt);
  };
}

/**
 * Ends a result that is not read to its end. The connection must not be closed before: closing waits for DuckDB's threads, and these may
 * be waiting for this thread to run a function of ours.
 */
export async function abandon(connection: DuckDBConnection, result: DuckDBResult): Promise<void> {
  connection.interrupt();
  try {
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return;
      connection.interrupt();
    }
  } catch {
    // interrupted, as asked
  }
}
