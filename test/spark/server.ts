import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** How long a start may take on a busy machine. */
const START_DEADLINE = 120_000;
const LOG4J = `rootLogger.level = warn
rootLogger.appenderRef.stdout.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
`;

export interface ServerOptions {
  /** A port to take again after a stop; a free one by default. */
  port?: number;
  /** The token that clients must bring. */
  token?: string;
  settings?: Readonly<Record<string, string>>;
}

/** A Spark Connect server on loopback: a process of our own, with bounded memory, whose files are in a folder that goes with it. */
export class SparkServer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
  }

  get address(): string {
    return `sc://127.0.0.1:${this.port}`;
  }

  /** Starts the server that comes with the pyspark of this Python; fails, with the end of its log, when it does not answer. */
  static async start(python: string, { port, token, settings = {} }: ServerOptions = {}): Promise<SparkServer> {
    const home = execFileSync(python, ['-c', 'import importlib.util as u; print(u.find_spec("pyspark").submodule_search_locations[0])'], {
      encoding: 'utf8',
    }).trim();
    const folder = mkdtempSync(join(tmpdir(), 'millstream-server-'));
    writeFileSync(join(folder, 'log4j2.properties'), LOG4J);
    const chosen = port ?? (await freePort());
    const conf = {
      'spark.connect.grpc.binding.address': '127.0.0.1',
      'spark.connect.grpc.binding.port': String(chosen),
      'spark.driver.bindAddress': '127.0.0.1',
      'spark.driver.host': '127.0.0.1',
      'spark.ui.enabled': 'false',
      'spark.sql.shuffle.partitions': '2',
      'spark.sql.warehouse.dir': join(folder, 'warehouse'),
      'spark.local.dir': folder,
      'spark.driver.extraJavaOptions': `-Dlog4j2.configurationFile=file:${join(folder, 'log4j2.properties')} -Djava.io.tmpdir=${folder}`,
      ...settings,
    };
    const child = spawn(
      join(home, 'bin/spark-submit'),
      [
        ...['--master', 'local[2]', '--driver-memory', '1500m', '--class', 'org.apache.spark.sql.connect.service.SparkConnectServer'],
        ...Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
        'spark-internal',
      ],
      {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...process.env,
          SPARK_HOME: home,
          SPARK_LOCAL_IP: '127.0.0.1',
          SPARK_CONNECT_MODE: '0',
          ...(token !== undefined && { SPARK_CONNECT_AUTHENTICATE_TOKEN: token }),
        },
      },
    );
    let log = '';
    child.stderr?.on('data', (data) => {
      log = (log + data).slice(-5000);
    });
    const server = new SparkServer(chosen, child, folder);
    for (const deadline = Date.now() + START_DEADLINE; !(await accepts(chosen)); await pause(100)) {
      if (child.exitCode === null && Date.now() < deadline) continue;
      await server.kill();
      throw new Error(`the Spark Connect server did not start (exit code ${child.exitCode}); its log ends with:\n${log}`);
    }
    return server;
  }

  /** Ends the process in order. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Ends the process at once, as a crash would. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
      this.#child.kill(signal);
      const stopped = await Promise.race([gone.then(() => true), pause(10_000, false)]);
      if (!stopped) this.#child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
