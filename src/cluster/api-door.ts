import { randomBytes } from 'node:crypto';
import type * as ApiServerLibrary from '../apiserver/index.ts';
import type { ApiContext, TokenIssuer } from '../apiserver/index.ts';
import { bootstrapObjects, type KindRegistry, type Pod, type Store } from '../api/index.ts';
import {
  createRootCaController,
  runControllers,
  type CreationReview,
  type RunningControllers,
} from '../controllers/index.ts';
import { PodlaneError } from '../net/index.ts';
import { loadCredentials } from './credentials-file.ts';
import { createPodAccess, type PodParts } from './pod-access.ts';
import type { KubeletsOptions } from '../pods/index.ts';
import { publishKubeconfig, type PublishedKubeconfig } from './kubeconfig-file.ts';
import type { Door, ResolvedOptions } from './options.ts';

/** The API server of a running cluster. */
export interface ApiDoor extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** What kubectl connects to: `https://127.0.0.1:6443`. */
  readonly url: string;
  /** File with the credentials, for `kubectl --kubeconfig`. */
  readonly kubeconfig: string;
  /** The context's name in the user's own kubeconfig; absent where that was not to be changed. */
  readonly context?: string;
}

/** Gives Pods their tokens, once there is an API server to make them. */
export interface PodTokens {
  issue?: KubeletsOptions['token'];
}

/** Asks webhooks about what controllers create, once there is an API server to ask them. */
export interface Webhooks {
  review?: CreationReview;
}

/** What the API server needs of the cluster. */
export interface ApiParts extends PodParts {
  readonly options: ResolvedOptions;
  readonly store: Store;
  readonly kinds: KindRegistry;
  readonly random: () => number;
  readonly tokens: PodTokens;
  readonly webhooks: Webhooks;
}

/** Stands for the host itself. */
const HOST_ADDRESS = '10.0.0.1';
/** Where kube-apiserver listens. */
const DEFAULT_PORT = 6443;

/**
 * Opens the API server, and writes the kubeconfig that leads to it.
 *
 * What it is made of is loaded now: nothing before the first answer needs TLS, HTTP/2 or certificates.
 *
 * @throws PodlaneError `ERR_ADDRESS_IN_USE` and the like.
 */
export async function openApi(parts: ApiParts): Promise<ApiDoor | undefined> {
  const { options } = parts;
  if (options.api === 'off') return undefined;
  await using stack = new AsyncDisposableStack();
  const [library, credentials] = await Promise.all([
    import('../apiserver/index.ts'),
    loadCredentials(options.clock.now(), kubernetesAddresses(parts.store)),
  ]);
  library.bootstrapPolicy(parts.store);
  const token = randomBytes(24).toString('base64url');
  const issuer = library.createTokenIssuer({
    store: parts.store,
    key: credentials.server.key,
    now: () => options.clock.now(),
  });
  parts.tokens.issue = (pod, wish) => issueFor(issuer, pod, wish);
  const context = { ...createContext(parts, library), tokens: issuer };
  parts.webhooks.review = library.creationReview(context);
  const serve = ({ address, port }: Exclude<Door, 'off'>) =>
    library.serveApi({
      address,
      port,
      tls: { ...credentials.server, clientCA: credentials.ca },
      answer: (request) => library.route(request, context),
      upgrade: (upgrade) => library.routeUpgrade(upgrade, context),
      review: (given) =>
        library.isSameSecret(given, token) ? library.ADMIN : issuer.review(given)?.user,
      log: options.log,
    });
  stack.use(library.cleanCustomResources(parts.store, parts.kinds));
  const server = stack.use(await openSomewhere(options.api, serve));
  publishAddress(parts.store, server.port);
  stack.use(publishAuthority(parts, credentials.ca));
  const url = `https://${hostOf(server.address)}:${server.port}`;
  const published: PublishedKubeconfig = stack.use(
    await publishKubeconfig({
      instance: options.name,
      merge: options.kubeconfig,
      log: options.log,
      config: (name) => library.kubeconfigOf({ name, server: url, credentials, token }),
    }),
  );
  const kept = stack.move();
  return {
    address: server.address,
    port: server.port,
    url,
    kubeconfig: published.file,
    ...(published.context !== undefined && { context: published.context }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Every Namespace gets the certificate that the server's own is signed by. */
function publishAuthority(
  { store, options: { clock, log } }: ApiParts,
  authority: string,
): RunningControllers {
  const controllers = [createRootCaController({ certificate: () => authority })];
  return runControllers({ store, clock, log, controllers });
}

/** The Service `default/kubernetes` leads to where the server listens: the host, at the port that it has got. */
function publishAddress(store: Store, port: number): void {
  const options = {
    kubernetesServiceIPs: [],
    apiServerAddresses: [HOST_ADDRESS],
    apiServerPort: port,
  };
  for (const object of bootstrapObjects(options)) {
    const { name, namespace } = object.metadata;
    const isEndpoints = object.kind === 'Endpoints' || object.kind === 'EndpointSlice';
    const known = isEndpoints ? store.get<string>(object.kind, namespace, name) : undefined;
    if (known !== undefined) store.update({ ...object, metadata: known.metadata });
  }
}

function kubernetesAddresses(store: Store): readonly string[] {
  return store.get('Service', 'default', 'kubernetes')?.spec?.clusterIPs ?? [];
}

/** A token of a Pod's ServiceAccount, which ends with the Pod. */
function issueFor(
  issuer: TokenIssuer,
  { metadata: { namespace = '', name, uid = '' }, spec }: Pod,
  { audience, expirationSeconds }: Parameters<NonNullable<PodTokens['issue']>>[1],
): string | undefined {
  return issuer.issue({
    namespace,
    account: spec?.serviceAccountName ?? 'default',
    expirationSeconds,
    ...(audience !== undefined && { audiences: [audience] }),
    boundTo: { kind: 'Pod', name, uid },
    ...(spec?.nodeName !== undefined && { node: spec.nodeName }),
  });
}

type Library = typeof ApiServerLibrary;

function createContext(
  { options: { clock, log }, store, kinds, random, ...parts }: ApiParts,
  { Snapshots, SUBRESOURCES }: Library,
): ApiContext {
  return {
    store,
    kinds,
    clock,
    random,
    log,
    snapshots: new Snapshots(),
    subresources: SUBRESOURCES,
    pods: createPodAccess({ ...parts, random }),
  };
}

/** The usual port is left to whoever has it: the kubeconfig says which one it became. */
async function openSomewhere<T>(
  door: Exclude<Door, 'off'> | 'default',
  serve: (place: Exclude<Door, 'off'>) => Promise<T>,
): Promise<T> {
  if (door !== 'default') return serve(door);
  try {
    return await serve({ address: '127.0.0.1', port: DEFAULT_PORT });
  } catch (error) {
    if (!(error instanceof PodlaneError) || error.code !== 'ERR_ADDRESS_IN_USE') throw error;
    return serve({ address: '127.0.0.1', port: 0 });
  }
}

/** As it stands in a URL; whoever listens on every address is reached on the loopback. */
function hostOf(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}
