import { type Client, createClient, type Interceptor } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import type { Address } from './address.ts';
import { Connection } from './connection.ts';
import { SparkConnectService } from './proto/connect_pb.ts';

/** Messages of either direction may be as large as the server's own limit. */
const MAX_MESSAGE = 128 * 1024 * 1024;

export interface TransportOptions {
  /** Certificates of authorities to trust besides the system's, as PEM. */
  readonly ca?: string | Uint8Array;
}

/** The server's calls, and what closes the connection. */
export interface Service {
  readonly calls: Client<typeof SparkConnectService>;
  /** Ends the connection at once, and whatever still runs over it. */
  close(): void;
}

/** The server's calls over HTTP/2. Nothing is opened before the first call, and an idle connection does not keep the process alive. */
export function openService(address: Address, { ca }: TransportOptions): Service {
  const { host, port, token, useSsl, maxMessage = MAX_MESSAGE } = address;
  const headers = [...address.headers, ...(token === undefined ? [] : [['authorization', `Bearer ${token}`] as const])];
  const withHeaders: Interceptor = (next) => (request) => {
    for (const [name, value] of headers) request.header.set(name, value);
    return next(request);
  };
  const baseUrl = `${useSsl ? 'https' : 'http'}://${host}:${port}`;
  const trusted = ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : Buffer.from(ca) };
  const connection = new Connection(baseUrl, trusted);
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager: connection,
    interceptors: [withHeaders],
    readMaxBytes: maxMessage,
    writeMaxBytes: maxMessage,
  });
  return { calls: createClient(SparkConnectService, transport), close: () => connection.close() };
}
