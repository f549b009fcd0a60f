/** DNS over gRPC, with the client of the gRPC project. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import t from 'tap';
import { decodeMessage, encodeMessage, type ClusterDns } from '../../../src/dns/index.ts';
import { createSelfSigned } from '../../../src/ingress/self-signed.ts';
import { brief, loadDns, WEB } from '../corefile-world.ts';
import { FLAGS, messageWith } from '../wire/messages.ts';

const QUERY = '/coredns.dns.DnsService/Query';
const ANSWER = `NOERROR ${WEB} 30 A 10.96.0.7`;

function question(name = WEB): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  return encodeMessage(messageWith([], { flags, questions: [{ name, type: 1, class: 1 }] }));
}

async function serve(
  tls: string,
  file = 'Corefile',
): Promise<ClusterDns & { readonly port: number }> {
  const text = `. {\nerrors\n}\ngrpc://. {\n${tls}\nkubernetes cluster.local {\nttl 30\n}\n}\n`;
  const dns = await loadDns(text, { file });
  await dns.start();
  return Object.assign(dns, { port: dns.listeners[0]?.port ?? 0 });
}

/** `DnsPacket { bytes msg = 1; }`, for messages below 16 384 octets. */
function packet(message: Buffer): Buffer {
  const { length } = message;
  const size = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
  return Buffer.concat([Buffer.from([0x0a, ...size]), message]);
}

function messageOf(body: Buffer): Buffer {
  const end = (body[1] ?? 0) < 128 ? 2 : 3;
  return body.subarray(end);
}

function call(client: Client, path: string, body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      body,
      (error: ServiceError | null, reply?: Buffer) => {
        if (error === null && reply !== undefined) resolve(reply);
        else reject(error ?? new Error('no reply'));
      },
    );
  });
}

t.test('serveDnsOverGrpc() answers in clear text without a certificate', async (t) => {
  await using dns = await serve('');
  const client = new Client(`127.0.0.1:${dns.port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const replies = await Promise.all(
    Array.from({ length: 5 }, () => call(client, QUERY, packet(question()))),
  );
  for (const reply of replies) t.equal(brief(decodeMessage(messageOf(reply))), ANSWER);
});

t.test('serveDnsOverGrpc() answers in TLS', async (t) => {
  const { certificate, key } = await createSelfSigned();
  const folder = mkdtempSync(join(tmpdir(), 'podlane-grpc-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'cert.pem'), certificate);
  writeFileSync(join(folder, 'key.pem'), key);
  await using dns = await serve('tls cert.pem key.pem', join(folder, 'Corefile'));
  const client = new Client(
    `localhost:${dns.port}`,
    credentials.createSsl(Buffer.from(certificate)),
  );
  t.teardown(() => client.close());
  const reply = await call(client, QUERY, packet(question()));
  t.equal(brief(decodeMessage(messageOf(reply))), ANSWER);
});

const refused = [
  {
    name: 'another method',
    path: '/coredns.dns.DnsService/Watch',
    body: packet(question()),
    code: status.UNIMPLEMENTED,
  },
  { name: 'no packet', path: QUERY, body: Buffer.alloc(0), code: status.UNKNOWN },
  {
    name: 'a packet cut short',
    path: QUERY,
    body: packet(question()).subarray(0, 20),
    code: status.UNKNOWN,
  },
  {
    name: 'a length without end',
    path: QUERY,
    body: Buffer.alloc(40, 0xff).fill(0x0a, 0, 1),
    code: status.UNKNOWN,
  },
  {
    name: 'what is no question',
    path: QUERY,
    body: packet(Buffer.from('hello')),
    code: status.UNKNOWN,
  },
  {
    name: 'more than a message may be',
    path: QUERY,
    body: Buffer.alloc(80_000),
    code: status.RESOURCE_EXHAUSTED,
  },
];
t.test('serveDnsOverGrpc() refuses what is no query, and goes on', async (t) => {
  await using dns = await serve('');
  const client = new Client(`127.0.0.1:${dns.port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  for (const { name, path, body, code } of refused)
    await t.rejects(call(client, path, body), { code }, name);
  const reply = await call(client, QUERY, packet(question()));
  t.equal(brief(decodeMessage(messageOf(reply))), ANSWER);
});

t.test('serveDnsOverGrpc() survives clients that go away', async (t) => {
  await using dns = await serve('');
  const session = connectHttp2(`http://127.0.0.1:${dns.port}`);
  session.on('error', () => undefined);
  const stream = session.request({ ':method': 'POST', ':path': QUERY });
  stream.on('error', () => undefined);
  stream.write(Buffer.alloc(3));
  session.destroy();
  const client = new Client(`127.0.0.1:${dns.port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const reply = await call(client, QUERY, packet(question()));
  t.equal(brief(decodeMessage(messageOf(reply))), ANSWER);
});

t.test('serveDnsOverGrpc() takes as many calls at once as CoreDNS', async (t) => {
  await using dns = await serve('');
  const session = connectHttp2(`http://127.0.0.1:${dns.port}`);
  await once(session, 'remoteSettings');
  t.equal(session.remoteSettings.maxConcurrentStreams, 256);
  session.close();
});

t.test('serveDnsOverGrpc() closes connections that speak something else', async (t) => {
  await using dns = await serve('');
  const socket = connect(dns.port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  socket.write('GET /dns-query HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'close');
  const client = new Client(`127.0.0.1:${dns.port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const reply = await call(client, QUERY, packet(question()));
  t.equal(brief(decodeMessage(messageOf(reply))), ANSWER);
});
