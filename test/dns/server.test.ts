import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { promisify } from 'node:util';
import t from 'tap';
import {
  createAnswerBytes,
  createClusterDns,
  decodeMessage,
  encodeMessage,
  failure,
  kubeadmCorefile,
  RCODE,
  routeTo,
  serveDns,
  TYPE,
  type Answer,
  type Resolve,
} from '../../src/dns/index.ts';
import { createFakeClock, SILENT, SYSTEM_CLOCK } from '../../src/observe/index.ts';
import { askUdp, framed, openTcp, serve } from './sockets.ts';
import { FLAGS, messageWith } from './wire/messages.ts';
import { createZoneStore, service, slice } from './zone.ts';

function query(name: string, id = 1): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  return encodeMessage(messageWith([], { id, flags, questions: [{ name, type: 1, class: 1 }] }));
}

/** `big.` has more addresses than a small datagram holds; `later.` waits for `release`. */
function createResolver(): { resolve: Resolve; release: () => void } {
  const { promise, resolve: settle } = Promise.withResolvers<undefined>();
  const answer = (name: string, count: number): Answer => ({
    ...failure(RCODE.NOERROR),
    answers: Array.from({ length: count }, (_, index) => ({
      name,
      type: TYPE.A,
      class: 1,
      ttl: 5,
      rdata: { kind: 'address', address: `192.0.2.${index}` },
    })),
  });
  const resolve: Resolve = async (asked) => {
    if (asked.qname === 'later.') await promise;
    return answer(asked.name, asked.qname === 'big.' ? 200 : 1);
  };
  return { resolve, release: () => settle(undefined) };
}

t.test('serveDns() answers over UDP, and over TCP what UDP has no room for', async (t) => {
  const { resolve } = createResolver();
  await using server = await serve(createAnswerBytes({ route: routeTo(resolve) }));
  const small = decodeMessage(await askUdp(server.port, query('big.')));
  t.ok(small.flags.isTruncated);
  const { socket, read } = await openTcp(server.port);
  socket.write(framed(query('big.')));
  const whole = decodeMessage(await read());
  t.notOk(whole.flags.isTruncated);
  t.equal(whole.answers.length, 200);
  socket.destroy();
});

t.test(
  'serveDns() answers pipelined queries as their answers come, in pieces of any size',
  async (t) => {
    const { resolve, release } = createResolver();
    await using server = await serve(createAnswerBytes({ route: routeTo(resolve) }));
    const { socket, read } = await openTcp(server.port);
    for (const octet of Buffer.concat([framed(query('later.', 1)), framed(query('a.', 2))]))
      socket.write(Buffer.from([octet]));
    t.equal(decodeMessage(await read()).id, 2);
    release();
    t.equal(decodeMessage(await read()).id, 1);
    socket.end(framed(query('b.', 3)));
    t.equal(decodeMessage(await read()).id, 3, 'a client may end before its answer');
    await once(socket, 'end');
  },
);

t.test('serveDns() does not read on from a client that takes no answers', async (t) => {
  const { resolve } = createResolver();
  let asked = 0;
  const inner = createAnswerBytes({
    route: routeTo((it) => resolve({ ...it, name: 'big.', qname: 'big.' })),
  });
  await using server = await serve((octets, client) => {
    asked += 1;
    return inner(octets, client);
  });
  const { socket } = await openTcp(server.port);
  socket.pause();
  const flood = Buffer.concat(Array.from({ length: 60_000 }, () => framed(query('big.'))));
  socket.write(flood);
  const settled = async (): Promise<number> => {
    let before = -1;
    while (before !== asked) {
      before = asked;
      for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
    }
    return asked;
  };
  t.ok((await settled()) < 60_000);
  socket.destroy();
});

t.test(
  'serveDns() closes connections that say nothing, and the most silent one where there are too many',
  async (t) => {
    const clock = createFakeClock();
    const { resolve } = createResolver();
    await using server = await serve(createAnswerBytes({ route: routeTo(resolve) }), {
      clock,
      idleTimeoutMs: 10_000,
      maxConnections: 1,
    });
    const first = await openTcp(server.port);
    first.socket.write(framed(query('a.')));
    await first.read();
    const second = await openTcp(server.port);
    first.socket.resume();
    await once(first.socket, 'close');
    second.socket.write(framed(query('a.')));
    await second.read();
    second.socket.resume();
    clock.advance(10_000);
    await once(second.socket, 'close');
    t.equal(clock.pendingTimers, 0);
  },
);

t.test('serveDns() listens on several addresses, or on none', async (t) => {
  const { resolve } = createResolver();
  const answerBytes = createAnswerBytes({ route: routeTo(resolve) });
  await using first = await serve(answerBytes);
  const taken = { address: '127.0.0.1', port: first.port };
  const free = { address: '127.96.0.10', port: 0 };
  await t.rejects(serveDns({ addresses: [free, taken], answerBytes, log: SILENT }), {
    code: 'ERR_ADDRESS_IN_USE',
  });
  const addresses = [{ ...taken, isOptional: true }, free];
  await using server = await serveDns({ addresses, answerBytes, log: SILENT });
  t.same(
    server.addresses.map(({ address }) => address),
    ['127.96.0.10'],
  );
});

const DIG = ['/usr/bin/dig', '/opt/homebrew/bin/dig'].find((path) => existsSync(path));
const skip = DIG === undefined ? 'dig is not installed' : false;

t.test('createClusterDns() and serveDns() serve dig', { skip }, async (t) => {
  const store = createZoneStore();
  store.create(
    service('web', {
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7'],
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    }),
  );
  store.create(
    service('db', { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'http', port: 80 }] }),
  );
  store.create(
    slice(
      'db',
      Array.from({ length: 60 }, (_, index) => `db-${index}=10.244.0.${index + 1}`),
    ),
  );
  await using dns = createClusterDns({
    store,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log: SILENT,
    resolvConf: () => ({ nameservers: [], search: [], options: [] }),
  });
  await dns.load({ file: 'Corefile', text: kubeadmCorefile() });
  await using server = await serve(dns.answerBytes);
  const dig = async (...words: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(DIG ?? '', [
      '@127.0.0.1',
      '-p',
      String(server.port),
      '+tries=1',
      ...words,
    ]);
    return stdout.trim();
  };
  const Z = 'shop.svc.cluster.local';
  t.equal(await dig('+short', `web.${Z}`), '10.96.0.7');
  t.equal(await dig('+short', '+tcp', `web.${Z}`), '10.96.0.7');
  t.equal(await dig('+short', 'SRV', `_http._tcp.web.${Z}`), `0 100 80 web.${Z}.`);
  t.equal(await dig('+short', '-x', '10.96.0.7'), `web.${Z}.`);
  t.equal(await dig('+short', 'TXT', 'dns-version.cluster.local'), '"1.1.0"');
  t.equal(
    (await dig('+short', '+bufsize=512', `db.${Z}`)).split('\n').length,
    60,
    'dig asks again over TCP',
  );
  t.match(
    await dig(`nosuch.${Z}`),
    /status: NXDOMAIN.*flags: qr aa rd.*cluster\.local\.\s+30\s+IN\s+SOA/s,
  );
  t.match(await dig('www.example.org'), /status: REFUSED/);
  t.match(await dig('+edns=1', '+noednsneg', `web.${Z}`), /status: BADVERS/);
  t.match(await dig('+opcode=STATUS', `web.${Z}`), /status: NOTIMP/);
  t.match(await dig('CH', 'TXT', 'version.bind'), /status: REFUSED/);
});
