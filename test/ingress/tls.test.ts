/** Certificates of clients, by the name of the server that they ask for. */
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { ClientTls } from '../../src/ingress/route-policy.ts';
import { distinguishedName } from '../../src/ingress/shown-certificate.ts';
import {
  ask,
  authority,
  client,
  clientTls,
  open,
  otherAuthority,
  secured,
  serverNames,
  stranger,
  type AskFacts,
} from './secure.ts';
import { curl, echo, world, type World } from './world.ts';

/** Every host asks the same. */
function asking(own: ClientTls, shown: ClientTls = own): Promise<World> {
  return world({
    backend: echo,
    policy: { isNginx: true, clientTls: own },
    ...serverNames({ clientTlsFor: () => shown }),
  });
}

interface Case extends AskFacts {
  readonly name: string;
  readonly asks?: Partial<ClientTls>;
  readonly to: Readonly<Record<string, unknown>>;
}

const SUCCESS = {
  'ssl-client-verify': 'SUCCESS',
  'ssl-client-subject-dn': 'CN=client',
  'ssl-client-issuer-dn': 'CN=conformance',
  'ssl-client-cert': undefined,
};
const FAILED = 'FAILED:unable to verify the first certificate';
const lies = { 'ssl-client-verify': 'SUCCESS', 'ssl-client-subject-dn': 'CN=liar' };

const cases: readonly Case[] = [
  { name: 'its certificate', pair: client, to: { status: 200, headers: SUCCESS } },
  {
    name: 'its certificate over TLS 1.2',
    pair: client,
    maxVersion: 'TLSv1.2',
    to: { status: 200, headers: SUCCESS },
  },
  {
    name: 'none where one is required',
    to: { status: 400, body: /<title>400 No required SSL certificate was sent<\/title>/ },
  },
  {
    name: 'one that the authority did not sign',
    pair: stranger,
    to: { status: 400, body: /The SSL certificate error/ },
  },
  {
    name: 'none where it may be missing, and lies of it',
    asks: { verify: 'optional' },
    headers: lies,
    to: {
      status: 200,
      headers: { 'ssl-client-verify': 'NONE', 'ssl-client-subject-dn': undefined },
    },
  },
  {
    name: 'a bad one where it may be missing',
    asks: { verify: 'optional' },
    pair: stranger,
    to: { status: 400 },
  },
  {
    name: 'one of an authority that need not be known',
    asks: { verify: 'optional_no_ca' },
    pair: stranger,
    to: {
      status: 200,
      headers: { 'ssl-client-verify': FAILED, 'ssl-client-subject-dn': 'CN=client' },
    },
  },
  {
    name: 'what is not asked for, and lies of it',
    asks: { verify: 'off' },
    pair: client,
    headers: lies,
    to: {
      status: 200,
      headers: { 'ssl-client-verify': undefined, 'ssl-client-subject-dn': undefined },
    },
  },
  {
    name: 'none where a page says what is wrong',
    asks: { errorPage: 'https://help.example/cert' },
    to: { status: 302, location: 'https://help.example/cert' },
  },
  {
    name: 'a name that matches',
    asks: { matchCommonName: /CN=client/ },
    pair: client,
    to: { status: 200 },
  },
  {
    name: 'a name that does not match',
    asks: { matchCommonName: /CN=other/ },
    pair: client,
    to: { status: 403, body: 'client certificate unauthorized' },
  },
  {
    name: 'its certificate, for the backend to see',
    asks: { isCertificatePassed: true },
    pair: client,
    to: {
      status: 200,
      headers: { 'ssl-client-cert': encodeURIComponent(client.certificate.trimEnd() + '\n') },
    },
  },
];
for (const { name, asks, to, ...facts } of cases) {
  t.test(`serveIngress() takes from a client ${name}`, async (t) => {
    await using w = await asking(clientTls(asks));
    t.match(await ask(w, facts), to);
  });
}

t.test('serveIngress() asks clients for nothing whose server asks nothing', async (t) => {
  const own = clientTls({ verify: 'optional' });
  await using w = await world({
    backend: echo,
    policy: { clientTls: own },
    ...serverNames({ clientTlsFor: (name) => (name === 'shop.example' ? own : undefined) }),
  });
  // A client shows its certificate only where it is asked to.
  for (const [servername, verify] of [
    ['shop.example', 'SUCCESS'],
    ['other.example', 'NONE'],
    ['', 'NONE'],
  ] as const)
    t.match(await ask(w, { pair: client, servername }), {
      status: 200,
      headers: { 'ssl-client-verify': verify },
    });
});

t.test('serveIngress() believes no certificate that another host asked for', async (t) => {
  const other = clientTls({ ca: otherAuthority.certificate });
  await using w = await asking(clientTls(), other);
  t.match(await ask(w, { pair: stranger }), { status: 421 });
});

t.test('serveIngress() goes on where the authorities are none', async (t) => {
  await using w = await asking(clientTls({ ca: 'no PEM' }));
  t.match(await ask(w, { pair: client }), { status: 400 });
});

const resumed = [
  { name: 'with a certificate', pair: client, verify: 'SUCCESS' },
  { name: 'without one', pair: undefined, verify: 'NONE' },
] as const;
for (const { name, pair, verify } of resumed)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    t.test(`serveIngress() takes a session of ${version} for what it was ${name}`, async (t) => {
      await using w = await asking(clientTls({ verify: 'optional' }));
      const first = await open(secured(w, { pair, maxVersion: version }));
      let session = first.getSession();
      first.on('session', (given) => (session = given));
      first.write('GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n');
      first.resume();
      await once(first, 'close');
      const answer = await ask(w, { maxVersion: version, ...(session ? { session } : {}) });
      t.match(answer, { status: 200, headers: { 'ssl-client-verify': verify } });
    });

t.test('serveIngress() reads certificates of clients of HTTP/2', async (t) => {
  await using w = await asking(clientTls());
  const session = connectHttp2('https://shop.example', {
    createConnection: undefined,
    ...secured(w, { pair: client }),
    ALPNProtocols: ['h2'],
  } as object);
  const stream = session.request({ ':path': '/', ':authority': 'shop.example' });
  stream.end();
  let body = '';
  for await (const chunk of stream) body += String(chunk);
  session.close();
  t.match(JSON.parse(body).headers, SUCCESS);
});

t.test('serveIngress() takes the certificate that curl shows', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'podlane-tls-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'cert.pem'), client.certificate);
  await writeFile(join(folder, 'key.pem'), client.key, { mode: 0o600 });
  await using w = await asking(clientTls());
  const to = ['-k', '--connect-to', `::127.0.0.1:${w.httpsPort}`, 'https://shop.example/'];
  const shown = ['--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')];
  t.match(JSON.parse(await curl(...shown, ...to)).headers, SUCCESS);
  t.match(await curl(...to), /No required SSL certificate was sent/);
});

t.test('serveIngress() serves a new certificate to the next client', async (t) => {
  let pair = await authority.issue(['first.example']);
  await using w = await world({
    backend: echo,
    certificateFor: () => pair,
    ...serverNames({ clientTlsFor: () => CLIENT_TLS }),
  });
  const before = await open(secured(w, { pair: client }));
  t.equal(before.getPeerCertificate().subject.CN, 'first.example');
  pair = await authority.issue(['second.example']);
  const after = await open(secured(w, { pair: client }));
  t.equal(after.getPeerCertificate().subject.CN, 'second.example');
  for (const socket of [before, after]) socket.destroy();
});
const CLIENT_TLS = clientTls();

const names = [
  { lines: 'CN=client', to: 'CN=client' },
  { lines: 'C=DE\nO=Example\\, Inc.\nCN=client', to: 'CN=client,O=Example\\, Inc.,C=DE' },
  { lines: 'O=Example\nCN=a + UID=b', to: 'CN=a+UID=b,O=Example' },
  { lines: 'CN=a \\+ b', to: 'CN=a \\+ b' },
  { lines: 'CN=Zoë', to: 'CN=Zo\\C3\\AB' },
  { lines: undefined, to: '' },
] as const;
for (const { lines, to } of names) {
  t.test(`distinguishedName() writes ${to === '' ? 'nothing' : to}`, async (t) => {
    t.equal(distinguishedName(lines), to);
  });
}
