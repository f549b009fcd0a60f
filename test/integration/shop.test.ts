/** A real application goes up as it is: no warnings, and every Service with Pods answers. */
import { join } from 'node:path';
import t from 'tap';
import { connectError, digStatus, doorOf, get, lacks, udpEcho } from '../harness/clients.ts';
import { ROOT, startProgram } from '../harness/instance.ts';
import { claimRanges } from '../harness/ranges.ts';

const program = await startProgram({
  ranges: await claimRanges(),
  args: ['--dns-upstream', 'off', join(ROOT, 'fixtures/shop')],
});
t.teardown(() => program[Symbol.asyncDispose]());
/** The front end waits for the catalog, with sleeps of a second, and its probe for another. */
async function untilReady(): Promise<void> {
  await using watching = program.start('get', 'deploy', 'frontend', '-n', 'shop', '-w');
  await watching.until('stdout', /^frontend +3\/3 /m);
}

await untilReady();
const status = await program.statusNow();

t.test('there are no warnings', async (t) => {
  t.same(
    status.warnings.filter(({ file }) => file !== undefined),
    [],
  );
  t.ok(status.pods.total > 10);
});

t.test(
  'every port of every Service with endpoints accepts, and those for HTTP answer',
  async (t) => {
    const served = status.services.filter(
      ({ namespace, endpoints }) => namespace !== 'default' && endpoints.ready > 0,
    );
    t.ok(served.length >= 10, `${served.length} Services`);
    for (const { namespace, name, ports, clusterIPs } of served) {
      for (const { reach, protocol, port, name: portName = '' } of ports) {
        const label = `${namespace}/${name}:${port}/${protocol}`;
        const isHeadless = clusterIPs.includes('None') || clusterIPs.length === 0;
        t.ok(reach.length > 0 || isHeadless, label);
        for (const place of reach) {
          if (protocol === 'TCP') t.equal(await connectError(place), undefined, label);
          if (protocol === 'UDP' && port !== 53) t.equal(await udpEcho(place, 'x'), 'x', label);
        }
        if (portName !== 'http') continue;
        // Policies let the shop's own Pods in alone.
        const url = `http://${name}.${namespace}:${port}/`;
        const { code, stdout } = await program.run('curl', '--as', 'shop/deploy/frontend', url);
        t.equal(code, 0, `${label}: ${stdout}`);
      }
    }
  },
);

t.test('every Service has its name', { skip: lacks('dig') }, async (t) => {
  for (const { namespace, name, endpoints } of status.services) {
    if (endpoints.ready === 0) continue;
    const qname = `${name}.${namespace}.svc.cluster.local`;
    t.equal(await digStatus(doorOf(status, 'dns'), qname), 'NOERROR', qname);
  }
});

t.test('every URL of every Ingress answers', async (t) => {
  const urls = status.ingresses.flatMap((ingress) => ingress.urls).map((url) => new URL(url));
  t.ok(urls.length > 0);
  for (const { protocol, hostname, pathname } of urls) {
    if (protocol === 'https:') continue; // the same routes, which the guestbook asks over TLS
    const { status: code } = await get(doorOf(status, 'http'), {
      host: hostname.replace('*', 'any'),
      path: pathname,
    });
    // ingress-nginx sends hosts with a certificate to HTTPS.
    t.ok([200, 308].includes(code), `${hostname}${pathname}: ${code}`);
  }
  const secure = urls.filter(({ protocol }) => protocol === 'https:');
  for (const { hostname, pathname, port } of secure) {
    const url = `https://${hostname.replace('*', 'any')}:${port}${pathname}`;
    const { code, stdout } = await program.run('explain', url);
    t.equal(code, 0, stdout);
  }
});

t.test('every object of the folder is there', async (t) => {
  for (const type of [
    'deploy',
    'sts',
    'ds',
    'job',
    'cronjob',
    'cm',
    'secret',
    'hpa',
    'netpol',
    'pdb',
  ]) {
    const { code, stderr } = await program.run('get', type, '-n', 'shop', '-o', 'name');
    t.equal(code, 0, `${type}: ${stderr}`);
  }
});
