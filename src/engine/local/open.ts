import { availableParallelism } from 'node:os';
import { MlError, show } from '../../error.ts';
import type { Logger } from '../../frame/executor.ts';
import { checkOptionNames } from '../../param/options.ts';
import type { Backend } from '../engine.ts';
import { TempFolder } from '../temp-files.ts';
import { Database } from './duck/database.ts';
import { LocalEngine } from './engine.ts';
import { WorkerPool } from './workers/pool.ts';
import { MemoryLedger } from './workers/store.ts';

/** What `Session.local` takes; all of it may be left out. */
export interface LocalOptions {
  /** Threads for training and for queries; as many as the machine has cores by default, and at most 256 or as many as it has. */
  workers?: number;
  /**
   * What queries and training sets may take, such as `4GB`, each; by default DuckDB's own limit (80 % of the memory) and none. Both spill beyond it;
   * trees need their rows in memory.
   */
  memoryLimit?: string;
  /** Where a folder for what does not fit into memory is made; the system's temporary folder by default. */
  tempDirectory?: string;
  /** Warnings and errors go to the console by default. */
  logger?: Logger;
}

/** DuckDB and worker threads within this process; nothing is started before it is needed. */
export function openLocal(options: LocalOptions, logger: Logger): Backend {
  checkOptions(options);
  const { workers = availableParallelism(), memoryLimit } = options;
  let folder: TempFolder | null = null;
  const tempDirectory = () => {
    folder ??= new TempFolder('Session.local: tempDirectory', options.tempDirectory);
    return folder.path;
  };
  const database = new Database({ threads: workers, ...(memoryLimit !== undefined && { memoryLimit }), tempDirectory });
  const pool = new WorkerPool({ workers, logger });
  const ledger = new MemoryLedger(memoryLimit === undefined ? undefined : bytesOf(memoryLimit));
  return {
    engine: new LocalEngine({ database, pool, ledger, logger, workers, tempDirectory }),
    close: async () => {
      await Promise.allSettled([database.close(), pool.close()]);
      folder?.remove();
    },
  };
}

/** Each thread takes some MiB, whether the machine has a core for it or not. */
const MOST_WORKERS = Math.max(256, availableParallelism());

function checkOptions(options: LocalOptions): void {
  checkOptionNames('Session.local', options, ['workers', 'memoryLimit', 'tempDirectory', 'logger']);
  const { workers, memoryLimit } = options;
  if (workers !== undefined && !(Number.isSafeInteger(workers) && workers >= 1 && workers <= MOST_WORKERS)) {
    const message = `Session.local: workers must be an integer in [1, ${MOST_WORKERS}], got ${show(workers)}; left out it is ${availableParallelism()}, what this machine has`;
    throw new MlError('PARAM_INVALID', message, { param: 'workers', value: workers });
  }
  if (memoryLimit !== undefined) bytesOf(memoryLimit);
}

/** Bytes of a text such as `4GB` or `512 MiB`. */
function bytesOf(limit: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b\s*$/i.exec(String(limit));
  if (!match) {
    throw new MlError('PARAM_INVALID', `Session.local: memoryLimit must be a size such as 4GB or 512MiB, got ${show(limit)}`, {
      param: 'memoryLimit',
      value: limit,
    });
  }
  const power = ['', 'k', 'm', 'g', 't'].indexOf(match[2].toLowerCase());
  return Number(match[1]) * (match[3] ? 1024 : 1000) ** power;
}
