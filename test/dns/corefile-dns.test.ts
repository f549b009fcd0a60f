/** What a Corefile makes of the server: blocks, views, listeners, endpoints, reload. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createCorefileFollower, kubeadmCorefile, TYPE } from '../../src/dns/index.ts';
import { createFakeClock, createLogger, SILENT, SYSTEM_CLOCK } from '../../src/observe/index.ts';
import { brief, createDns, loadDns, query, WEB } from './corefile-world.ts';
import { askUdp } from './sockets.ts';
import { createZoneStore } from './zone.ts';

/** Answers every name with `text`. */
const saying = (text: string): string => `chaos ${text}`;
const VERSION = { type: TYPE.TXT, class: 3 };

const routes = `
cluster.local in-addr.arpa {
  kubernetes
}
test {
  ${saying('test')}
}
sub.test {
  ${saying('sub')}
}
empty.test {
}
`;

for (const { name, qname, asking, reply } of [
  { name: 'its zone', qname: WEB, asking: {}, reply: `NOERROR ${WEB} 5 A 10.96.0.7` },
  { name: 'no zone', qname: 'example.org.', asking: {}, reply: 'REFUSED' },
  { name: 'a block without plugins', qname: 'a.empty.test.', asking: {}, reply: 'REFUSED' },
  { name: 'a block without an answer', qname: 'a.test.', asking: {}, reply: 'SERVFAIL' },
  {
    name: 'case',
    qname: WEB.toUpperCase(),
    asking: {},
    reply: `NOERROR ${WEB.toUpperCase()} 5 A 10.96.0.7`,
  },
  { name: 'a name that only ends alike', qname: 'xcluster.local.', asking: {}, reply: 'REFUSED' },
  { name: 'a dot behind a backslash', qname: 'a\\.cluster.local.', asking: {}, reply: 'REFUSED' },
])
  t.test(`ClusterDns chooses the block of ${name}`, async (t) => {
    await using dns = await loadDns(routes);
    t.equal(brief(await query(dns, qname, asking)), reply);
  });

t.test('ClusterDns asks the parent for DS, and the child for everything else', async (t) => {
  const corefile = 'a.test {\nany\n}\nb.a.test {\nwhoami\n}';
  await using dns = await loadDns(corefile);
  t.equal((await query(dns, 'b.a.test.', { type: 43 }))?.additional.length, 0);
  t.equal((await query(dns, 'b.a.test.'))?.additional.length, 2);
});

t.test('ClusterDns refuses a zone that two blocks serve', async (t) => {
  await using dns = createDns();
  const load = (text: string): Promise<void> => dns.load({ file: 'Corefile', text });
  await t.rejects(load('a.test {\nlog\n}\na.test {\nlog\n}'), {
    message: 'cannot serve dns://a.test.:53 - it is already defined',
    position: { line: 4 },
  });
  await t.rejects(load('a.test {\nlog\n}\na.test {\nbind 127.0.0.1\nlog\n}'), {
    message: /zone overlap/,
  });
  await load('a.test {\nlog\n}\na.test:5353 {\nlog\n}\ntls://a.test {\nlog\n}');
  t.same(dns.zones, ['dns://a.test.:53', 'dns://a.test.:5353', 'tls://a.test.:853']);
});

t.test('ClusterDns chooses among blocks by their views', async (t) => {
  const corefile = `
. {
  view pods {
    expr incidr(client_ip(), '10.244.1.0/24')
    expr type() in ['A', 'TXT']
  }
  ${saying('pods')}
  whoami
}
. {
  view six {
    expr client_ip() startsWith '[2001'
  }
  ${saying('six')}
}
. {
  kubernetes cluster.local
}
`;
  await using dns = await loadDns(corefile);
  const from = async (address: string): Promise<string> =>
    brief(await query(dns, 'version.bind.', { ...VERSION, from: address }));
  t.match(await from('10.244.1.7'), '"pods"');
  t.match(await from('2001:db8::1'), '"six"');
  t.match(await from('10.244.2.7'), 'SERVFAIL');
  const seen = `NOERROR ${WEB} 5 A 10.96.0.7`;
  t.equal(brief(await query(dns, WEB)), seen);
  t.equal(
    (await query(dns, WEB, { from: '10.244.1.7' }))?.additional.length,
    2,
    'nothing kept for others',
  );
  t.equal(brief(await query(dns, WEB, { from: '10.244.1.7', type: TYPE.AAAA })), 'NOERROR');
});

t.test('ClusterDns listens on other ports, and reloads what answers there', async (t) => {
  await using dns = await loadDns('. {\nerrors\n}\na.test:5399 {\nwhoami\n}');
  await dns.start();
  const [listener] = dns.listeners;
  t.match(listener, { name: 'dns://:5399', address: '127.0.0.1', requestedPort: 5399 });
  const port = listener?.port ?? 0;
  const bytes = Buffer.from('471101000001000000000000016104746573740000010001', 'hex');
  t.equal((await askUdp(port, bytes)).readUInt16BE(10), 2, 'additional records of whoami');
  await dns.load({ file: 'Corefile', text: '. {\nerrors\n}\na.test:5399 {\nany\n}' });
  t.equal(dns.listeners[0]?.port, port);
  t.equal((await askUdp(port, bytes)).readUInt16BE(10), 0);
  await dns.load({ file: 'Corefile', text: '. {\nerrors\n}' });
  t.same(dns.listeners, []);
});

t.test('ClusterDns goes on when a Corefile cannot be loaded', async (t) => {
  await using dns = await loadDns(kubeadmCorefile());
  await t.rejects(dns.load({ file: 'Corefile', text: '. {\nwrong\n}' }), { code: 'ERR_COREFILE' });
  t.equal(brief(await query(dns, WEB)), `NOERROR ${WEB} 30 A 10.96.0.7`);
});

t.test('endpoints stand in for a taken port, and are shared over a reload', async (t) => {
  await using taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const standIn = port + 20_000;
  t.comment(`port ${port}`);
  const corefile = `. {\nhealth 127.0.0.1:${port}\nready :0\nprometheus :0\nkubernetes cluster.local\n}`;
  await using dns = await loadDns(corefile, { portFor: (written) => written });
  await dns.start();
  const get = async (what: string, path: string): Promise<string> => {
    const endpoint = dns.endpoints.find((each) => each.what === what);
    const reply = await fetch(`http://127.0.0.1:${endpoint?.port}${path}`);
    return `${reply.status} ${(await reply.text()).trim()}`;
  };
  const health = dns.endpoints.find(({ what }) => what === 'health');
  if (standIn <= 65_535) {
    t.match(health, { port: standIn, requestedPort: port });
    t.equal(await get('health', '/health'), '200 OK');
    t.equal(await get('health', '/'), '404 404 page not found');
  } else t.equal(health, undefined, 'no port is left to stand in');
  t.equal(await get('ready', '/ready'), '200 OK');
  const before = dns.endpoints.map((endpoint) => endpoint.port);
  await dns.load({ file: 'Corefile', text: corefile });
  t.same(
    dns.endpoints.map((endpoint) => endpoint.port),
    before,
  );
  t.equal(await get('ready', '/ready'), '200 OK');
  await query(dns, WEB);
  await query(dns, WEB);
  t.match(await get('metrics', '/metrics'), /coredns_dns_requests_total\{.*type="A"\} 2\n/);
});

t.test('ready names what is not', async (t) => {
  let hasSynced = false;
  const corefile = '. {\nready :0\nkubernetes cluster.local\n}';
  await using dns = await loadDns(corefile, { hasSynced: () => hasSynced });
  await dns.start();
  const get = async (): Promise<string> => {
    const reply = await fetch(`http://127.0.0.1:${dns.endpoints[0]?.port}/ready`);
    return `${reply.status} ${await reply.text()}`;
  };
  t.equal(await get(), '503 kubernetes');
  hasSynced = true;
  t.equal(await get(), '200 OK');
  hasSynced = false;
  t.equal(await get(), '200 OK', 'it remembers');
});

const configMap = (text: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'coredns', namespace: 'kube-system' },
  data: { Corefile: text },
});

t.test('CorefileFollower takes the ConfigMap into service, and its changes', async (t) => {
  const errors: string[] = [];
  const log = createLogger('warn', (line) => errors.push(line));
  const store = createZoneStore();
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  await using dns = createDns({ store });
  await using follower = createCorefileFollower({
    dns,
    store,
    clock: SYSTEM_CLOCK,
    log,
    clusterDomain: 'cluster.local',
  });
  const version = async (): Promise<string> => brief(await query(dns, 'version.bind.', VERSION));
  await follower.load();
  follower.follow();
  t.equal(dns.source?.text, kubeadmCorefile());
  store.create(configMap('. {\nchaos one\nreload\n}'));
  await follower.settled();
  t.match(await version(), '"one"');
  store.update(configMap('. {\nchoas two\nreload\n}'));
  await follower.settled();
  t.match(await version(), '"one"');
  t.match(follower.broken, { message: /choas/, hint: 'Did you mean chaos?' });
  store.update(configMap('. {\nchaos three\n}'));
  await follower.settled();
  t.match(await version(), '"three"');
  t.equal(follower.broken, undefined);
  errors.splice(0);
  store.update(configMap('. {\nchaos four\n}'));
  await follower.settled();
  t.match(await version(), '"three"');
  t.match(errors, [/has no reload/]);
});

t.test('CorefileFollower follows a file and what it imports', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-corefile-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  let saves = 0;
  const save = (name: string, text: string): void => {
    const path = join(folder, name);
    writeFileSync(path, text);
    saves += 1;
    utimesSync(path, saves, saves);
  };
  save('Corefile', '. {\nreload\nimport version.conf\n}');
  save('version.conf', 'chaos one');
  const clock = createFakeClock();
  const store = createZoneStore();
  await using dns = createDns({ store });
  const file = join(folder, 'Corefile');
  await using follower = createCorefileFollower({
    dns,
    store,
    clock,
    log: SILENT,
    clusterDomain: 'cluster.local',
    file,
  });
  const version = async (): Promise<string> => {
    clock.advance(1000);
    await follower.settled();
    return brief(await query(dns, 'version.bind.', VERSION));
  };
  await follower.load();
  follower.follow();
  t.match(await version(), '"one"');
  save('version.conf', 'chaos two');
  t.match(await version(), '"two"');
  save('Corefile', '. {\nreload\nchaos three\n}');
  t.match(await version(), '"three"');
  rmSync(file);
  t.match(await version(), '"three"');
  t.match(follower.broken, { code: 'ERR_COREFILE' });
});

t.test('CorefileFollower refuses a file that is not there', async (t) => {
  const store = createZoneStore();
  await using dns = createDns({ store });
  const options = { dns, store, clock: SYSTEM_CLOCK, log: SILENT, clusterDomain: 'cluster.local' };
  await using follower = createCorefileFollower({ ...options, file: '/nowhere/Corefile' });
  await t.rejects(follower.load(), { code: 'ERR_COREFILE' });
});
