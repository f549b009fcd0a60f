import { serveDns, type ClusterDns, type DnsServer, type MayAsk } from '../dns/index.ts';
import { serveEntry, type Entry } from '../entry/index.ts';
import { serveIngress, type IngressServer } from '../ingress/index.ts';
import { loopbackAlias, originOf, type AddressPlan, type Endpoint } from '../net/index.ts';
import type { Store } from '../api/index.ts';
import type { Datapath, DatapathView } from '../datapath/index.ts';
import { createDialName } from './dial-name.ts';
import { dnsDenial } from './dns-denial.ts';
import { createIngressObserver, type IngressObserver } from './ingress-observer.ts';
import { createEntryDial } from './entry-dial.ts';
import type { IngressRouting } from './ingress-routing.ts';
import type { Names } from './names.ts';
import type { Door, ResolvedOptions } from './options.ts';
import { dnsServiceIP } from './system-objects.ts';

/** What the front doors need of the cluster behind them. */
export interface DoorParts {
  readonly options: ResolvedOptions;
  readonly plan: AddressPlan;
  readonly store: Store;
  readonly view: DatapathView;
  readonly datapath: Datapath;
  readonly names: Names;
  readonly routing: IngressRouting;
  readonly random: () => number;
  /** Gets the addresses that DNS listens on. */
  readonly dnsAddresses: Endpoint[];
}

/** The ingress, and who listens to its requests. */
export interface IngressDoor extends IngressServer, Pick<IngressObserver, 'watch'> {}

/** The sockets of a cluster; absent where their door is off. */
export interface Doors {
  readonly dns: DnsServer | undefined;
  readonly ingress: IngressDoor | undefined;
  readonly entry: Entry | undefined;
}

/** The sockets, in an order in which the first that fails leaves the least to undo. */
export async function openDoors(core: DoorParts, stack: AsyncDisposableStack): Promise<Doors> {
  const { options, names } = core;
  const { connect } = core.datapath;
  const keep = <T extends AsyncDisposable>(door: T | undefined): T | undefined =>
    door === undefined ? door : stack.use(door);
  const dns = keep(await serveNames({ ...core, dns: names.dns }));
  core.dnsAddresses.push(...(dns?.addresses ?? []));
  const ingress = keep(await openIngress(core, stack));
  const dial = createEntryDial({ ...core, connect, ingress });
  const entry = keep(
    options.entry === 'off' ? undefined : await serveEntry({ ...options.entry, dial }),
  );
  return { dns, ingress, entry };
}

interface NamesServer extends Pick<DoorParts, 'datapath' | 'options' | 'plan' | 'store' | 'view'> {
  readonly dns: ClusterDns;
}

/** On the door, on its IPv6 twin, and on the alias of kube-dns. */
async function serveNames({
  dns: { answerBytes, finished, revision },
  ...core
}: NamesServer): Promise<DnsServer | undefined> {
  const { options, plan } = core;
  const { dns, log, clock, hasAliases } = options;
  if (dns === 'off') return undefined;
  const alias = loopbackAlias(dnsServiceIP(plan.serviceCIDRs));
  return serveDns({
    answerBytes,
    mayAsk: (client) => mayAskDns(core, client),
    workers: { count: options.dnsWorkers, finished, revision },
    log,
    clock,
    hint: 'Choose another with --dns ADDRESS:PORT, or none with --dns off.',
    addresses: [
      dns,
      ...(hasAliases && alias !== undefined
        ? [{ address: alias, port: 53, isOptional: true }]
        : []),
      ...twinOf(dns).map((twin) => ({ ...twin, isOptional: true })),
    ],
  });
}

/** Pods, by their aliases, are bound to their policies on the way to DNS as on every other. */
function mayAskDns(
  { plan, store, view, datapath }: Omit<NamesServer, 'dns'>,
  { address, transport }: Parameters<MayAsk>[0],
): boolean {
  if (view.policies.isEmpty || address === '127.0.0.1' || address === '::1') return true;
  const { origin } = originOf(address, plan, view);
  const pod = origin.kind === 'pod' ? store.get('Pod', origin.namespace, origin.name) : undefined;
  const protocol = transport === 'tcp' ? 'TCP' : 'UDP';
  const place = { address: dnsServiceIP(plan.serviceCIDRs), protocol } as const;
  return pod === undefined || dnsDenial(pod, place, datapath) === undefined;
}

/** The same port on ::1, for a door on 127.0.0.1 whose port was chosen. */
function twinOf(door: Exclude<Door, 'off'>): { readonly address: string; readonly port: number }[] {
  return door.address === '127.0.0.1' && door.port !== 0
    ? [{ address: '::1', port: door.port }]
    : [];
}

async function openIngress(
  { options, routing, view, names, datapath, random }: DoorParts,
  stack: AsyncDisposableStack,
): Promise<IngressDoor | undefined> {
  const { http, https, log, clock } = options;
  const observer = stack.use(createIngressObserver(options, routing));
  if (http === 'off' && https === 'off') return undefined;
  const placesOf = (door: Door) =>
    door === 'off' ? [] : [door, ...twinOf(door).map((twin) => ({ ...twin, isOptional: true }))];
  const ingress = await serveIngress({
    http: placesOf(http),
    https: placesOf(https),
    locate: routing.locate,
    endpointsOf: (backend) => routing.endpointsOf(backend) ?? [],
    dial: routing.dial,
    dialName: createDialName({ view, names, connect: datapath.connect, random }),
    certificateFor: routing.certificateFor,
    serverNames: routing.serverNames,
    isNginxAlone: () => routing.index.isNginxAlone,
    random,
    clock,
    log,
    onRequest: observer.onRequest,
    isObserved: observer.isObserved,
  });
  const metrics = await observer.serve(ingress);
  if (metrics !== undefined) stack.use(metrics);
  return { ...ingress, watch: (listener) => observer.watch(listener) };
}
