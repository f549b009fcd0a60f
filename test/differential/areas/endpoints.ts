/** Services, their Pods, and what the three endpoint controllers make of them. */
import type { Dice } from '../../fuzz/target.ts';
import { request, together, type Area, type Step } from '../script.ts';
import type { ApiObject, Request } from '../side.ts';
import { canonical } from '../view.ts';
import { changeMirrored, createMirrored } from './mirrored.ts';
import { changeService, createService, deleteService } from './services.ts';

export const endpoints: Area = {
  kinds: ['EndpointSlice', 'Endpoints', 'Event'],
  cluster: () => NODES,
  script,
  loosen,
};

const ZONES: Readonly<Record<string, string>> = { n1: 'za', n2: 'zb', n3: 'zc', n4: 'za' };

const NODES: readonly Request[] = Object.entries({ ...ZONES, n5: undefined }).map(
  ([name, zone]) => ({
    method: 'POST',
    path: '/api/v1/nodes',
    body: {
      metadata: {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          ...(zone !== undefined && { 'topology.kubernetes.io/zone': zone }),
        },
      },
      status: {
        allocatable: { cpu: '4' },
        conditions: [{ type: 'Ready', status: zone === undefined ? 'False' : 'True' }],
      },
    },
  }),
);

/** Pods first, then Services; then one change after the other. */
function script(dice: Dice): readonly Step[] {
  const pods = new PodNames();
  const crowd = dice.once(12) ? dice.between(90, 130) : dice.between(0, 9);
  const first = Array.from({ length: crowd }, () => createPod(dice, pods));
  const changes = Array.from({ length: dice.between(6, 14) }, () => change(dice, pods));
  return [
    together(first),
    createService(dice, 'web'),
    ...(dice.once(3) ? [createService(dice, 'other')] : []),
    ...(dice.once(4) ? [createMirrored(dice, 'manual')] : []),
    ...changes,
  ];
}

/** The Pods that a script has made, and what their kubelets said last. */
class PodNames {
  readonly #ready = new Map<string, { readonly status: string; readonly time: string }>();
  readonly unbound = new Set<string>();
  #next = 0;
  #seconds = 0;

  next(): string {
    this.#next += 1;
    return `p${this.#next}`;
  }

  pick(dice: Dice): string {
    return `p${dice.between(1, Math.max(1, this.#next))}`;
  }

  /** The Ready condition of a Pod, whose time moves with its status. */
  ready(name: string, status: string): readonly object[] {
    if (status === '') return [];
    const before = this.#ready.get(name);
    if (before?.status !== status) this.#ready.set(name, { status, time: this.#later() });
    return [{ type: 'Ready', status, lastTransitionTime: this.#ready.get(name)?.time }];
  }

  #later(): string {
    this.#seconds += 1;
    return new Date(Date.UTC(2027, 0, 1) + this.#seconds * 1000).toISOString().replace('.000', '');
  }
}

type Change = (dice: Dice, pods: PodNames) => Step;

const CHANGES: readonly Change[] = [
  createPod,
  createPod,
  (dice, pods) => setStatus(dice, pods, pods.pick(dice)),
  (dice, pods) => setStatus(dice, pods, pods.pick(dice)),
  (dice, pods) => setStatus(dice, pods, pods.pick(dice)),
  (dice, pods) => relabelPod(dice, pods.pick(dice)),
  (dice, pods) => deletePod(dice, pods.pick(dice)),
  (dice, pods) => deletePod(dice, pods.pick(dice)),
  (dice) => changeService(dice, 'web'),
  (dice) => changeService(dice, 'web'),
  (dice) => changeService(dice, 'web'),
  (dice) => changeService(dice, 'other'),
  (dice) => deleteService(dice.pick(['web', 'other'])),
  (dice) => createService(dice, dice.pick(['web', 'other'])),
  (dice) => changeMirrored(dice, 'manual'),
  (dice) => changeMirrored(dice, 'manual'),
  (dice) => meddle(dice),
];

function change(dice: Dice, pods: PodNames): Step {
  return dice.pick(CHANGES)(dice, pods);
}

const PODS = '/api/v1/namespaces/NS/pods';

function createPod(dice: Dice, pods: PodNames): Step {
  const name = pods.next();
  const nodeName = dice.pick([
    'n1',
    'n1',
    'n2',
    'n2',
    'n3',
    'n4',
    'n5',
    'n5',
    dice.pick(['', 'gone', 'n1']),
  ]);
  const subdomain = dice.pick(['', '', 'web', 'other']);
  const body = {
    metadata: {
      name,
      labels: labelsOf(dice),
      ...(dice.once(3) && { finalizers: ['example.org/hold'] }),
    },
    spec: {
      ...(nodeName !== '' && { nodeName }),
      ...(dice.once(2) && { hostname: dice.pick(['h1', 'h2', name]) }),
      ...(subdomain !== '' && { subdomain }),
      ...(dice.once(10) && { hostNetwork: true }),
      ...(dice.once(8) && { readinessGates: [{ conditionType: 'example.org/gate' }] }),
      containers: [{ name: 'main', image: 'web', ports: containerPorts(dice) }],
      ...(dice.once(6) && {
        initContainers: [
          {
            name: 'side',
            image: 'side',
            ...(dice.once(2) && { restartPolicy: 'Always' }),
            ports: [{ name: dice.pick(['metrics', 'http']), containerPort: 7001 }],
          },
        ],
      }),
    },
  };
  const create = request({ method: 'POST', path: PODS, body });
  if (nodeName === '') pods.unbound.add(name);
  if (nodeName === '' || dice.once(10)) return create;
  return together([create, setStatus(dice, pods, name)]);
}

function labelsOf(dice: Dice): object {
  return {
    app: dice.pick(['web', 'web', 'web', 'web', 'api']),
    ...(dice.once(2) && { tier: dice.pick(['x', 'y']) }),
  };
}

function containerPorts(dice: Dice): readonly object[] {
  const http = { name: 'http', containerPort: dice.pick([8080, 8080, 8080, 9090]) };
  const metrics = {
    name: 'metrics',
    containerPort: 9100,
    protocol: dice.pick(['TCP', 'TCP', 'UDP']),
  };
  const dns = { name: 'dns', containerPort: 53, protocol: dice.pick(['TCP', 'UDP', 'SCTP']) };
  return [
    ...(dice.once(8) ? [] : [http]),
    ...(dice.once(2) ? [metrics] : []),
    ...(dice.once(3) ? [dns] : []),
  ];
}

/** A status as kubelets write it; an address that was given stays in the Pod's own range. */
function setStatus(dice: Dice, pods: PodNames, name: string): Step {
  const number = Number(name.slice(1));
  const v4 = `10.244.${number >> 7}.${(number & 127) + 1}`;
  const v6 = `fd00:10:244::${number.toString(16)}`;
  const shared = '10.244.200.1';
  const lists = [[v4], [v4], [v4, v6], [v4, v6], [v6], [], [shared], [v6, v4]];
  // Without a Node there is no kubelet to give an address.
  const ips = pods.unbound.has(name) ? [] : dice.pick(lists);
  const phase = dice.pick(['Running', 'Running', 'Running', 'Pending', 'Unknown']);
  const ready = dice.pick(['True', 'True', 'True', 'False', 'Unknown', '']);
  const status = {
    phase,
    podIP: ips[0] ?? null,
    podIPs: ips.length === 0 ? null : ips.map((ip) => ({ ip })),
    conditions: pods.ready(name, ready),
  };
  return request({ method: 'PATCH', path: `${PODS}/${name}/status`, body: { status } });
}

function relabelPod(dice: Dice, name: string): Step {
  const labels = dice.pick([{ app: 'web' }, { app: 'api' }, { app: null }, { tier: 'x' }]);
  return request({ method: 'PATCH', path: `${PODS}/${name}`, body: { metadata: { labels } } });
}

function deletePod(dice: Dice, name: string): Step {
  const path = `${PODS}/${name}${dice.pick(['', '', '?gracePeriodSeconds=0'])}`;
  return request({ method: 'DELETE', path });
}

const SLICES = '/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices';

/** Somebody writes slices that are the controllers' business, or look as if they were. */
function meddle(dice: Dice): Step {
  const manager = dice.pick(['endpointslice-controller.k8s.io', 'example.org', undefined]);
  const addressType = dice.pick(['IPv4', 'IPv6', 'FQDN']);
  const address = { IPv4: '10.9.9.9', IPv6: 'fd00::9', FQDN: 'db.example.org' }[addressType];
  const body = {
    metadata: {
      name: `made-${dice.between(1, 3)}`,
      labels: {
        'kubernetes.io/service-name': dice.pick(['web', 'other', 'manual']),
        ...(manager !== undefined && { 'endpointslice.kubernetes.io/managed-by': manager }),
      },
    },
    addressType,
    endpoints: [{ addresses: [address] }],
    ports: [{ name: 'http', port: 8080 }],
  };
  // The controller looks a second later, so that its own writes have arrived.
  return { ...request({ method: 'POST', path: SLICES, body }), quietMs: 1300 };
}

/**
 * The order of endpoints is that of a Go map, and so is who sits in which of several slices; that of subsets and of equal
 * addresses follows the uids of Pods.
 */
function loosen(kind: string, objects: readonly ApiObject[]): readonly ApiObject[] {
  if (kind === 'Event') return objects.map(sortReasons);
  if (kind === 'Endpoints') return objects.map((object) => sortSubsets(object));
  if (kind !== 'EndpointSlice') return objects;
  // Changes that come together may be seen together or one by one.
  const uncounted: readonly ApiObject[] = objects.map(({ metadata, ...slice }) => ({
    ...slice,
    metadata: { ...metadata, generation: 0 },
  }));
  const groups = Map.groupBy(uncounted, (slice) =>
    canonical([
      slice.metadata.labels?.['kubernetes.io/service-name'],
      slice['addressType'],
      slice['ports'],
    ]),
  );
  return [...groups.values()].flatMap((slices) => {
    if (slices.length === 1) return slices.map((slice) => sortList(slice, 'endpoints'));
    const all = slices.flatMap((slice) => listIn(slice, 'endpoints'));
    const sizes = slices.map((slice) => ({
      metadata: { name: 'one of them' },
      size: listIn(slice, 'endpoints').length,
    }));
    return [...sizes, sortList({ metadata: { name: 'all of them' }, endpoints: all }, 'endpoints')];
  });
}

/** `[b, a]` at the end of a message. */
function sortReasons(event: ApiObject): ApiObject {
  const message = String(event['message']);
  const sorted = message.replace(/\[(.*)\]$/, (_, list: string) =>
    list.split(', ').toSorted().join(),
  );
  return { ...event, message: sorted };
}

function listIn(object: object, field: string): readonly object[] {
  const list = (object as Readonly<Record<string, unknown>>)[field];
  return Array.isArray(list) ? (list as readonly object[]) : [];
}

/** By what clients see, so not by uids. */
function sortList<T extends object>(object: T, field: string): T {
  const list = listIn(object, field);
  if (list.length === 0) return object;
  return { ...object, [field]: list.toSorted(byText) };
}

function sortSubsets(object: ApiObject): ApiObject {
  const subsets = listIn(object, 'subsets').map((subset) =>
    ['addresses', 'notReadyAddresses'].reduce(sortList, subset),
  );
  return { ...object, ...(subsets.length > 0 && { subsets: subsets.toSorted(byText) }) };
}

function byText(a: object, b: object): number {
  return textOf(a) < textOf(b) ? -1 : 1;
}

function textOf(object: object): string {
  return canonical(object).replaceAll(/"uid":"[^"]*"/g, '');
}
