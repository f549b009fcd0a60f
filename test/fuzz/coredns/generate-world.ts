/** Objects of a cluster, likely and unlikely, as the API would hold them. */
import type { KubeObject } from '../../../src/api/index.ts';
import type { Dice } from '../target.ts';

export const NAMESPACES = ['default', 'prod', 'dev', 'svc'] as const;
export const NAMES = ['web', 'db', 'api', 'svc', 'a-b', 'x1', 'pod', 'any'] as const;
export const HOSTNAMES = ['db-0', 'db-1', '10-244-0-1', 'web'] as const;
export const PORT_NAMES = ['http', 'dns', 'dns-tcp', 'x-1', 'any', 'grpc', '0a'] as const;
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
const EXTERNAL_NAMES = [
  'www.example.org',
  'WWW.Example.org.',
  'web.prod.svc.cluster.local',
  'api.default.svc.cluster.local.',
  'chain.example.org',
  'missing.example.org',
  'fail.example.org',
  '192.0.2.9',
];
const LABELS = [{ env: 'prod' }, { env: 'dev' }, { team: 'a', env: 'prod' }, {}];

/** Addresses are of few, so that some are in use twice. */
function ipv4(dice: Dice): string {
  return `10.${dice.pick([96, 244])}.0.${dice.between(0, 12)}`;
}

function ipv6(dice: Dice): string {
  return dice.pick([
    `fd00::${dice.between(1, 9)}`,
    'fd00:1::',
    'fd00::1:0:0:1',
    '2001:db8:0:1::a',
    '::ffff:0:1',
  ]);
}

interface Facts {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: object | undefined;
}

function meta(dice: Dice, { name, namespace, labels }: Facts): object {
  return { name, namespace, labels: { ...dice.pick(LABELS), ...labels } };
}

/** Everything that CoreDNS lists. */
export function generateWorld(dice: Dice): readonly KubeObject[] {
  const objects: object[] = [];
  for (const name of NAMESPACES)
    objects.push({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: dice.pick(LABELS) },
    });
  for (const namespace of NAMESPACES)
    for (const name of NAMES) {
      if (!dice.once(2)) continue;
      const service = generateService(dice, name, namespace);
      if (!dice.once(10)) objects.push(service);
      objects.push(...generateSlices(dice, name, namespace));
      if (dice.once(4)) objects.push(...generateImport(dice, name, namespace));
    }
  for (let count = dice.below(8); count > 0; count -= 1)
    objects.push(generatePod(dice, `pod-${count}`));
  return objects as KubeObject[]; // objects of these kinds
}

function generateService(dice: Dice, name: string, namespace: string): object {
  const type = dice.pick(['ClusterIP', 'ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(dice, { name, namespace }),
    spec: {
      type,
      ...(type === 'ExternalName'
        ? { externalName: dice.pick(EXTERNAL_NAMES) }
        : generateAddresses(dice)),
      ...(dice.once(6) ? { externalIPs: [`203.0.113.${dice.between(1, 9)}`, 'fd00:9::1'] } : {}),
      ...(dice.once(4) ? { publishNotReadyAddresses: true } : {}),
      ...(dice.once(2) ? { selector: { app: name } } : {}),
      ports: generatePorts(dice),
    },
    ...(type === 'LoadBalancer' ? { status: generateStatus(dice) } : {}),
  };
}

function generateAddresses(dice: Dice): object {
  const clusterIPs = dice.pick([
    () => ['None'],
    () => ['None'],
    () => [ipv4(dice)],
    () => [ipv4(dice)],
    () => [ipv4(dice), ipv6(dice)],
    () => [ipv6(dice), ipv4(dice)],
    () => [ipv6(dice)],
  ])();
  return { clusterIP: clusterIPs[0], clusterIPs };
}

function generatePorts(dice: Dice): readonly object[] {
  const count = dice.below(4);
  return Array.from({ length: count }, (_, index) => ({
    ...(count === 1 && dice.once(2) ? {} : { name: PORT_NAMES[(index * 2 + dice.below(2)) % 7] }),
    port: dice.pick([80, 443, 53, 8080]) + index,
    protocol: dice.pick(PROTOCOLS),
  }));
}

function generateStatus(dice: Dice): object {
  return {
    loadBalancer: {
      ingress: dice.list(2, () =>
        dice.pick([{ ip: '203.0.113.10' }, { ip: 'fd00:9::2' }, { hostname: 'lb.example.org' }]),
      ),
    },
  };
}

function generateSlices(dice: Dice, name: string, namespace: string): readonly object[] {
  return Array.from({ length: dice.below(4) }, (_, index) => {
    const labels = dice.once(15) ? {} : { 'kubernetes.io/service-name': name };
    return sliceOf(dice, { name: `${name}-${index}`, namespace, labels });
  });
}

function sliceOf(dice: Dice, { name, namespace, labels }: Facts): object {
  const addressType = dice.pick(['IPv4', 'IPv4', 'IPv6']);
  const address = addressType === 'IPv4' ? ipv4 : ipv6;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: meta(dice, { name, namespace, labels }),
    addressType,
    endpoints: dice.list(4, () => ({
      addresses: dice.once(8) ? [address(dice), address(dice)] : [address(dice)],
      conditions: generateConditions(dice),
      ...(dice.once(3) ? { hostname: dice.pick(HOSTNAMES) } : {}),
      ...(dice.once(2)
        ? { targetRef: { kind: 'Pod', name: `pod-${dice.between(1, 4)}`, namespace } }
        : {}),
    })),
    ports: generatePorts(dice),
  };
}

function generateConditions(dice: Dice): object {
  const maybe = (): boolean | undefined => dice.pick([true, true, false, undefined]);
  return JSON.parse(
    JSON.stringify({ ready: maybe(), serving: maybe(), terminating: maybe() }),
  ) as object; // without those that are not there
}

function generateImport(dice: Dice, name: string, namespace: string): readonly object[] {
  const isHeadless = dice.once(2);
  const labels = {
    'multicluster.kubernetes.io/service-name': name,
    'multicluster.kubernetes.io/source-cluster': dice.pick(['east', 'west']),
  };
  return [
    {
      apiVersion: 'multicluster.x-k8s.io/v1alpha1',
      kind: 'ServiceImport',
      metadata: meta(dice, { name, namespace }),
      spec: {
        type: isHeadless ? 'Headless' : 'ClusterSetIP',
        ports: generatePorts(dice),
        ...(isHeadless ? {} : { ips: dice.pick([[ipv4(dice)], [ipv4(dice), ipv6(dice)]]) }),
      },
    },
    sliceOf(dice, { name: `imported-${name}`, namespace, labels }),
  ];
}

function generatePod(dice: Dice, name: string): object {
  const addresses = dice.pick([[ipv4(dice)], [ipv4(dice), ipv6(dice)], [ipv6(dice)], []]);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta(dice, { name, namespace: dice.pick(NAMESPACES) }),
    spec: { containers: [{ name: 'main', image: 'example.org/app' }] },
    status: {
      phase: dice.pick(['Running', 'Running', 'Pending', 'Succeeded', 'Failed']),
      podIP: addresses[0],
      podIPs: addresses.map((ip) => ({ ip })),
    },
  };
}
