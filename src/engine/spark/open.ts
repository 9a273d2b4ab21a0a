import { release } from 'node:os';
import { MlError, show } from '../../error.ts';
import type { Logger, ProgressEvent } from '../../frame/executor.ts';
import { checkOptionNames } from '../../param/options.ts';
import type { Backend } from '../engine.ts';
import { parseAddress } from './address.ts';
import { SparkClient } from './client.ts';
import { SparkEngine } from './engine.ts';
import { SparkFolders } from './folders.ts';
import { hasScheme } from './read.ts';

export interface ConnectOptions {
  /** Warnings and errors go to the console by default. */
  logger?: Logger;
  /** Told of the server's tasks (`done` of `total`) while an action runs. */
  onProgress?: (event: ProgressEvent) => void;
  /**
   * Seconds for which a server that does not answer is tried again before an action fails; 600 by default. A server that never answered is given up
   * within a second.
   */
  retryFor?: number;
  /** Seconds of silence after which a server that should answer is asked again, and a run attached to anew; 150 by default. */
  silentFor?: number;
  /** Whether errors of the server carry its Java stack, as `details.javaStack`; false by default. */
  javaStacks?: boolean;
  /**
   * A path of the server's (`hdfs:///tmp`) where files of models lie for a moment on their way; by default the folder of a table that is made for it
   * and dropped.
   */
  scratch?: string;
  /** Certificates of authorities to trust besides the system's, as PEM. */
  ca?: string | Uint8Array;
  /** Gives up the connecting. */
  signal?: AbortSignal;
}

const OWNER = 'Session.connect';
const KNOWN = ['logger', 'onProgress', 'retryFor', 'silentFor', 'javaStacks', 'scratch', 'ca', 'signal'];
const RETRY_FOR = 600;
/** Longer than the two minutes after which a server ends each stream by itself. */
const SILENT_FOR = 150;

/** What makes Spark mean what frames mean: names count case, sums that overflow are errors, times are UTC. */
const SETTINGS = { 'spark.sql.caseSensitive': 'true', 'spark.sql.ansi.enabled': 'true', 'spark.sql.session.timeZone': 'UTC' };

/** A session on the server of this address; fails when it cannot be reached. */
export async function openSpark(address: string, options: ConnectOptions, logger: Logger): Promise<Backend> {
  checkOptions(options);
  const { onProgress, retryFor = RETRY_FOR, silentFor = SILENT_FOR, javaStacks = false, scratch, ca, signal } = options;
  const userAgent = `millstream node/${process.versions.node} os/${process.platform}-${release()}`;
  const given = { retryFor: retryFor * 1000, silentFor: silentFor * 1000, javaStacks };
  const client = new SparkClient({ address: parseAddress(address), logger, userAgent, ...given, ...(ca !== undefined && { ca }) });
  try {
    await client.configure(SETTINGS, { owner: OWNER, signal });
    await client.requireVersion('4.0', 'cluster sessions', { owner: OWNER, signal });
  } catch (error) {
    await client.close();
    throw error;
  }
  const openLocal = async () => (await import('../local/open.ts')).openLocal({}, logger);
  const engine = new SparkEngine({ client, logger, onProgress, openLocal, scratch: scratch?.replace(/\/+$/, '') });
  return { engine, folders: new SparkFolders(engine), close: () => engine.close() };
}

function checkOptions(options: ConnectOptions): void {
  checkOptionNames(OWNER, options, KNOWN);
  requireSeconds('retryFor', options.retryFor, (x) => x >= 0, '>= 0');
  requireSeconds('silentFor', options.silentFor, (x) => x > 0, '> 0');
  const { javaStacks, scratch } = options;
  if (scratch !== undefined && !(typeof scratch === 'string' && hasScheme(scratch))) {
    const got = show(scratch);
    throw new MlError('PARAM_INVALID', `${OWNER}: scratch must be a path of the server's, as hdfs:///tmp, got ${got}`, {
      param: 'scratch',
      value: scratch,
    });
  }
  if (javaStacks === undefined || typeof javaStacks === 'boolean') return;
  throw new MlError('PARAM_INVALID', `${OWNER}: javaStacks must be true or false, got ${show(javaStacks)}`, {
    param: 'javaStacks',
    value: javaStacks,
  });
}

function requireSeconds(param: string, value: number | undefined, isValid: (x: number) => boolean, rule: string): void {
  if (value === undefined || (Number.isFinite(value) && isValid(value))) return;
  throw new MlError('PARAM_INVALID', `${OWNER}: ${param} must be a number of seconds ${rule}, got ${show(value)}`, { param, value });
}
