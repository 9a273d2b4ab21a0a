import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Session } from '#dist/engine/session.js';
import { folder, refuses, SILENT } from '../engine/harness.ts';

const path = folder();
let proxy: Server;
let address: string;
let ca: string;

/** A proxy that ends TLS before the server of clear HTTP/2, as in front of a cluster; its certificate is made by openssl. */
beforeAll(async () => {
  const [key, cert] = [path('key.pem'), path('cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', ...subject], {
    stdio: 'pipe',
  });
  ca = readFileSync(cert, 'utf8');
  const target = Number(inject('sparkAddress').split(':').at(-1));
  proxy = createServer({ key: readFileSync(key), cert: ca, ALPNProtocols: ['h2'] }, (socket) => {
    const upstream = connect(target, '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ])
      one.on('error', () => other.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  address = `sc://127.0.0.1:${(proxy.address() as { port: number }).port}/`;
});
afterAll(() => proxy?.close());

it('frames go over TLS, with the token, when the authority is trusted', async () => {
  const session = await Session.connect(`${address};use_ssl=true;token=t`, { ca });
  expect(await session.range(5).count()).toBe(5);
  await session.close();
});

it('a certificate that nobody vouches for is refused, and so is a plain connection', async () => {
  await refuses(() => Session.connect(`${address};use_ssl=true`, { logger: SILENT }), 'CONNECTION_LOST', {}, 'self-signed certificate');
  await refuses(() => Session.connect(address, { logger: SILENT }), 'CONNECTION_LOST', {}, 'use_ssl');
});
