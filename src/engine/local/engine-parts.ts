import type { Logger } from '../../frame/executor.ts';
import type { Database } from './duck/database.ts';
import type { WorkerPool } from './workers/pool.ts';
import type { MemoryLedger } from './workers/store.ts';

/** What the embedded engine is made of. */
export interface EngineParts {
  readonly database: Database;
  readonly pool: WorkerPool;
  readonly ledger: MemoryLedger;
  readonly logger: Logger;
  readonly workers: number;
  /** A folder for what does not fit into memory; it goes with the session. */
  readonly tempDirectory: () => string;
}
