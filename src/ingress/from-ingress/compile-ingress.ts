import type { HTTPIngressPath, Ingress, IngressBackend, StoreReader } from '../../api/index.ts';
import type { HostRoute, PathType, Route, RouteBackend } from '../route-table.ts';

/** The controllers that podlane stands for, as IngressClasses name them. */
export const CONTROLLERS: readonly string[] = ['podlane.dev/ingress', 'k8s.io/ingress-nginx'];

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_CLASS_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';

/** What one Ingress puts into the table. */
export interface CompiledIngress {
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds since 1970: the older Ingress wins a path that two claim. */
  readonly createdMs: number;
  readonly routes: readonly HostRoute[];
  readonly defaultRoute: Route | undefined;
  readonly certificates: readonly CertificateClaim[];
}

/** A Secret that an Ingress wants served for hosts; no hosts means every host without another. */
export interface CertificateClaim {
  readonly hosts: readonly string[];
  readonly namespace: string;
  readonly secretName: string;
}

/**
 * Whether an Ingress is ours to serve: its class names one of our controllers, or it has none and the default class does.
 *
 * @see Kubernetes documentation, "Ingress class"; the annotation is the older form and is honoured where the field is unset.
 */
export function isOurs(ingress: Ingress, reader: StoreReader): boolean {
  const named = ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.[CLASS_ANNOTATION];
  if (named !== undefined) {
    const found = reader.get('IngressClass', undefined, named);
    return CONTROLLERS.includes(found?.spec?.controller ?? '');
  }
  return reader
    .list('IngressClass')
    .some(
      ({ metadata, spec }) =>
        metadata.annotations?.[DEFAULT_CLASS_ANNOTATION] === 'true' &&
        CONTROLLERS.includes(spec?.controller ?? ''),
    );
}

/** What `ingress` means, whatever its class. */
export function compileIngress(ingress: Ingress): CompiledIngress {
  const { namespace = '', name, creationTimestamp } = ingress.metadata;
  const source = (field: string): Route['source'] => ({ kind: 'Ingress', namespace, name, field });
  const routes = (ingress.spec?.rules ?? []).flatMap(({ host = '', http }, rule) =>
    (http?.paths ?? []).map((path, index) => ({
      host: host.toLowerCase(),
      route: {
        pathType: pathTypeOf(path),
        path: path.path ?? '/',
        backend: backendOf(path.backend, namespace),
        source: source(`spec.rules[${rule}].http.paths[${index}]`),
      },
    })),
  );
  const fallback = ingress.spec?.defaultBackend;
  return {
    namespace,
    name,
    createdMs: creationTimestamp === undefined ? 0 : Date.parse(creationTimestamp),
    routes,
    defaultRoute:
      fallback === undefined
        ? undefined
        : {
            pathType: 'Prefix',
            path: '/',
            backend: backendOf(fallback, namespace),
            source: source('spec.defaultBackend'),
          },
    certificates: (ingress.spec?.tls ?? []).flatMap(({ hosts = [], secretName }) =>
      secretName === undefined
        ? []
        : [{ hosts: hosts.map((host) => host.toLowerCase()), namespace, secretName }],
    ),
  };
}

/** ImplementationSpecific is a Prefix here, as most controllers have it. */
function pathTypeOf({ pathType }: HTTPIngressPath): PathType {
  return pathType === 'Exact' ? 'Exact' : 'Prefix';
}

function backendOf({ service }: IngressBackend, namespace: string): RouteBackend | undefined {
  const port = service?.port?.name ?? service?.port?.number;
  return service === undefined || port === undefined
    ? undefined
    : { namespace, service: service.name, port };
}
