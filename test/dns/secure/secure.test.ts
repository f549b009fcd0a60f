/** DNS over TLS and over HTTPS, with clients of Node's. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import { decodeMessage, encodeMessage, type ClusterDns } from '../../../src/dns/index.ts';
import { createSelfSigned } from '../../../src/ingress/self-signed.ts';
import { brief, loadDns, WEB } from '../corefile-world.ts';
import { FLAGS, messageWith } from '../wire/messages.ts';

const { certificate, key } = await createSelfSigned();
const folder = mkdtempSync(join(tmpdir(), 'podlane-tls-'));
t.teardown(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'cert.pem'), certificate);
writeFileSync(join(folder, 'key.pem'), key);

const ANSWER = `NOERROR ${WEB} 30 A 10.96.0.7`;
const DNS_MESSAGE = 'application/dns-message';

function question(name = WEB): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  return encodeMessage(messageWith([], { flags, questions: [{ name, type: 1, class: 1 }] }));
}

const block = (key_: string, tls: string): string =>
  `${key_} {\n${tls}\nkubernetes cluster.local {\nttl 30\n}\n}\n`;

async function serve(corefile: string): Promise<ClusterDns & { readonly port: number }> {
  const dns = await loadDns(`. {\nerrors\n}\n${corefile}`, { file: join(folder, 'Corefile') });
  await dns.start();
  return Object.assign(dns, { port: dns.listeners[0]?.port ?? 0 });
}

const PAIR = 'tls cert.pem key.pem';

t.test('serveDnsOverTls() answers messages as over TCP', async (t) => {
  await using dns = await serve(block('tls://.', PAIR));
  const socket = connectTls({ port: dns.port, ca: certificate, ALPNProtocols: ['dot'] });
  await once(socket, 'secureConnect');
  t.equal(socket.alpnProtocol, 'dot');
  const message = question();
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  socket.write(Buffer.concat([length, message, length, message]));
  let received = Buffer.alloc(0);
  while (received.length < 2 || received.length < 2 * (received.readUInt16BE(0) + 2)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received = Buffer.concat([received, chunk]);
  }
  t.equal(brief(decodeMessage(received.subarray(2, 2 + received.readUInt16BE(0)))), ANSWER);
  socket.destroy();
});

t.test('serveDnsOverTls() survives what is no TLS', async (t) => {
  await using dns = await serve(block('tls://.', PAIR));
  const bad = connectTls({ port: dns.port, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' });
  const [error] = (await once(bad, 'error')) as [Error];
  t.ok(error);
  const good = connectTls({ port: dns.port, ca: certificate });
  await once(good, 'secureConnect');
  good.destroy();
});

interface HttpReply {
  readonly status: number;
  readonly type: string | undefined;
  readonly cacheControl: string | undefined;
  readonly body: Buffer;
}

async function http1(
  port: number,
  path: string,
  { method = 'GET', body }: { readonly method?: string; readonly body?: Buffer } = {},
): Promise<HttpReply> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const headers = body === undefined ? {} : { 'content-type': DNS_MESSAGE };
  const sent = request({ port, path, method, headers, ca: certificate, agent: false }, (reply) => {
    const { 'content-type': type, 'cache-control': cacheControl } = reply.headers;
    const status = reply.statusCode ?? 0;
    buffer(reply).then((read) => resolve({ status, type, cacheControl, body: read }), reject);
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

t.test('serveDnsOverHttps() answers GET and POST over HTTP/1.1', async (t) => {
  await using dns = await serve(block('https://.', PAIR));
  const get = await http1(dns.port, `/dns-query?dns=${question().toString('base64url')}`);
  t.match(get, { status: 200, type: DNS_MESSAGE, cacheControl: 'max-age=30' });
  t.equal(brief(decodeMessage(get.body)), ANSWER);
  const post = await http1(dns.port, '/dns-query', { method: 'POST', body: question() });
  t.equal(brief(decodeMessage(post.body)), ANSWER);
  const missing = await http1(dns.port, '/dns-query', {
    method: 'POST',
    body: question(`no.${WEB}`),
  });
  t.equal(brief(decodeMessage(missing.body)), 'NXDOMAIN');
});

t.test('serveDnsOverHttps() refuses what is no question', async (t) => {
  await using dns = await serve(block('https://.', PAIR));
  for (const { path, options, status } of [
    { path: '/', options: {}, status: 404 },
    { path: '/dns-query', options: {}, status: 400 },
    { path: '/dns-query?dns=AAAA', options: {}, status: 400 },
    { path: '/dns-query?dns=%%%', options: {}, status: 400 },
    { path: '/dns-query', options: { method: 'PUT', body: question() }, status: 400 },
    { path: '/dns-query', options: { method: 'POST', body: Buffer.alloc(3) }, status: 400 },
    { path: '/dns-query', options: { method: 'POST', body: Buffer.alloc(70_000) }, status: 400 },
  ])
    t.match(await http1(dns.port, path, options), { status }, path);
});

t.test('serveDnsOverHttps() answers over HTTP/2', async (t) => {
  await using dns = await serve(block('https://.', PAIR));
  const session = connectHttp2(`https://localhost:${dns.port}`, { ca: certificate });
  const stream = session.request({
    ':path': '/dns-query',
    ':method': 'POST',
    'content-type': DNS_MESSAGE,
  });
  stream.end(question());
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  t.match(headers, { ':status': 200, 'content-type': DNS_MESSAGE });
  t.equal(brief(decodeMessage(await buffer(stream))), ANSWER);
  session.destroy();
});

t.test('serveDnsOverHttps() speaks clear text without a certificate', async (t) => {
  await using dns = await serve(block('https://.', ''));
  const dnsQuery = question().toString('base64url');
  const reply = await fetch(`http://127.0.0.1:${dns.port}/dns-query?dns=${dnsQuery}`);
  t.equal(brief(decodeMessage(Buffer.from(await reply.arrayBuffer()))), ANSWER);
});

t.test('tls:// asks clients for a certificate where it is told to', async (t) => {
  const tls = 'tls cert.pem key.pem cert.pem {\nclient_auth require_and_verify\n}';
  await using dns = await serve(block('tls://.', tls));
  const stranger = connectTls({ port: dns.port, ca: certificate, maxVersion: 'TLSv1.2' });
  const [error] = (await once(stranger, 'error')) as [Error];
  t.ok(error);
  const known = connectTls({ port: dns.port, ca: certificate, cert: certificate, key });
  await once(known, 'secureConnect');
  known.destroy();
});
