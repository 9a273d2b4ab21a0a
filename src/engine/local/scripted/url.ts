/** The parts of a URL by RFC 2396, as Java's URI has them; null where there is none. */
interface Url {
  readonly PROTOCOL: string | null;
  readonly AUTHORITY: string | null;
  readonly USERINFO: string | null;
  readonly HOST: string | null;
  readonly PATH: string | null;
  readonly QUERY: string | null;
  readonly REF: string | null;
}

/** Characters that may stand anywhere; beyond ASCII all but blanks and controls. */
const CHARACTERS = /^(?:[A-Za-z0-9\-_.!~*'();/?:@&=+$,#[\]]|%[0-9A-Fa-f]{2}|[^\p{ASCII}\p{Z}\p{Cc}])*$/u;
const SERVER =
  /^(?:([^@[\]]*)@)?((?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.%]+\])(?::\d*)?$/;

function readUrl(text: string): Url | null {
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?([^#]*)(?:#([^#]*))?$/s.exec(text);
  if (!match || !CHARACTERS.test(text)) return null;
  const [, scheme = null, rest, ref = null] = match;
  const nothing: Url = { PROTOCOL: scheme, AUTHORITY: null, USERINFO: null, HOST: null, PATH: null, QUERY: null, REF: ref };
  if (scheme !== null && rest === '') return null;
  if (scheme !== null && !rest.startsWith('/')) return nothing;
  const [, authority = null, path, query = null] = /^(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/s.exec(rest) as RegExpExecArray;
  if (/[[\]]/.test(path) || (authority === '' && path === '') || (scheme === null && /^[^/]*:/.test(path))) return null;
  const server = authority === null ? null : SERVER.exec(authority);
  return {
    ...nothing,
    AUTHORITY: authority === '' ? null : authority,
    USERINFO: server?.[1] ?? null,
    HOST: server?.[2] ?? null,
    PATH: path,
    QUERY: query,
  };
}

/** A part of a URL, or the value of a key of its query; undefined where the text is no URL. */
export function urlPart(text: string, part: string, key: string | null): string | null | undefined {
  const url = readUrl(text);
  if (!url) return undefined;
  if (key !== null) return part === 'QUERY' ? (queryValue(url.QUERY, key) ?? null) : null;
  if (part === 'FILE') return url.PATH === null ? null : url.PATH + (url.QUERY === null ? '' : `?${url.QUERY}`);
  return url[part as keyof Url] ?? null;
}

function queryValue(query: string | null, key: string): string | undefined {
  return query
    ?.split('&')
    .find((pair) => pair.startsWith(`${key}=`))
    ?.slice(key.length + 1);
}
