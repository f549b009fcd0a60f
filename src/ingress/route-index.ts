import { DerivedTable, type DerivedChange, type Store } from '../api/index.ts';
import {
  compileIngress,
  isOurs,
  type CertificateClaim,
  type CompiledIngress,
} from './from-ingress/index.ts';
import { compileHost, type HostRoutes, type Route, type RouteTable } from './route-table.ts';

/** The key of rules without a host. */
const ANY_HOST = '';

/**
 * The RouteTable of all Ingresses, kept up to date: a changed Ingress recompiles itself and the hosts that it names,
 * nothing else.
 */
export class RouteIndex implements Disposable {
  readonly #compiled: DerivedTable<CompiledIngress>;
  /** The Ingresses of each host. */
  readonly #byHost = new Map<string, Set<CompiledIngress>>();
  readonly #hosts = new Map<string, HostRoutes>();
  readonly #wildcards = new Map<string, HostRoutes>();
  #anyHost: HostRoutes | undefined;
  #defaultRoute: Route | undefined;
  readonly #subscription: Disposable;

  constructor(store: Store) {
    this.#compiled = new DerivedTable({
      store,
      inputs: [
        { kind: 'Ingress', keys: ({ metadata }) => [`${metadata.namespace}/${metadata.name}`] },
        // A class that comes, goes or becomes the default may concern any Ingress.
        {
          kind: 'IngressClass',
          keys: (_, reader) =>
            reader.list('Ingress').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
        },
      ],
      compute: (key, reader) => {
        const [namespace, name = ''] = key.split('/');
        const ingress = reader.get('Ingress', namespace, name);
        return ingress !== undefined && isOurs(ingress, reader)
          ? compileIngress(ingress)
          : undefined;
      },
    });
    const present = [...this.#compiled.entries()].map(([key, value]) => ({
      key,
      value,
      old: undefined,
    }));
    this.#update(present);
    this.#subscription = this.#compiled.onChange((changes) => this.#update(changes));
  }

  /** The table as it is now; the same object lives on and changes. */
  get table(): RouteTable {
    return {
      hosts: this.#hosts,
      wildcards: this.#wildcards,
      anyHost: this.#anyHost,
      defaultRoute: this.#defaultRoute,
    };
  }

  /** Every certificate that an Ingress wants, the older Ingress first. */
  certificateClaims(): readonly CertificateClaim[] {
    return this.#ordered(this.#compiled.entries().values()).flatMap(
      ({ certificates }) => certificates,
    );
  }

  /** Calls `listener` after each change of the routes until disposed. */
  onChange(listener: () => void): Disposable {
    return this.#compiled.onChange(listener);
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#compiled[Symbol.dispose]();
  }

  #update(changes: readonly DerivedChange<CompiledIngress>[]): void {
    const touched = new Set<string>();
    for (const { value, old } of changes) {
      if (old !== undefined) this.#forget(old, touched);
      if (value !== undefined) this.#remember(value, touched);
    }
    for (const host of touched) this.#compileHost(host);
    const withDefault = this.#ordered(this.#compiled.entries().values()).filter(
      ({ defaultRoute }) => defaultRoute !== undefined,
    );
    // An Ingress that is nothing but a default backend is meant for everything; one with rules only as a last resort.
    this.#defaultRoute = (
      withDefault.find(({ routes }) => routes.length === 0) ?? withDefault[0]
    )?.defaultRoute;
  }

  #forget(ingress: CompiledIngress, touched: Set<string>): void {
    for (const { host } of ingress.routes) {
      this.#byHost.get(host)?.delete(ingress);
      touched.add(host);
    }
  }

  #remember(ingress: CompiledIngress, touched: Set<string>): void {
    for (const { host } of ingress.routes) {
      const ingresses = this.#byHost.get(host) ?? new Set();
      this.#byHost.set(host, ingresses.add(ingress));
      touched.add(host);
    }
  }

  #compileHost(host: string): void {
    const ingresses = this.#ordered(this.#byHost.get(host) ?? []);
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

  #ordered(ingresses: Iterable<CompiledIngress>): readonly CompiledIngress[] {
    return [...ingresses].toSorted(
      (a, b) =>
        a.createdMs - b.createdMs ||
        compareText(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`),
    );
  }
}

function put<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
