/** Routes of Ingresses in a store, without a cluster around it. */
import {
  createKindRegistry,
  createStore,
  KINDS,
  type KubeObject,
  type Store,
} from '../../src/api/index.ts';
import { RouteIndex } from '../../src/ingress/route-index.ts';
import type { RoutedRequest, RouteRequest } from '../../src/ingress/route-policy.ts';
import { routeRequest } from '../../src/ingress/route-request.ts';

/** `Prefix /a svc`, `Exact /b svc`, `ImplementationSpecific /c.* svc`. */
export type PathText = `${string} ${string} ${string}`;

export interface IngressFacts {
  readonly name?: string;
  readonly class?: 'nginx' | 'podlane';
  readonly host?: string;
  readonly paths?: readonly PathText[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly tls?: boolean;
  readonly default?: string;
}

export interface Routing extends Disposable {
  readonly store: Store;
  readonly index: RouteIndex;
  /** What becomes of `[METHOD ]URL`. */
  ask(text: string, facts?: AskFacts): RoutedRequest;
}

export interface AskFacts {
  readonly headers?: Readonly<Record<string, string>>;
  readonly client?: string;
  readonly random?: number;
  /** Services without endpoints. */
  readonly empty?: readonly string[];
}

const SECOND_MS = 1000;

/** The Ingresses, each created a second after the one before. */
export function route(
  ingresses: readonly IngressFacts[],
  objects: readonly KubeObject[] = [],
): Routing {
  let now = Date.UTC(2026, 0, 1);
  const store = createStore({
    kinds: createKindRegistry(KINDS),
    now: () => now,
    random: () => 0.5,
  });
  for (const [name, controller] of [
    ['nginx', 'k8s.io/ingress-nginx'],
    ['podlane', 'podlane.dev/ingress'],
  ] as const)
    store.create(
      object('networking.k8s.io/v1', 'IngressClass', { metadata: { name }, spec: { controller } }),
    );
  for (const name of ['default', 'ingress-nginx'])
    store.create(object('v1', 'Namespace', { metadata: { name } }));
  for (const given of objects) store.create(given);
  for (const facts of ingresses) {
    now += SECOND_MS;
    store.create(ingressOf(facts));
  }
  const index = new RouteIndex(store);
  return {
    store,
    index,
    ask: (text, { random = 0.5, empty = [], ...facts } = {}) =>
      routeRequest(
        {
          table: index.table,
          random: () => random,
          hasEndpoints: ({ service }) => !empty.includes(service),
        },
        requestOf(text, facts),
      ),
    [Symbol.dispose]: () => index[Symbol.dispose](),
  };
}

function requestOf(text: string, { headers = {}, client = '192.0.2.10' }: AskFacts): RouteRequest {
  const [, method = 'GET', scheme, host = '', target = '/'] =
    /^(?:(\w+) )?(https?):\/\/([^/]*)(\/.*)?$/.exec(text) ?? [];
  return {
    method,
    scheme: scheme === 'https' ? 'https' : 'http',
    host,
    target,
    fields: Object.entries(headers).flat(),
    clientAddress: client,
    port: scheme === 'https' ? 443 : 80,
  };
}

/** `web /rewritten`, `308 https://…`, `404`. */
export function told(routed: RoutedRequest): string {
  if (routed.kind === 'forward') return `${routed.backend.service} ${routed.target}`;
  const location = routed.answer.headers.find(([name]) => name === 'Location')?.[1];
  return location === undefined
    ? String(routed.answer.status)
    : `${routed.answer.status} ${location}`;
}

/** An object of any kind. */
export function object(
  apiVersion: string,
  kind: string,
  rest: Readonly<Record<string, unknown>> & { readonly metadata: KubeObject['metadata'] },
): KubeObject {
  return { apiVersion, kind, ...rest };
}

/** The ConfigMap of ingress-nginx. */
export function configMap(data: Readonly<Record<string, string>>): KubeObject {
  const metadata = { namespace: 'ingress-nginx', name: 'ingress-nginx-controller' };
  return object('v1', 'ConfigMap', { metadata, data });
}

/** The Ingress that the facts describe. */
export function ingressOf(facts: IngressFacts): KubeObject {
  const { name = 'web', class: ingressClassName = 'nginx', host = 'a.example', paths } = facts;
  const annotations = Object.fromEntries(
    Object.entries(facts.annotations ?? {}).map(([key, value]) => [
      `nginx.ingress.kubernetes.io/${key}`,
      value,
    ]),
  );
  return object('networking.k8s.io/v1', 'Ingress', {
    metadata: { namespace: 'default', name, annotations },
    spec: {
      ingressClassName,
      ...(facts.tls === true ? { tls: [{ hosts: [host], secretName: name }] } : {}),
      ...(facts.default === undefined ? {} : { defaultBackend: backendOf(facts.default) }),
      ...(paths === undefined
        ? {}
        : { rules: [{ ...(host === '' ? {} : { host }), http: { paths: paths.map(pathOf) } }] }),
    },
  });
}

function pathOf(text: PathText): unknown {
  const [pathType, path, service = ''] = text.split(' ');
  return { pathType, path, backend: backendOf(service) };
}

function backendOf(name: string): unknown {
  return { service: { name, port: { number: 80 } } };
}
