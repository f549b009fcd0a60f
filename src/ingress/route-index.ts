import {
  DerivedTable,
  type DerivedChange,
  type DerivedInput,
  type KubeObject,
  type Store,
  type StoreReader,
} from '../api/index.ts';
import { certificateClaimOf } from './certificates.ts';
import {
  compileIngress,
  controllerOptions,
  isControllerConfigMap,
  isControllerWorkload,
  type CertificateClaim,
  type CompiledIngress,
  type NginxIngress,
} from './from-ingress/index.ts';
import { hostOf, nginxHostOf } from './find-route.ts';
import { NginxIndex } from './nginx-index.ts';
import type { ClientTls } from './route-policy.ts';
import {
  compileHost,
  type Route,
  type RouteBackend,
  type RouteTable,
  type SpecificationHost,
} from './route-table.ts';

/** The key of rules without a host. */
const ANY_HOST = '';

/**
 * The RouteTable of all Ingresses, kept up to date: a changed Ingress recompiles itself and the hosts that it names,
 * nothing else.
 */
export class RouteIndex implements Disposable {
  readonly #store: StoreReader;
  readonly #compiled: DerivedTable<CompiledIngress | NginxIngress>;
  /** The Ingresses of each Secret and ConfigMap that annotations refer to. */
  readonly #references = new Map<string, Set<string>>();
  /** The Ingresses of each host, of the class that follows the specification. */
  readonly #byHost = new Map<string, Set<CompiledIngress>>();
  readonly #hosts = new Map<string, SpecificationHost>();
  readonly #wildcards = new Map<string, SpecificationHost>();
  #anyHost: SpecificationHost | undefined;
  #defaultRoute: Route | undefined;
  readonly #withDefault = new Set<CompiledIngress>();
  readonly #nginx: NginxIndex;
  readonly #subscription: Disposable;
  readonly #watches: readonly Disposable[];
  #table: RouteTable | undefined;
  #claims: readonly CertificateClaim[] | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.#nginx = new NginxIndex(() => controllerOptions(store));
    this.#compiled = new DerivedTable({
      store,
      inputs: this.#inputs(),
      compute: (key, reader) => this.#compile(key, reader),
    });
    const present = [...this.#compiled.entries()].map(([key, value]) => ({
      key,
      value,
      old: undefined,
    }));
    this.#update(present);
    this.#subscription = this.#compiled.onChange((changes) => this.#update(changes));
    // Without any Ingress there may still be a default backend.
    this.#watches = (['ConfigMap', 'Deployment', 'DaemonSet'] as const).map((kind) =>
      store.watch(kind, ({ object }) => {
        if (
          kind === 'ConfigMap' ? isControllerConfigMap(object, store) : isControllerWorkload(object)
        )
          this.#table = undefined;
      }),
    );
  }

  /** The table as it is now. */
  get table(): RouteTable {
    this.#table ??= {
      specification: {
        hosts: this.#hosts,
        wildcards: this.#wildcards,
        anyHost: this.#anyHost,
        defaultRoute: this.#defaultRoute,
      },
      nginx: this.#nginx.routes,
    };
    return this.#table;
  }

  /** What Ingresses ask for, by `namespace/name`. */
  get ingresses(): ReadonlyMap<string, CompiledIngress | NginxIngress> {
    return this.#compiled.entries();
  }

  /** The certificate that an Ingress wants served for a server name; '' for none. */
  certificateClaim(servername: string, isFor: IsCertificateFor): CertificateClaim | undefined {
    return (
      this.#nginx.certificateClaim(servername, isFor) ??
      certificateClaimOf(this.#certificateClaims(), servername) ??
      this.#defaultCertificate()
    );
  }

  /** What is asked of clients of TLS that name this server; undefined for nothing. */
  clientTlsFor(servername: string): ClientTls | undefined {
    const { nginx, specification } = this.table;
    const own = nginxHostOf(nginx, servername);
    const isOthers = own === undefined && hostOf(specification, servername) !== undefined;
    return isOthers ? undefined : (own ?? nginx.anyHost)?.clientTls;
  }

  /** The Service that TLS for this server goes on to as it comes; only a host's own name counts. */
  passthroughFor(servername: string): RouteBackend | undefined {
    return this.table.nginx.hosts.get(servername)?.passthrough;
  }

  /** Whether `clientTlsFor` or `passthroughFor` has an answer for any name. */
  get isServerNameNeeded(): boolean {
    return this.#nginx.isServerNameNeeded;
  }

  /** Whether ingress-nginx is the only class that serves anything. */
  get isNginxAlone(): boolean {
    const { nginx, specification } = this.table;
    const isSpecificationUsed =
      specification.hosts.size > 0 ||
      specification.wildcards.size > 0 ||
      (specification.anyHost ?? specification.defaultRoute) !== undefined;
    const isNginxUsed =
      nginx.hosts.size > 0 ||
      nginx.wildcards.size > 0 ||
      (nginx.anyHost ?? nginx.defaultBackend) !== undefined;
    return isNginxUsed && !isSpecificationUsed;
  }

  /** Calls `listener` after each change of the routes until disposed. */
  onChange(listener: () => void): Disposable {
    return this.#compiled.onChange(listener);
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    for (const watch of this.#watches) watch[Symbol.dispose]();
    this.#compiled[Symbol.dispose]();
  }

  #inputs(): readonly DerivedInput[] {
    const own = ({ metadata }: KubeObject): readonly string[] => [
      `${metadata.namespace}/${metadata.name}`,
    ];
    const all = (reader: StoreReader): readonly string[] =>
      reader.list('Ingress').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    const referring = (kind: string, { metadata }: KubeObject): readonly string[] => [
      ...(this.#references.get(`${kind} ${metadata.namespace}/${metadata.name}`) ?? []),
    ];
    const ofController = (object: KubeObject, reader: StoreReader): readonly string[] =>
      isControllerWorkload(object) ? all(reader) : [];
    return [
      { kind: 'Ingress', keys: own },
      // A class that comes, goes or becomes the default may concern any Ingress.
      { kind: 'IngressClass', keys: (_, reader) => all(reader) },
      { kind: 'Secret', keys: (secret) => referring('Secret', secret) },
      {
        kind: 'ConfigMap',
        keys: (configMap, reader) =>
          isControllerConfigMap(configMap, reader)
            ? all(reader)
            : referring('ConfigMap', configMap),
      },
      { kind: 'Deployment', keys: ofController },
      { kind: 'DaemonSet', keys: ofController },
    ];
  }

  #compile(key: string, reader: StoreReader): CompiledIngress | NginxIngress | undefined {
    const [namespace, name = ''] = key.split('/');
    const ingress = reader.get('Ingress', namespace, name);
    const compiled = ingress === undefined ? undefined : compileIngress(ingress, reader);
    if (compiled !== undefined && isNginx(compiled)) {
      for (const reference of compiled.references) {
        const keys = this.#references.get(reference) ?? new Set();
        this.#references.set(reference, keys.add(key));
      }
    }
    return compiled;
  }

  #update(changes: readonly DerivedChange<CompiledIngress | NginxIngress>[]): void {
    const touched = new Set<string>();
    for (const { value, old } of changes) {
      if (old !== undefined && !isNginx(old)) this.#forget(old, touched);
      if (value !== undefined && !isNginx(value)) this.#remember(value, touched);
    }
    for (const host of touched) this.#compileHost(host);
    this.#nginx.update(
      changes.map(({ value, old }) => ({
        value: value !== undefined && isNginx(value) ? value : undefined,
        old: old !== undefined && isNginx(old) ? old : undefined,
      })),
    );
    const withDefault = inOrder(this.#withDefault);
    // An Ingress that is nothing but a default backend is meant for everything; one with rules only as a last resort.
    this.#defaultRoute = (
      withDefault.find(({ routes }) => routes.length === 0) ?? withDefault[0]
    )?.defaultRoute;
    this.#table = undefined;
    this.#claims = undefined;
  }

  #certificateClaims(): readonly CertificateClaim[] {
    this.#claims ??= inOrder(
      [...this.#compiled.entries().values()].filter((ingress) => !isNginx(ingress)),
    ).flatMap(({ certificates }) => certificates);
    return this.#claims;
  }

  /** `--default-ssl-certificate` */
  #defaultCertificate(): CertificateClaim | undefined {
    const { defaultCertificate } = controllerOptions(this.#store);
    const [namespace = '', secretName = ''] = (defaultCertificate ?? '').split('/');
    return secretName === '' ? undefined : { hosts: [], namespace, secretName };
  }

  #forget(ingress: CompiledIngress, touched: Set<string>): void {
    this.#withDefault.delete(ingress);
    for (const { host } of ingress.routes) {
      this.#byHost.get(host)?.delete(ingress);
      touched.add(host);
    }
  }

  #remember(ingress: CompiledIngress, touched: Set<string>): void {
    if (ingress.defaultRoute !== undefined) this.#withDefault.add(ingress);
    for (const { host } of ingress.routes) {
      const ingresses = this.#byHost.get(host) ?? new Set();
      this.#byHost.set(host, ingresses.add(ingress));
      touched.add(host);
    }
  }

  #compileHost(host: string): void {
    const ingresses = inOrder(this.#byHost.get(host) ?? []);
    const routes = ingresses.flatMap((ingress) =>
      ingress.routes.filter((route) => route.host === host).map(({ route }) => route),
    );
    const compiled =
      routes.length === 0
        ? undefined
        : compileHost(
            host,
            routes,
            ingresses.find(({ defaultRoute }) => defaultRoute !== undefined)?.defaultRoute,
          );
    if (compiled === undefined) this.#byHost.delete(host);
    if (host === ANY_HOST) this.#anyHost = compiled;
    else if (host.startsWith('*.')) put(this.#wildcards, host.slice(1), compiled);
    else put(this.#hosts, host, compiled);
  }
}

/** Whether the certificate of a claim is one for a host. */
export type IsCertificateFor = (claim: CertificateClaim, host: string) => boolean;

function isNginx(ingress: CompiledIngress | NginxIngress): ingress is NginxIngress {
  return ingress.kind === 'ingress-nginx';
}

function inOrder(ingresses: Iterable<CompiledIngress>): readonly CompiledIngress[] {
  return [...ingresses].toSorted(
    (a, b) =>
      a.createdMs - b.createdMs ||
      compareText(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`),
  );
}

function put<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
