import { MlError, show } from '../../error.ts';

/** Where a Spark Connect server is, and as whom to speak to it. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly useSsl: boolean;
  /** Bearer token; never part of a message or a log. */
  readonly token?: string;
  readonly userId?: string;
  readonly userAgent?: string;
  readonly sessionId?: string;
  /** Bytes of the largest message of either direction. */
  readonly maxMessage?: number;
  /** Every other key of the address: sent as a header of each request. */
  readonly headers: ReadonlyMap<string, string>;
}

const OWNER = 'Session.connect';
const DEFAULT_PORT = 15002;
const OWN_KEYS = ['token', 'use_ssl', 'user_id', 'user_agent', 'session_id', 'grpc_max_message_size'];
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/i;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Reads `sc://host:port/;token=…;use_ssl=true`; values are percent-decoded. */
export function parseAddress(text: string): Address {
  if (typeof text !== 'string') throw wrong(`address must be a text, got ${show(text)}`, 'address');
  const match = /^sc:\/\/(\[[^\]]+\]|[^/:;?#]+)(?::([^/;]*))?(?:\/(.*))?$/i.exec(text.trim());
  if (!match) throw wrong(`address must be sc://host:port/;key=value;…, got ${show(withoutSecrets(text))}`, 'address');
  const [, host, portText, rest = ''] = match;
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (portText?.includes('@')) throw wrong('address must name no user before its host; put user_id=… behind "/;"', 'address');
  if (!/^\d+$/.test(portText ?? '0') || !(port >= 1 && port <= 65535))
    throw wrong(`port must be a number from 1 to 65535, got ${show(portText)}`, 'port');
  if (rest !== '' && !rest.startsWith(';')) throw wrong('parameters must follow "/;", as in sc://host:15002/;use_ssl=true', 'address');
  const known = new Map<string, string>();
  const headers = new Map<string, string>();
  for (const part of rest.split(';').filter((p) => p !== '')) {
    const at = part.indexOf('=');
    const key = at < 0 ? part : part.slice(0, at);
    if (at <= 0 || at === part.length - 1) throw wrong(`each parameter must be key=value, got ${show(key)} without a value`, key);
    const value = decoded(key, part.slice(at + 1));
    const own = OWN_KEYS.includes(key);
    if (!own && key.toLowerCase() === 'authorization') throw wrong('a token goes by token=…, which keeps it off connections without TLS', key);
    if (!own && !/^[\x20-\x7e]*$/.test(value)) throw wrong(`the value of ${key} must be of printable ASCII characters`, key);
    if (!own && !/^[\w.-]+$/.test(key)) throw wrong(`the name of a header may hold letters, digits, - _ and ., got ${show(key)}`, key);
    (own ? known : headers).set(own ? key : key.toLowerCase(), value);
  }
  return checked(host, port, known, headers);
}

function checked(host: string, port: number, known: ReadonlyMap<string, string>, headers: ReadonlyMap<string, string>): Address {
  const ssl = known.get('use_ssl')?.toLowerCase();
  if (ssl !== undefined && ssl !== 'true' && ssl !== 'false') throw wrong(`use_ssl must be true or false, got ${show(ssl)}`, 'use_ssl');
  const token = known.get('token');
  const loopback = LOOPBACK.test(host);
  if (token !== undefined && ssl === 'false' && !loopback) {
    throw wrong('a token may leave this machine only over TLS; take use_ssl=false out of the address', 'use_ssl');
  }
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) throw wrong('token must be of printable ASCII characters without blanks', 'token');
  const sessionId = known.get('session_id');
  if (sessionId !== undefined && !UUID.test(sessionId)) throw wrong(`session_id must be a UUID, got ${show(sessionId)}`, 'session_id');
  const limit = known.get('grpc_max_message_size');
  if (limit !== undefined && !(/^\d{1,10}$/.test(limit) && Number(limit) > 0 && Number(limit) <= 0x7fffffff))
    throw wrong(`grpc_max_message_size must be a number of bytes below 2^31, got ${show(limit)}`, 'grpc_max_message_size');
  return {
    host,
    port,
    useSsl: ssl === undefined ? token !== undefined && !loopback : ssl === 'true',
    headers,
    ...(token !== undefined && { token }),
    ...(sessionId !== undefined && { sessionId }),
    ...(limit !== undefined && { maxMessage: Number(limit) }),
    ...(known.has('user_id') && { userId: known.get('user_id') }),
    ...(known.has('user_agent') && { userAgent: known.get('user_agent') }),
  };
}

/** The address as it may stand in a message. */
export function addressText({ host, port }: Address): string {
  return `sc://${host}:${port}`;
}

function decoded(key: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw wrong(`the value of ${key} must be percent-encoded where it holds %, ; or the like`, key);
  }
}

const withoutSecrets = (text: string) => text.replace(/[;?#].*$/s, '…').replace(/\/\/.*@/s, '//…@');

function wrong(what: string, param: string): MlError {
  return new MlError('PARAM_INVALID', `${OWNER}: ${what}`, { param });
}
