import { describe, expect, it } from 'vitest';
import { parseAddress } from '#dist/engine/spark/address.js';
import { refuses } from '../harness.ts';

describe('an address', () => {
  it.each<[string, object]>([
    ['sc://spark', { host: 'spark', port: 15002, useSsl: false }],
    ['sc://spark:7/', { host: 'spark', port: 7 }],
    ['sc://[::1]:7/;use_ssl=true', { host: '[::1]', port: 7, useSsl: true }],
    ['sc://spark/;token=a%3Bb%20c', {}],
    ['sc://localhost/;token=t', { token: 't', useSsl: false }],
    ['sc://spark/;token=t', { token: 't', useSsl: true }],
    ['sc://spark/;grpc_max_message_size=1000', { maxMessage: 1000, headers: new Map() }],
    ['sc://spark/;user_id=eve;user_agent=job;X-Team=a%2Fb', { userId: 'eve', userAgent: 'job', headers: new Map([['x-team', 'a/b']]) }],
  ])('%s', (text, parts) => {
    if (text.includes('%20')) return refuses(() => parseAddress(text), 'PARAM_INVALID', { param: 'token' });
    expect(parseAddress(text)).toMatchObject(parts);
  });

  it.each<[string, string]>([
    ['http://spark', 'sc://host:port'],
    ['sc://', 'sc://host:port'],
    ['sc://spark:x', 'port must be'],
    ['sc://spark:70000', 'port must be'],
    ['sc://spark/token=t', 'must follow "/;"'],
    ['sc://spark/;token', 'key=value'],
    ['sc://spark/;token=', 'key=value'],
    ['sc://spark/;use_ssl=yes', 'true or false'],
    ['sc://spark/;token=t;use_ssl=false', 'only over TLS'],
    ['sc://spark/;session_id=1', 'UUID'],
    ['sc://spark/;a b=c', 'name of a header'],
    ['sc://spark/;token=%E0%A4', 'percent-encoded'],
    ['sc://spark/;x=a%0d%0ab:c', 'printable'],
    ['sc://spark/;Authorization=Bearer%20t', 'token='],
    ['sc://spark/;grpc_max_message_size=2GB', 'bytes'],
    ['sc://eve:pw@spark', 'user_id'],
  ])('is refused: %s', (text, why) => refuses(() => parseAddress(text), 'PARAM_INVALID', {}, why));

  it('is never told with its token', async () => {
    for (const text of [
      'x://spark/;token=hidden',
      'sc://spark:x/;token=hidden',
      'sc://spark/;token=hidden;use_ssl=false',
      'sc:spark;token=hidden',
      'sc://eve:hidden@spark',
      'sc://spark?token=hidden',
    ]) {
      await refuses(() => parseAddress(text), 'PARAM_INVALID', {}, /^(?!.*hidden)/s);
    }
  });
});
