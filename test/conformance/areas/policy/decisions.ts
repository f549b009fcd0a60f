import type { KubeObject, Store } from '../../../../src/api/index.ts';
import {
  createDatapathView,
  decide,
  type DatapathView,
  type Decision,
} from '../../../../src/datapath/index.ts';
import { createAddressPlan, type Flow } from '../../../../src/net/index.ts';
import { createLaxStore, put } from '../../../proxy/world.ts';
import type { CaseResult } from '../../area.ts';
import {
  clusterNetworkPolicy,
  fillIn,
  networkPolicy,
  type PodName,
  type VerdictCase,
  type World,
  type WorldPod,
  type WorldService,
} from './cases.ts';
import { flowOf, verdictOf } from './flow.ts';
import { applyOperation } from './operations.ts';

/** Endpoints that a Service chooses from, at most: each is tried where the row names one. */
const PICKS = 16;

/** Asks the datapath alone: tables over a store that takes everything, no program around it. */
export function playDecision(given: VerdictCase, world: World): CaseResult {
  const { id, why: title, expect: expected, kind } = given;
  if (kind === 'established')
    return { id, title, ok: false, skipped: 'asks about a connection that is open: see traffic' };
  const store = storeOf(world);
  const row = fillIn(given, world, {
    pod: (name) => world.pods[name]?.ip ?? name,
    service: (name) => world.services[name]?.clusterIP ?? name,
  });
  const pods = podsOf(store, world);
  using view = viewOf(store, world);
  for (const operation of row.setup ?? []) applyOperation(store, operation, pods);
  for (const policy of row.policies ?? []) store.create(networkPolicy(policy));
  for (const policy of row.cnps ?? []) store.create(clusterNetworkPolicy(policy));
  for (const operation of row.ops ?? []) applyOperation(store, operation, pods);
  putSlices(store, world);
  const actual = ask(row, view, flowOf(row, { store, world }));
  return { id, title, ok: actual === expected, expected, actual };
}

function ask(row: VerdictCase, view: DatapathView, flow: Flow): string {
  if (row.protocol === 'ICMP') return askPing(view, flow);
  const wanted = 'service' in row.to ? row.to.backend : undefined;
  const [ns = '', pod = ''] = wanted?.split('/') ?? [];
  const [address] = view.pods.get(ns, pod)?.addresses ?? [];
  for (let pick = 0; pick < PICKS; pick += 1) {
    const decision = decide(flow, view, { random: () => pick / PICKS, now: 0, explain: true });
    if (wanted === undefined || picked(decision, address)) return verdictOf(decision);
  }
  return `the Service never chose ${wanted}`;
}

/** Steps name who was chosen, of connections that are denied too. */
function picked({ steps }: Decision, address: string | undefined): boolean {
  return steps.some(({ part, what }) => part === 'pick' && what.includes(`${address}:`));
}

/** No Service, no port: the policies of both ends alone. */
function askPing(view: DatapathView, flow: Flow): string {
  const { policies } = view;
  const party = ({ address }: { readonly address: string }) =>
    policies.party({ address, pod: view.podByAddress(address) });
  const ping = {
    protocol: 'ICMP',
    port: 0,
    source: party(flow.source),
    destination: party(flow.destination),
    isThroughService: false,
  } as const;
  const isAllowed = (['egress', 'ingress'] as const).every(
    (direction) => policies.evaluate(ping, { direction }).isAllowed,
  );
  return isAllowed ? 'allow' : 'deny';
}

function viewOf(store: Store, world: World): DatapathView {
  const plan = createAddressPlan({
    serviceCIDRs: [world.serviceCIDR],
    podCIDRs: [world.clusterCIDR],
    nodeCIDRs: Object.values(world.nodes).map(({ ip }) => `${ip}/32`),
  });
  const view = createDatapathView(store, { plan });
  for (const [name, addresses] of Object.entries(world.dns))
    view.policies.names.record(name, addresses);
  return view;
}

function storeOf(world: World): Store {
  const store = createLaxStore();
  for (const [name, labels] of Object.entries(world.namespaces))
    put(store, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  for (const [name, { ip, podCIDR, labels }] of Object.entries(world.nodes))
    putNode(store, name, { ip, podCIDR, labels });
  for (const [key, pod] of Object.entries(world.pods)) putPod(store, key, pod);
  for (const [key, service] of Object.entries(world.services)) putService(store, key, service);
  return store;
}

function putNode(
  store: Store,
  name: string,
  { ip, podCIDR, labels }: World['nodes'][string],
): void {
  const status = { addresses: [{ type: 'InternalIP', address: ip }] };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
  putAny(store, { ...node, spec: { podCIDR, podCIDRs: [podCIDR] }, status });
}

/** The tables' fields are the API's. */
function putAny(store: Store, object: object): void {
  put(store, object as KubeObject);
}

function putPod(
  store: Store,
  key: string,
  { labels, node, ip, hostNetwork, ports }: WorldPod,
): void {
  const [namespace = '', name = ''] = key.split('/');
  const containers = [
    {
      name: 'main',
      ports: ports.map((port) => ({ ...port, containerPort: port.port })),
    },
  ];
  const spec = { nodeName: node, hostNetwork: hostNetwork === true, containers };
  const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name, labels } };
  putAny(store, { ...pod, spec, status });
}

function putService(store: Store, key: string, service: WorldService): void {
  const [namespace = '', name = ''] = key.split('/');
  const {
    clusterIP,
    labels = {},
    selector,
    endpoints: _,
    ports,
    type = 'ClusterIP',
    ...rest
  } = service;
  const spec = {
    ...rest,
    type,
    clusterIP,
    clusterIPs: [clusterIP],
    ...(selector === undefined ? {} : { selector }),
    ports: ports.map((port) => ({ ...port, name: portName(port) })),
  };
  const object = { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name, labels } };
  putAny(store, { ...object, spec });
}

function portName({
  port,
  protocol,
}: {
  readonly port: number;
  readonly protocol: string;
}): string {
  return `p-${port}-${protocol.toLowerCase()}`;
}

/** Endpoints as the Pods are now. */
function putSlices(store: Store, world: World): void {
  for (const [key, service] of Object.entries(world.services)) {
    const [namespace = '', name = ''] = key.split('/');
    for (const [index, { ip, ports }] of endpointsOf(store, namespace, service).entries()) {
      const metadata = {
        namespace,
        name: `${name}-${index}`,
        labels: { 'kubernetes.io/service-name': name },
      };
      const endpoints = [
        { addresses: [ip], conditions: { ready: true }, nodeName: nodeOf(store, ip) },
      ];
      const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata };
      putAny(store, { ...slice, addressType: 'IPv4', ports, endpoints });
    }
  }
}

interface SliceFacts {
  readonly ip: string;
  readonly ports: readonly object[];
}

function endpointsOf(
  store: Store,
  namespace: string,
  service: WorldService,
): readonly SliceFacts[] {
  const { endpoints, selector = {}, ports } = service;
  const named = ports.map((port) => ({ ...port, name: portName(port) }));
  if (endpoints !== undefined)
    return endpoints.map(({ ip, port }) => ({
      ip,
      ports: named.map(({ name, protocol }) => ({ name, protocol, port })),
    }));
  return store.list('Pod', { namespace, matchLabels: selector }).map(({ spec, status }) => {
    const declared = (spec?.containers ?? []).flatMap(({ ports: own = [] }) => own);
    const numberOf = (target: number | string, protocol: string): number | undefined =>
      typeof target === 'number'
        ? target
        : declared.find((own) => own.name === target && own.protocol === protocol)?.containerPort;
    return {
      ip: status?.podIP ?? '',
      ports: named.flatMap(({ name, protocol, targetPort }) => {
        const port = numberOf(targetPort, protocol);
        return port === undefined ? [] : [{ name, protocol, port }];
      }),
    };
  });
}

function nodeOf(store: Store, address: string): string | undefined {
  return store.list('Pod').find(({ status }) => status?.podIP === address)?.spec?.nodeName;
}

/** New Pods are like their neighbours, on the last Node. */
function podsOf(
  store: Store,
  world: World,
): {
  readonly create: (pod: PodName, labels: Readonly<Record<string, string>>) => void;
  readonly delete: (pod: PodName) => void;
} {
  let last = 200;
  return {
    create: ({ ns, pod }, labels) => {
      const [[node, { podCIDR }] = ['', { podCIDR: '' }]] = Object.entries(world.nodes).slice(-1);
      const [model] = Object.values(world.pods);
      last += 1;
      const ip = podCIDR.replace(/\d+\/\d+$/, String(last));
      putPod(store, `${ns}/${pod}`, { labels, node, ip, ports: model?.ports ?? [] });
    },
    delete: ({ ns, pod }) => {
      store.delete({ kind: 'Pod', namespace: ns, name: pod }, { gracePeriodSeconds: 0 });
    },
  };
}
