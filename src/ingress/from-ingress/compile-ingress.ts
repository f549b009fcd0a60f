import type { HTTPIngressPath, Ingress, IngressBackend, StoreReader } from '../../api/index.ts';
import type { RoutePolicy } from '../route-policy.ts';
import type { HostRoute, PathType, Route, RouteBackend } from '../route-table.ts';
import { controllerOptions } from './controller-configuration.ts';
import type { ControllerOptions } from './controller-options.ts';
import type { AnnotationNote, IngressSettings } from './annotations/index.ts';
import { personalityOf } from './ingress-class.ts';
import { inspectIngress } from './inspect-ingress.ts';
import { basePolicy } from './nginx-policy.ts';
import { readAnnotations } from './read-annotations.ts';

/** What one Ingress puts into the table. */
export interface CompiledIngress {
  readonly kind: 'specification' | 'ingress-nginx';
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds since 1970: the older Ingress wins a path that two claim. */
  readonly createdMs: number;
  /** Of every rule, lower-case; '' for rules without one. */
  readonly hosts: readonly string[];
  readonly routes: readonly HostRoute[];
  readonly defaultRoute: Route | undefined;
  readonly certificates: readonly CertificateClaim[];
  /** Whether it has a `tls` section, be it without a Secret. */
  readonly isTls: boolean;
}

/** An Ingress of ingress-nginx, with what its annotations ask for. */
export interface NginxIngress extends CompiledIngress {
  readonly kind: 'ingress-nginx';
  readonly settings: IngressSettings;
  readonly policy: RoutePolicy;
  readonly controller: ControllerOptions;
  readonly denied: string | undefined;
  readonly notes: readonly AnnotationNote[];
  /** Secrets and ConfigMaps that it was read with: `Secret shop/users`. */
  readonly references: readonly string[];
}

/** A Secret that an Ingress wants served for hosts; no hosts means every host without another. */
export interface CertificateClaim {
  readonly hosts: readonly string[];
  readonly namespace: string;
  readonly secretName: string;
}

/** What `ingress` means in its class; undefined where it is not ours. */
export function compileIngress(
  ingress: Ingress,
  reader: StoreReader,
): CompiledIngress | NginxIngress | undefined {
  const personality = personalityOf(ingress, reader);
  if (personality === undefined) return undefined;
  if (personality === 'specification') return compileCommon(ingress, personality);
  // One bad value and ingress-nginx knows nothing of the Ingress.
  return inspectIngress(ingress) === undefined ? compileNginx(ingress, reader) : undefined;
}

function compileNginx(ingress: Ingress, reader: StoreReader): NginxIngress | undefined {
  const controller = controllerOptions(reader);
  const common = compileCommon(ingress, 'ingress-nginx');
  if (
    controller.isCatchAllDisabled &&
    common.defaultRoute !== undefined &&
    common.hosts.length === 0
  )
    return undefined;
  const read = readAnnotations(ingress, controller, reader);
  const policy = basePolicy(read.settings, controller, common.namespace);
  return {
    ...common,
    kind: 'ingress-nginx',
    ...read,
    policy,
    controller,
    routes: common.routes.map(asNginxRoute),
  };
}

/** An empty path is the root. */
function asNginxRoute({ host, route }: HostRoute): HostRoute {
  return route.path === '' ? { host, route: { ...route, path: '/' } } : { host, route };
}

function compileCommon(ingress: Ingress, kind: CompiledIngress['kind']): CompiledIngress {
  const { namespace = '', name, creationTimestamp } = ingress.metadata;
  const source = (field: string): Route['source'] => ({ kind: 'Ingress', namespace, name, field });
  const backendOf = createBackends(namespace);
  const rules = ingress.spec?.rules ?? [];
  const routes = rules.flatMap(({ host = '', http }, rule) =>
    (http?.paths ?? []).map((path, index) => ({
      host: host.toLowerCase(),
      route: {
        pathType: pathTypeOf(path),
        path: path.path ?? '/',
        backend: backendOf(path.backend),
        source: source(`spec.rules[${rule}].http.paths[${index}]`),
      },
    })),
  );
  const fallback = ingress.spec?.defaultBackend;
  return {
    kind,
    namespace,
    name,
    createdMs: creationTimestamp === undefined ? 0 : Date.parse(creationTimestamp),
    hosts: [...new Set(rules.map(({ host = '' }) => host.toLowerCase()))],
    routes,
    defaultRoute:
      fallback === undefined
        ? undefined
        : {
            pathType: 'Prefix',
            path: '/',
            backend: backendOf(fallback),
            source: source('spec.defaultBackend'),
          },
    certificates: certificatesOf(ingress),
    isTls: (ingress.spec?.tls ?? []).length > 0,
  };
}

function certificatesOf({ metadata, spec }: Ingress): readonly CertificateClaim[] {
  const { namespace = '' } = metadata;
  return (spec?.tls ?? []).flatMap(({ hosts = [], secretName }) =>
    secretName === undefined
      ? []
      : [{ hosts: hosts.map((host) => host.toLowerCase()), namespace, secretName }],
  );
}

/** ImplementationSpecific is a Prefix here, as most controllers have it. */
function pathTypeOf({ pathType }: HTTPIngressPath): PathType {
  return pathType === 'Exact' ? 'Exact' : 'Prefix';
}

/** Gives one object for each backend, however many paths lead there: what is known of a backend hangs on it. */
function createBackends(namespace: string): (backend: IngressBackend) => RouteBackend | undefined {
  const known = new Map<string, RouteBackend>();
  return ({ service }) => {
    const port = service?.port?.name ?? service?.port?.number;
    if (service === undefined || port === undefined) return undefined;
    const key = `${typeof port} ${port} ${service.name}`;
    const backend = known.get(key) ?? { namespace, service: service.name, port };
    known.set(key, backend);
    return backend;
  };
}
