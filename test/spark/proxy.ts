import { type ClientHttp2Stream, connect, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';

/**
 * What to break: the answers of these calls once so many messages have passed, by ending the stream or the whole connection, by silence, or by an error that is
 * final (`refuse`, before any message only).
 */
export interface Cut {
  /** Names of calls, such as `ExecutePlan`. */
  calls: readonly string[];
  /** Messages that still pass: of the answer, or of what the client sends. */
  after: number;
  of?: 'answer' | 'request';
  how: 'stream' | 'connection' | 'end' | 'silence' | 'refuse';
  /** How often; once by default. */
  times?: number;
  /** How many of these calls pass whole first; none by default. */
  skip?: number;
}

/** A proxy before a server of clear HTTP/2 that counts calls and breaks them as it is told. */
export class FaultProxy {
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #upstream: string;
  readonly #seen = new Map<string, number>();
  #cut: Cut | null = null;
  #left = 0;
  #skip = 0;
  /** Told of each call before it is forwarded. */
  onCall: (name: string) => void = () => {};

  private constructor(server: Http2Server, upstream: string) {
    this.#server = server;
    this.#upstream = upstream;
  }

  static async start(port: number): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server, `http://127.0.0.1:${port}`);
    server.on('session', (session) => {
      proxy.#sessions.add(session);
      session.once('close', () => proxy.#sessions.delete(session));
      session.on('error', () => {});
    });
    server.on('stream', (stream, headers) => proxy.#forward(stream, headers as Record<string, string>));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    return `sc://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** Breaks what comes next; null lets all pass. */
  breakNext(cut: Cut | null): void {
    this.#cut = cut;
    this.#left = cut?.times ?? 1;
    this.#skip = cut?.skip ?? 0;
    this.#seen.clear();
  }

  /** How often a call has come since {@link breakNext}. */
  calls(name: string): number {
    return this.#seen.get(name) ?? 0;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #forward(stream: ServerHttp2Stream, headers: Record<string, string>): void {
    const call = headers[':path'].split('/').at(-1) as string;
    this.#seen.set(call, this.calls(call) + 1);
    this.onCall(call);
    const cut = this.#next(call);
    if (cut?.how === 'refuse') {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '13', 'grpc-message': 'refused' }, { endStream: true });
      return;
    }
    const upstream = connect(this.#upstream);
    upstream.on('error', () => stream.destroy());
    const request = upstream.request(headers);
    const end = () => upstream.close();
    stream.on('error', () => {});
    request.on('error', () => stream.destroy());
    stream.on('close', () => {
      request.destroy();
      end();
    });
    if (cut?.of === 'request') {
      this.#passSome(stream, request, cut);
      return;
    }
    stream.pipe(request);
    if (cut?.after === 0) {
      this.#break(stream, cut.how);
      return;
    }
    const messages = new MessageCounter();
    request.on('response', (answer) => {
      stream.respond(answer, { waitForTrailers: true });
      let trailers: Record<string, unknown> = {};
      request.on('trailers', (found) => {
        trailers = found;
      });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers as never));
      let broken = false;
      request.on('data', (data: Buffer) => {
        if (broken) return;
        const whole = cut ? messages.bytesOf(data, cut.after) : data.length;
        if (!stream.write(data.subarray(0, whole))) {
          request.pause();
          stream.once('drain', () => request.resume());
        }
        if (!cut || messages.count < cut.after) return;
        broken = true;
        setImmediate(() => this.#break(stream, cut.how));
      });
      request.on('end', () => broken || stream.end());
    });
  }

  /** Hands on what the client sends until it is enough; nothing is answered. */
  #passSome(stream: ServerHttp2Stream, request: ClientHttp2Stream, { after, how }: Cut): void {
    const messages = new MessageCounter();
    stream.on('data', (data: Buffer) => {
      request.write(data.subarray(0, messages.bytesOf(data, after)));
      if (messages.count >= after) setImmediate(() => this.#break(stream, how));
    });
    if (after === 0) this.#break(stream, how);
  }

  #next(call: string): Cut | null {
    if (!this.#cut?.calls.includes(call) || this.#skip-- > 0) return null;
    return this.#left-- > 0 ? this.#cut : null;
  }

  #break(stream: ServerHttp2Stream, how: Cut['how']): void {
    if (how === 'silence') return;
    if (how === 'connection') stream.session?.destroy();
    else if (how === 'end' && stream.headersSent) stream.end();
    else stream.close(2);
  }
}

/** Counts gRPC messages (five bytes of head, then as many as the last four say). */
class MessageCounter {
  count = 0;
  #head: number[] = [];
  #left = 0;

  /** How many of these bytes belong to the first `most` messages. */
  bytesOf(data: Buffer, most: number): number {
    let at = 0;
    while (at < data.length && this.count < most) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, data.length - at);
        this.#left -= step;
        at += step;
      } else {
        this.#head.push(data[at++]);
        if (this.#head.length < 5) continue;
        this.#left = Buffer.from(this.#head).readUInt32BE(1);
        this.#head = [];
      }
      if (this.#left === 0 && this.#head.length === 0) this.count++;
    }
    return at;
  }
}
