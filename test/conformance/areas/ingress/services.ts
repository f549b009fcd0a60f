import type { KubeObject } from '../../../../src/api/index.ts';
import type { Behaviour } from './backends.ts';
import type { BackendRow, IngressCase, IngressRow, ServiceRow } from './table.ts';
import type { RunningWorld } from './world.ts';

/** A Service that the row names or refers to. */
export interface WantedService {
  readonly namespace: string;
  readonly name: string;
  readonly row: ServiceRow;
  /** Ports that Ingresses refer to. */
  readonly ports: readonly (string | number)[];
  readonly behaviour: Behaviour & { readonly isSecured: boolean };
}

/** What the host is called inside of the cluster. */
const HOST = '10.0.0.1';
/** A port on which nothing listens. */
const CLOSED_PORT = 1;

/** Every Service of a row: each that is referred to exists, unless the row says that it does not. */
export function servicesOf(row: IngressCase): readonly WantedService[] {
  const wanted = new Map<string, WantedService>();
  for (const reference of referencesOf(row)) {
    const { key, ports, ingress } = reference;
    const given = row.env?.services?.[key.replace(/^default\//, '')];
    if (given === null) continue;
    const [namespace = '', name = ''] = key.split('/');
    const before = wanted.get(key);
    const service = given ?? {};
    wanted.set(key, {
      namespace,
      name,
      row: service,
      ports: [...(before?.ports ?? []), ...ports],
      behaviour: before?.behaviour ?? behaviourOf(row, ingress, service),
    });
  }
  return [...wanted.values()];
}

/** A mention of a Service. */
interface ServiceReference {
  /** `namespace/name` */
  readonly key: string;
  readonly ports: readonly (string | number)[];
  readonly ingress?: IngressRow;
}

function referencesOf(row: IngressCase): readonly ServiceReference[] {
  const { env = {}, ingresses } = row;
  const fallback = env.flags?.['default-backend-service'];
  const outside = ['auth', 'mirror', 'external'].filter((name) =>
    JSON.stringify(row).includes(`${name}.default.svc`),
  );
  return [
    ...ingresses.flatMap(referencesOfIngress),
    ...(fallback === undefined ? [] : [{ key: fallback, ports: [80] }]),
    ...Object.keys(env.services ?? {}).map((name) => ({ key: `default/${name}`, ports: [] })),
    ...outside.map((name) => ({ key: `default/${name}`, ports: [80] })),
  ];
}

function referencesOfIngress(ingress: IngressRow): readonly ServiceReference[] {
  const { ns = 'default', ann = {} } = ingress;
  const own = ann['default-backend'];
  const backends = backendsOf(ingress).flatMap((backend) => {
    const [, name, port = ''] = /^(?:.*\/)?([^/:]+):(.+)$/.exec(backend) ?? [];
    const ports = [/^\d+$/.test(port) ? Number(port) : port];
    return name === undefined ? [] : [{ key: `${ns}/${name}`, ports, ingress }];
  });
  return [...backends, ...(own === undefined ? [] : [{ key: `${ns}/${own}`, ports: [80] }])];
}

function backendsOf({ rules = [], default: fallback }: IngressRow): readonly string[] {
  const backends: readonly (BackendRow | undefined)[] = [
    fallback,
    ...rules.flatMap(({ paths }) => paths.map(([, , backend]) => backend)),
  ];
  return backends.filter((backend) => typeof backend === 'string');
}

function behaviourOf(
  { request, env = {} }: IngressCase,
  ingress: IngressRow | undefined,
  row: ServiceRow,
): WantedService['behaviour'] {
  const { 'backend-protocol': protocol = '', 'ssl-passthrough': passthrough } = ingress?.ann ?? {};
  const spoken = protocol.toUpperCase();
  const secured = request.scheme === 'https' ? ['HTTPS', 'GRPCS', 'AUTO_HTTP'] : ['HTTPS', 'GRPCS'];
  const isSecured = secured.includes(spoken) || passthrough === 'true' || row.tls !== undefined;
  const isAuth = ingress === undefined && row.status === undefined;
  return {
    isSecured,
    isH2c: spoken === 'GRPC',
    ...pick(row),
    ...(isAuth ? authBehaviour(env.authServer) : {}),
  };
}

/** What the auth server of a row answers. */
function authBehaviour(server: NonNullable<IngressCase['env']>['authServer']): Behaviour {
  const { status = 200, headers = {} } = server ?? {};
  return server === undefined ? {} : { status, responseHeaders: headers };
}

function pick({ delayMs, chunks, status, responseHeaders }: ServiceRow): Behaviour {
  return {
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(chunks === undefined ? {} : { chunks }),
    ...(status === undefined ? {} : { status }),
    ...(responseHeaders === undefined ? {} : { responseHeaders }),
  };
}

/** Creates the Services with their endpoints, which are programs of this host. */
export async function startServices(
  services: readonly WantedService[],
  world: RunningWorld,
): Promise<void> {
  for (const service of services) await startService(service, world);
}

async function startService(service: WantedService, world: RunningWorld): Promise<void> {
  const { namespace, name, row, ports } = service;
  const numbers = row.ports ?? [...new Set(ports)].map(portOf);
  world.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec:
      row.type === 'ExternalName'
        ? { type: 'ExternalName', externalName: row.externalName }
        : { ports: numbers.length > 0 ? named(numbers) : [{ port: 80 }] },
  });
  if (row.type === 'ExternalName') return;
  const portName = named(numbers.length > 0 ? numbers : [{ port: 80 }])[0]?.name;
  const endpoints = await openEndpoints(service, world);
  for (const [index, { port, conditions }] of endpoints.entries())
    world.create(sliceObject(service, { index, port, conditions, portName }));
  if (typeof row.endpoints === 'string') await rescale(service, world);
}

function portOf(port: string | number): { readonly name?: string; readonly port: number } {
  return typeof port === 'number' ? { port } : { name: port, port: 80 };
}

/** Ports of a Service with several must have names. */
function named<P extends { readonly name?: string; readonly port: number }>(
  ports: readonly P[],
): readonly P[] {
  return ports.length < 2 ? ports : ports.map((port) => ({ name: `p${port.port}`, ...port }));
}

interface Endpoint {
  readonly port: number;
  readonly conditions: Readonly<Record<string, boolean>>;
}

const READY = { ready: true, serving: true, terminating: false };

async function openEndpoints(
  service: WantedService,
  world: RunningWorld,
): Promise<readonly Endpoint[]> {
  const { row } = service;
  const ready = typeof row.endpoints === 'string' ? 1 : (row.endpoints ?? 1);
  const opened: Endpoint[] = [];
  for (let index = 0; index < ready; index += 1)
    opened.push({ port: await openEndpoint(service, index, world), conditions: READY });
  for (let index = 0; index < (row.notReady ?? 0); index += 1)
    opened.push({ port: CLOSED_PORT, conditions: { ...READY, ready: false, serving: false } });
  for (let index = 0; index < (row.terminatingServing ?? 0); index += 1)
    opened.push({
      port: CLOSED_PORT,
      conditions: { ready: false, serving: true, terminating: true },
    });
  return opened;
}

async function openEndpoint(
  { namespace, name, behaviour, row }: WantedService,
  index: number,
  { backends, authority }: RunningWorld,
): Promise<number> {
  const { behaviour: told = '' } = row;
  if (told === 'refuse' || (/^(?:one|first) refuses$/.test(told) && index === 0))
    return CLOSED_PORT;
  if (told === 'blackhole') return backends.openBlackHole();
  const isFailing = told === 'all answer 502' || (told === 'one answers 502' && index === 0);
  const { isSecured, ...rest } = behaviour;
  return backends.open(namespace === 'default' ? name : `${namespace}/${name}`, index, {
    ...rest,
    ...(isFailing ? { status: 502 } : {}),
    ...(isSecured ? { tls: await authority.issue(['backend.example']) } : {}),
  });
}

interface SliceFacts extends Endpoint {
  readonly index: number;
  readonly portName: string | undefined;
}

function sliceObject(
  { namespace, name, ports, row }: WantedService,
  { index, port, conditions, portName }: SliceFacts,
): KubeObject {
  const names =
    row.ports?.map((own) => own.name) ??
    (ports.length < 2 ? [portName] : named([...new Set(ports)].map(portOf)).map((own) => own.name));
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name: `${name}-${index}`,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [HOST], conditions }],
    ports: names.map((own) => ({ name: own ?? '', port, protocol: 'TCP' })),
  };
}

/** Its endpoints go away and come back. */
async function rescale(
  { namespace, name }: WantedService,
  { cluster }: RunningWorld,
): Promise<void> {
  const slice = cluster.store.get('EndpointSlice', namespace, `${name}-0`);
  if (slice === undefined) return;
  cluster.store.delete({ kind: 'EndpointSlice', namespace, name: `${name}-0` });
  await cluster.settled();
  const { resourceVersion: _version, uid: _uid, ...metadata } = slice.metadata;
  cluster.store.create({ ...slice, metadata });
  await cluster.settled();
}
