import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders, type SecureClientSessionOptions } from 'node:http2';
import { Code, ConnectError } from '@connectrpc/connect';
import type { createGrpcTransport } from '@connectrpc/connect-node';

/** A connection that was silent for so long is asked whether it is alive, and must say so in time. */
const SILENCE = 60_000;
const ANSWER_TIMEOUT = 20_000;
/** What the server may send before we have read it: of one answer, and of all. */
const STREAM_WINDOW = 4 << 20;
const CONNECTION_WINDOW = 16 << 20;
/** Frames of the protocol's least size, 16 KiB, make fifty pieces of one batch of rows, each of which costs a turn of the event loop. */
const FRAME_SIZE = 1 << 20;

type SessionManager = NonNullable<Parameters<typeof createGrpcTransport>[0]['sessionManager']>;

interface Open {
  readonly session: ClientHttp2Session;
  streams: number;
  lastHeard: number;
}

/**
 * One HTTP/2 connection to a server: opened at the first request, and again after it was lost. It does not keep the process alive while no request
 * runs. The package's own manager leaves moments in which an error of the connection has no listener and would end the process.
 */
export class Connection implements SessionManager {
  readonly authority: string;
  readonly #options: SecureClientSessionOptions;
  #open: Promise<Open> | null = null;
  #closed = false;

  constructor(authority: string, options: SecureClientSessionOptions) {
    this.authority = new URL(authority).origin;
    this.#options = options;
  }

  async request(method: string, path: string, headers: OutgoingHttpHeaders, options: object): Promise<ClientHttp2Stream> {
    for (;;) {
      const open = await this.#ready();
      try {
        const stream = open.session.request({ ...headers, ':method': method, ':path': path }, options);
        track(open, stream);
        return stream;
      } catch (error) {
        // Between the answer that it is alive and the request the connection may end.
        if (!usable(open.session)) continue;
        throw error;
      }
    }
  }

  notifyResponseByteRead(stream: ClientHttp2Stream): void {
    const heard = stream.session && alive.get(stream.session);
    if (heard) heard.lastHeard = Date.now();
  }

  /** Ends the connection and what runs over it. */
  close(): void {
    this.#closed = true;
    void this.#open?.then(
      ({ session }) => session.destroy(),
      () => {},
    );
  }

  async #ready(): Promise<Open> {
    for (;;) {
      if (this.#closed) throw new ConnectError('the connection is closed', Code.Canceled);
      this.#open ??= dial(this.authority, this.#options);
      const attempt = this.#open;
      const open = await attempt.catch((error: unknown) => {
        if (this.#open === attempt) this.#open = null;
        throw error;
      });
      if (usable(open.session) && (Date.now() - open.lastHeard < SILENCE || (await answers(open.session)))) return open;
      if (this.#open === attempt) this.#open = null;
    }
  }
}

const alive = new WeakMap<object, Open>();
const usable = (session: ClientHttp2Session) => !session.closed && !session.destroyed;

function dial(authority: string, options: SecureClientSessionOptions): Promise<Open> {
  return new Promise((resolve, reject) => {
    const session = connect(authority, { ...options, settings: { initialWindowSize: STREAM_WINDOW, maxFrameSize: FRAME_SIZE } });
    const open: Open = { session, streams: 0, lastHeard: Date.now() };
    alive.set(session, open);
    // Stays for good: whatever fails later shows at the requests.
    session.on('error', (error) => reject(new ConnectError(error.message, Code.Unavailable, undefined, undefined, error)));
    const timer = setTimeout(() => session.destroy(new Error('the server does not answer')), ANSWER_TIMEOUT);
    session.on('close', () => {
      clearTimeout(timer);
      reject(new ConnectError('the server closed the connection', Code.Unavailable));
    });
    // The server's first frame proves that it speaks HTTP/2.
    session.once('remoteSettings', () => {
      clearTimeout(timer);
      session.setLocalWindowSize(CONNECTION_WINDOW);
      session.unref();
      resolve(open);
    });
  });
}

/** Counts the streams of a connection; while there are some it is asked now and then whether it is alive. */
function track(open: Open, stream: ClientHttp2Stream): void {
  const { session } = open;
  open.lastHeard = Date.now();
  if (++open.streams === 1) session.ref();
  const timer = setInterval(() => {
    if (Date.now() - open.lastHeard >= SILENCE) void answers(session);
  }, SILENCE);
  timer.unref();
  stream.once('close', () => {
    clearInterval(timer);
    if (--open.streams === 0 && usable(session)) session.unref();
  });
}

/** Whether the other side answers; if not, the connection is ended. */
function answers(session: ClientHttp2Session): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      session.destroy(new Error('the server does not answer'));
      resolve(false);
    }, ANSWER_TIMEOUT);
    const asked =
      usable(session) &&
      session.ping((error) => {
        clearTimeout(timer);
        const open = alive.get(session);
        if (open && !error) open.lastHeard = Date.now();
        resolve(!error);
      });
    if (asked) return;
    clearTimeout(timer);
    resolve(false);
  });
}
