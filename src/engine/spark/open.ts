import { release } from 'node:os';
import { MlError, show } from '../../error.ts';
import type { Logger, ProgressEvent } from '../../frame/executor.ts';
import type { Backend } from '../engine.ts';
import { parseAddress } from './address.ts';
import { SparkClient } from './client.ts';
import { SparkEngine } from './engine.ts';
import { SparkFolders } from './folders.ts';

export interface ConnectOptions {
  /** Warnings and errors go to the console by default. */
  logger?: Logger;
  /** Told of the server's tasks (`done` of `total`) while an action runs. */
  onProgress?: (event: ProgressEvent) => void;
  /** Seconds for which a server that does not answer is tried again before an action fails; 600 by default. A server that never answered is given up within a second. */
  retryFor?: number;
  /** Certificates of authorities to trust besides the system's, as PEM. */
  ca?: string | Uint8Array;
  /** Gives up the connecting. */
  signal?: AbortSignal;
}

const OWNER = 'Session.connect';
const KNOWN = ['logger', 'onProgress', 'retryFor', 'ca', 'signal'];
const RETRY_FOR = 600;

/** What makes Spark mean what frames mean: names count case, sums that overflow are errors, times are UTC. */
const SETTINGS = { 'spark.sql.caseSensitive': 'true', 'spark.sql.ansi.enabled': 'true', 'spark.sql.session.timeZone': 'UTC' };

/** A session on the server of this address; fails when it cannot be reached. */
export async function openSpark(address: string, options: ConnectOptions, logger: Logger): Promise<Backend> {
  checkOptions(options);
  const { onProgress, retryFor = RETRY_FOR, ca, signal } = options;
  const userAgent = `millstream node/${process.versions.node} os/${process.platform}-${release()}`;
  const client = new SparkClient({ address: parseAddress(address), logger, userAgent, retryFor: retryFor * 1000, ...(ca !== undefined && { ca }) });
  try {
    await client.configure(SETTINGS, { owner: OWNER, signal });
  } catch (error) {
    await client.close();
    throw error;
  }
  const openLocal = async () => (await import('../local/open.ts')).openLocal({}, logger);
  const engine = new SparkEngine({ client, logger, onProgress, openLocal });
  return { engine, folders: new SparkFolders(engine), close: () => engine.close() };
}

function checkOptions(options: ConnectOptions): void {
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name)) throw new MlError('PARAM_UNKNOWN', `${OWNER}: unknown option ${name}; there are ${KNOWN.join(', ')}`, { param: name });
  }
  const { retryFor } = options;
  if (retryFor !== undefined && !(Number.isFinite(retryFor) && retryFor >= 0)) {
    throw new MlError('PARAM_INVALID', `${OWNER}: retryFor must be a number of seconds >= 0, got ${show(retryFor)}`, {
      param: 'retryFor',
      value: retryFor,
    });
  }
}
