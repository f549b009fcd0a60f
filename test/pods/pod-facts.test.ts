import t from 'tap';
import type { Pod } from '../../src/api/index.ts';
import { forwardOf, parseForwardRules } from '../../src/pods/forward-rules.ts';
import { hostsFile, podNames } from '../../src/pods/hosts-file.ts';
import { imageMatches, imagePath, imageTag } from '../../src/pods/image.ts';
import { decideRestart, formatDelay } from '../../src/pods/restart-backoff.ts';

function pod(spec = {}, metadata = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-0', namespace: 'shop', ...metadata },
    spec: { nodeName: 'n1', containers: [], ...spec },
  };
}

const images = [
  ['nginx', 'nginx', 'latest'],
  ['nginx:1.27-alpine', 'nginx', '1.27-alpine'],
  ['docker.io/library/nginx:1.27', 'library/nginx', '1.27'],
  ['registry.k8s.io/e2e-test-images/agnhost:2.53', 'e2e-test-images/agnhost', '2.53'],
  ['localhost:5000/nginx', 'nginx', 'latest'],
  ['localhost/team/nginx@sha256:00', 'team/nginx', 'latest'],
  ['ghcr.io/traefik/whoami:v1@sha256:00', 'traefik/whoami', 'v1'],
  ['', '', 'latest'],
] as const;
for (const [image, path, tag] of images) {
  t.test(`imagePath() of "${image}"`, async (t) => {
    t.equal(imagePath(image).join('/'), path);
    t.equal(imageTag(image), tag);
  });
}

t.test('imageMatches() compares whole parts from the end', async (t) => {
  t.ok(imageMatches(['library', 'nginx'], 'nginx'));
  t.ok(imageMatches(['mirror', 'traefik', 'whoami'], 'traefik/whoami'));
  t.notOk(imageMatches(['nginx', 'nginx-exporter'], 'nginx'));
  t.notOk(imageMatches(['whoami'], 'traefik/whoami'));
});

const LONG = `${'a'.repeat(62)}-${'b'.repeat(10)}`;
const names = [
  { name: 'a plain Pod', pod: pod(), hostname: 'web-0', domain: '' },
  { name: 'a hostname', pod: pod({ hostname: 'db' }), hostname: 'db', domain: '' },
  {
    name: 'a subdomain',
    pod: pod({ subdomain: 'web' }),
    hostname: 'web-0',
    domain: 'web.shop.svc.cluster.local',
  },
  {
    name: 'its full name',
    pod: pod({ subdomain: 'web', setHostnameAsFQDN: true }),
    hostname: 'web-0.web.shop.svc.cluster.local',
    domain: 'web.shop.svc.cluster.local',
  },
  { name: 'the host network', pod: pod({ hostNetwork: true }), hostname: 'n1', domain: '' },
  {
    name: 'an override',
    pod: pod({ hostnameOverride: 'x.y', subdomain: 'web' }),
    hostname: 'x.y',
    domain: '',
  },
  { name: 'a long name', pod: pod({}, { name: LONG }), hostname: 'a'.repeat(62), domain: '' },
];
for (const { name, pod: named, hostname, domain } of names) {
  t.test(`podNames() of ${name}`, async (t) => {
    t.same(podNames(named, 'cluster.local'), { hostname, domain });
  });
}

const HOSTS = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
10.244.1.4\tweb-0.web.shop.svc.cluster.local\tweb-0

# Entries added by HostAliases.
192.0.2.1\texample.org\twww.example.org
`;
t.test('hostsFile() names the Pod and its aliases', async (t) => {
  const hostAliases = [{ ip: '192.0.2.1', hostnames: ['example.org', 'www.example.org'] }];
  t.equal(
    hostsFile(pod({ subdomain: 'web', hostAliases }), ['10.244.1.4'], 'cluster.local'),
    HOSTS,
  );
});

const rules = [
  ['127.0.0.1:3000', '* 127.0.0.1:3000'],
  ['3000', '* 127.0.0.1:3000'],
  ['localhost:3000', '* 127.0.0.1:3000'],
  ['[::1]:3000', '* ::1:3000'],
  ['80=127.0.0.1:3000, metrics=9100', '80 127.0.0.1:3000, metrics 127.0.0.1:9100'],
  ['80=3000,4000', '80 127.0.0.1:3000, * 127.0.0.1:4000'],
  ['', '"" is not [PORT=]ADDRESS:PORT'],
  ['example.org:80', '"example.org:80" is not [PORT=]ADDRESS:PORT'],
  ['0=3000', '"0=3000" is not [PORT=]ADDRESS:PORT'],
  ['=3000', '"=3000" is not [PORT=]ADDRESS:PORT'],
  ['80=70000', '"80=70000" is not [PORT=]ADDRESS:PORT'],
] as const;
for (const [text, expected] of rules) {
  t.test(`parseForwardRules() of "${text}"`, async (t) => {
    const parsed = parseForwardRules(text);
    const shown =
      parsed.kind === 'invalid'
        ? parsed.message
        : parsed.rules
            .map(({ port, target }) => `${port ?? '*'} ${target.address}:${target.port}`)
            .join(', ');
    t.equal(shown, expected);
  });
}

const ports = [{ containerPort: 8080, name: 'http' }];
const owned = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: 'u' }],
});
const replicaSet = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'web-5d', namespace: 'shop', ...owned('Deployment', 'web') },
};
const targets = [
  { name: 'its name', metadata: {}, kind: 'Pod', target: 'web-0', forwarded: true },
  {
    name: 'its ReplicaSet',
    metadata: owned('ReplicaSet', 'web-5d'),
    kind: 'ReplicaSet',
    target: 'web-5d',
    forwarded: true,
  },
  {
    name: 'its Deployment',
    metadata: owned('ReplicaSet', 'web-5d'),
    kind: 'Deployment',
    target: 'web',
    forwarded: true,
  },
  {
    name: 'its StatefulSet',
    metadata: owned('StatefulSet', 'db'),
    kind: 'StatefulSet',
    target: 'db',
    forwarded: true,
  },
  {
    name: 'another’s name',
    metadata: owned('StatefulSet', 'db'),
    kind: 'DaemonSet',
    target: 'db',
    forwarded: false,
  },
] as const;
for (const { name, metadata, kind, target, forwarded } of targets) {
  t.test(`forwardOf() a Pod by ${name}`, async (t) => {
    const forward = forwardOf(pod({}, metadata), {
      forwards: [
        { target: { kind, namespace: 'shop', name: target }, address: '127.0.0.1', port: 3000 },
      ],
      // Only ReplicaSets are looked up.
      store: { get: () => replicaSet as never },
      onInvalid: (message) => void t.fail(message),
    });
    t.same(forward?.(80), forwarded ? { address: '127.0.0.1', port: 3000 } : undefined);
  });
}

t.test('forwardOf() knows ports by name, and gives away only its own of a Node', async (t) => {
  const annotations = { 'podlane.dev/forward': 'http=3000' };
  const options = {
    forwards: [],
    store: { get: () => undefined },
    onInvalid: (message: string) => void t.fail(message),
  };
  const named = forwardOf(pod({ containers: [{ name: 'a', ports }] }, { annotations }), options);
  t.same(named?.(8080), { address: '127.0.0.1', port: 3000 });
  t.equal(named?.(80), undefined);
  const all = { annotations: { 'podlane.dev/forward': '3000' } };
  const onNode = forwardOf(
    pod({ hostNetwork: true, containers: [{ name: 'a', ports }] }, all),
    options,
  );
  t.same(onNode?.(8080), { address: '127.0.0.1', port: 3000 });
  t.equal(onNode?.(22), undefined);
});

t.test('decideRestart() waits twice as long each time', async (t) => {
  let now = 0;
  let backoff;
  const waits: number[] = [];
  for (let crash = 0; crash < 8; crash += 1) {
    let verdict = decideRestart(backoff, now, now);
    if (verdict.kind === 'wait') {
      waits.push(verdict.delayMs / 1000);
      const finishedAt = now;
      now = verdict.untilMs;
      verdict = decideRestart(backoff, finishedAt, now);
    }
    if (verdict.kind === 'start') ({ backoff } = verdict);
  }
  t.same(waits, [10, 20, 40, 80, 160, 300, 300]);
});

t.test('decideRestart() forgets crashes of a container that ran for long', async (t) => {
  const backoff = { delayMs: 300_000, lastAt: 0 };
  t.match(decideRestart(backoff, 600_001, 600_001), {
    kind: 'start',
    backoff: { delayMs: 10_000 },
  });
  t.match(decideRestart(backoff, 599_999, 599_999), { kind: 'wait' });
});

t.test('formatDelay() writes as Go does', async (t) => {
  t.same([10_000, 80_000, 160_000, 300_000].map(formatDelay), ['10s', '1m20s', '2m40s', '5m0s']);
});
