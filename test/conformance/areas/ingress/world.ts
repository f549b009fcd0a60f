/** A cluster with the objects of one row, its Services backed by programs of this host. */
import type { KubeObject } from '../../../../src/api/index.ts';
import { createCluster, type Cluster } from '../../../../src/index.ts';
import { SYSTEM_CLOCK } from '../../../../src/observe/index.ts';
import { Backends } from './backends.ts';
import { createAuthority, type Authority } from './certificates.ts';
import { ingressObject } from './ingress-object.ts';
import { secretObject } from './secret-object.ts';
import { servicesOf, startServices } from './services.ts';
import type { IngressCase } from './table.ts';

/** Where the ingress takes the manifests of ingress-nginx from. */
const CONTROLLER_NAMESPACE = 'ingress-nginx';

export interface RunningWorld extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly backends: Backends;
  readonly authority: Authority;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Creates an object; where it goes is created before. */
  readonly create: (object: KubeObject) => KubeObject;
}

let authority: Promise<Authority> | undefined;

/**
 * Starts the program with everything of a row but its Ingresses, or with them.
 *
 * @param hasIngresses Whether the Ingresses are created too.
 */
export async function startWorld(row: IngressCase, hasIngresses: boolean): Promise<RunningWorld> {
  let offsetMs = 0;
  const cluster = await startCluster(() => offsetMs);
  const backends = new Backends();
  const { store } = cluster;
  const create = (object: KubeObject): KubeObject => {
    const { namespace } = object.metadata;
    if (namespace !== undefined && store.get('Namespace', undefined, namespace) === undefined)
      store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    return store.create(object);
  };
  authority ??= createAuthority();
  const world: RunningWorld = {
    cluster,
    backends,
    authority: await authority,
    httpPort: cluster.ingress?.http[0]?.port ?? 0,
    httpsPort: cluster.ingress?.https[0]?.port ?? 0,
    create,
    [Symbol.asyncDispose]: async () => {
      await cluster[Symbol.asyncDispose]();
      await backends[Symbol.asyncDispose]();
    },
  };
  try {
    await fill(row, world);
    if (hasIngresses) createIngresses(row, world, () => (offsetMs += 1000));
    await cluster.settled();
    await updateSecrets(row, world);
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
  return world;
}

/** Without any door but those of the ingress. */
function startCluster(offsetMs: () => number): Promise<Cluster> {
  const off = 'off' as const;
  return createCluster({
    nodes: 1,
    dns: off,
    http: { address: '127.0.0.1', port: 0 },
    https: { address: '127.0.0.1', port: 0 },
    entry: off,
    hasAliases: false,
    proxyHealth: off,
    proxyMetrics: off,
    dnsUpstream: off,
    clock: { ...SYSTEM_CLOCK, now: () => SYSTEM_CLOCK.now() + offsetMs() },
  });
}

/** The Ingresses of a row, each a second younger than the one before; those that the row deletes are gone again. */
function createIngresses(row: IngressCase, world: RunningWorld, pass: () => void): void {
  for (const ingress of inOrder(row)) {
    pass();
    createIngress(ingressObject(ingress), world);
  }
  for (const { name, ns = 'default', deleted } of row.ingresses)
    if (deleted === true) world.cluster.store.delete({ kind: 'Ingress', namespace: ns, name });
}

/** The class annotation is only looked at when an Ingress is created; so one that disagrees comes with an update. */
function createIngress(object: KubeObject, { create, cluster }: RunningWorld): void {
  const { 'kubernetes.io/ingress.class': named, ...annotations } =
    object.metadata.annotations ?? {};
  const { ingressClassName } = object['spec'] as { readonly ingressClassName?: string }; // as it was made
  if (named === undefined || ingressClassName === undefined) {
    create(object);
    return;
  }
  const created = create({ ...object, metadata: { ...object.metadata, annotations } });
  cluster.store.update({
    ...created,
    metadata: { ...created.metadata, annotations: object.metadata.annotations ?? {} },
  });
}

/** The older first. */
function inOrder({ ingresses }: IngressCase): IngressCase['ingresses'] {
  return ingresses
    .map((ingress, index) => ({ ingress, order: ingress.created ?? index + 1 }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ ingress }) => ingress);
}

async function fill(row: IngressCase, world: RunningWorld): Promise<void> {
  const { env = {} } = row;
  createClasses(row, world);
  createController(row, world);
  for (const [key, data] of Object.entries(env.configMaps ?? {})) {
    const [namespace, name = ''] = key.split('/');
    world.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name },
      data,
    } as KubeObject);
  }
  for (const [key, secret] of Object.entries(env.secrets ?? {}))
    world.create(await secretObject(key, secret, world.authority));
  await startServices(servicesOf(row), world);
}

function createClasses(
  { profile, env = {} }: IngressCase,
  { cluster, create }: RunningWorld,
): void {
  for (const name of ['podlane', 'nginx']) cluster.store.delete({ kind: 'IngressClass', name });
  // A case of the specification is for the class that follows it, whatever its name.
  const own = profile === 'nginx' ? 'k8s.io/ingress-nginx' : 'podlane.dev/ingress';
  for (const [name, given] of Object.entries(env.classes ?? { nginx: { controller: own } })) {
    const annotations =
      given.default === true ? { 'ingressclass.kubernetes.io/is-default-class': 'true' } : {};
    create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name, annotations },
      spec: { controller: given.controller ?? own },
    });
  }
}

/** The ConfigMap of ingress-nginx, and a Deployment with its flags. */
function createController({ env = {} }: IngressCase, { create }: RunningWorld): void {
  const { configmap, flags } = env;
  const metadata = { namespace: CONTROLLER_NAMESPACE, name: 'ingress-nginx-controller' };
  if (configmap !== undefined)
    create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: configmap });
  if (flags === undefined) return;
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const labels = { app: 'ingress-nginx' };
  create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'controller',
              image: 'registry.k8s.io/ingress-nginx/controller:v1.15.1',
              args: ['/nginx-ingress-controller', ...args],
            },
          ],
        },
      },
    },
  });
}

/** Secrets that change while the program runs. */
async function updateSecrets(
  row: IngressCase,
  { cluster, authority: own }: RunningWorld,
): Promise<void> {
  for (const [key, secret] of Object.entries(row.env?.secrets ?? {})) {
    if (secret.updatedAfterStart !== true) continue;
    cluster.store.update(await secretObject(key, secret, own));
    await cluster.settled();
  }
}
