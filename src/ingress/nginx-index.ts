import {
  compileNginxHost,
  serviceNamed,
  type CertificateClaim,
  type ControllerOptions,
  type NginxIngress,
} from './from-ingress/index.ts';
import { nginxHostOf, type NginxNames } from './find-route.ts';
import type { IsCertificateFor } from './route-index.ts';
import { patternOfAlias } from './server-alias.ts';
import type { HostPattern, HostRedirect, NginxHost, NginxRoutes } from './route-table.ts';

/** What one Ingress of ingress-nginx was and is. */
export interface NginxChange {
  readonly value: NginxIngress | undefined;
  readonly old: NginxIngress | undefined;
}

/** Another name of a host, and what it leads to. */
interface OtherNames {
  readonly aliases: readonly string[];
  readonly redirect: [from: string, redirect: HostRedirect] | undefined;
}

/** Further names as they are gathered. */
interface Named {
  readonly aliases: Map<string, NginxHost>;
  readonly patterns: (HostPattern & { readonly rank: number })[];
}

/** The servers of ingress-nginx, by host: those whose Ingresses changed are made anew. */
export class NginxIndex {
  readonly #controller: () => ControllerOptions;
  readonly #byHost = new Map<string, Set<NginxIngress>>();
  readonly #hosts = new Map<string, NginxHost>();
  readonly #wildcards = new Map<string, NginxHost>();
  readonly #others = new Map<string, OtherNames>();
  /** Ingresses that are nothing but a default backend. */
  readonly #catchAlls = new Set<NginxIngress>();
  /** Hosts that do something with TLS beyond a certificate of their own. */
  readonly #secured = new Set<string>();
  #aliases: ReadonlyMap<string, NginxHost> = new Map();
  #patterns: readonly HostPattern[] = [];
  #redirects: ReadonlyMap<string, HostRedirect> = new Map();
  #anyHost: NginxHost | undefined;

  constructor(controller: () => ControllerOptions) {
    this.#controller = controller;
  }

  get routes(): NginxRoutes {
    return {
      ...this.#names,
      redirects: this.#redirects,
      anyHost: this.#anyHost,
      defaultBackend: serviceNamed(this.#controller().defaultBackendService),
    };
  }

  /** Whether the server name of a client of TLS decides over more than a certificate. */
  get isServerNameNeeded(): boolean {
    return this.#secured.size > 0;
  }

  update(changes: readonly NginxChange[]): void {
    const touched = new Set<string>();
    for (const { value, old } of changes) {
      if (old !== undefined) this.#forget(old, touched);
      if (value !== undefined) this.#remember(value, touched);
    }
    if (touched.size === 0) return;
    // Whether a name has a certificate may hang on its wildcard.
    for (const host of touched) {
      if (!host.startsWith('*.')) continue;
      const suffix = host.slice(1);
      for (const named of this.#byHost.keys())
        if (named.slice(named.indexOf('.')) === suffix) touched.add(named);
    }
    for (const host of touched) this.#compileHost(host);
    this.#nameOthers();
  }

  /** The certificate for a server name: of its own server, else of its wildcard's. */
  certificateClaim(servername: string, isFor: IsCertificateFor): CertificateClaim | undefined {
    const own = nginxHostOf(this.#names, servername)?.host ?? servername;
    for (const host of [own, own.replace(/^[^.]+/, '*')]) {
      const owner = this.#certificateOwner(host);
      if (owner !== undefined) return claimOf(owner, host, isFor);
    }
    return undefined;
  }

  get #names(): NginxNames {
    return {
      hosts: this.#hosts,
      wildcards: this.#wildcards,
      aliases: this.#aliases,
      patterns: this.#patterns,
    };
  }

  #certificateOwner(host: string): NginxIngress | undefined {
    if (host === '') return undefined;
    return inOrder(this.#byHost.get(host) ?? []).find(
      ({ isTls, settings }) => isTls && settings.canary === undefined,
    );
  }

  #forget(ingress: NginxIngress, touched: Set<string>): void {
    this.#catchAlls.delete(ingress);
    for (const host of hostsOf(ingress)) {
      const ingresses = this.#byHost.get(host);
      ingresses?.delete(ingress);
      if (ingresses?.size === 0) this.#byHost.delete(host);
      touched.add(host);
    }
  }

  #remember(ingress: NginxIngress, touched: Set<string>): void {
    if (isCatchAll(ingress)) this.#catchAlls.add(ingress);
    for (const host of hostsOf(ingress)) {
      const ingresses = this.#byHost.get(host) ?? new Set();
      this.#byHost.set(host, ingresses.add(ingress));
      touched.add(host);
    }
  }

  #compileHost(host: string): void {
    const ingresses = inOrder(this.#byHost.get(host) ?? []);
    const compiled = compileNginxHost({
      host,
      ingresses,
      isTls: [host, host.replace(/^[^.]+/, '*')].some(
        (name) => this.#certificateOwner(name) !== undefined,
      ),
      defaultBackend: serviceNamed(this.#controller().defaultBackendService),
    });
    if (compiled?.passthrough === undefined && compiled?.clientTls === undefined)
      this.#secured.delete(host);
    else this.#secured.add(host);
    if (host === '') this.#anyHost = compiled;
    else if (host.startsWith('*.')) put(this.#wildcards, host.slice(1), compiled);
    else put(this.#hosts, host, compiled);
    put(this.#others, host, otherNamesOf(host, ingresses));
  }

  /** Names that no rule has: aliases, and the other one of `www.host` and `host`. */
  #nameOthers(): void {
    const aliases = new Map<string, NginxHost>();
    const redirects = new Map<string, HostRedirect>();
    const patterns: Named['patterns'] = [];
    for (const host of [...this.#others.keys()].toSorted()) {
      const names = this.#others.get(host);
      const server = this.#hosts.get(host) ?? this.#wildcards.get(host.slice(1));
      if (server !== undefined)
        this.#nameServer(server, names?.aliases ?? [], { aliases, patterns });
      const { redirect } = names ?? {};
      if (redirect !== undefined && !this.#hosts.has(redirect[0])) redirects.set(...redirect);
    }
    this.#aliases = aliases;
    this.#patterns = patterns.toSorted((a, b) => a.rank - b.rank);
    this.#redirects = redirects;
  }

  #nameServer(host: NginxHost, names: readonly string[], { aliases, patterns }: Named): void {
    for (const name of names) {
      const pattern = patternOfAlias(name);
      if (pattern !== undefined) patterns.push({ ...pattern, host });
      else if (!this.#hosts.has(name) && !aliases.has(name)) aliases.set(name, host);
    }
  }
}

/** The hosts that it concerns: a default backend alone concerns every host without rules. */
function hostsOf(ingress: NginxIngress): readonly string[] {
  return isCatchAll(ingress) ? [''] : ingress.hosts;
}

function isCatchAll({ hosts, defaultRoute }: NginxIngress): boolean {
  return hosts.length === 0 && defaultRoute !== undefined;
}

function otherNamesOf(host: string, ingresses: readonly NginxIngress[]): OtherNames | undefined {
  const mains = ingresses.filter(({ settings }) => settings.canary === undefined);
  // The first Ingress that names any is the only one that is heard.
  const aliases =
    mains.map(({ settings }) => settings.aliases ?? []).find(({ length }) => length > 0) ?? [];
  const www = mains.find(({ settings }) => settings.isFromToWww === true);
  if (aliases.length === 0 && www === undefined) return undefined;
  return { aliases, redirect: www === undefined ? undefined : wwwRedirect(host, www) };
}

function wwwRedirect(
  host: string,
  { namespace, name, controller }: NginxIngress,
): [string, HostRedirect] {
  const from = host.startsWith('www.') ? host.slice(4) : `www.${host}`;
  const field = 'metadata.annotations';
  return [
    from,
    {
      status: controller.redirectStatus,
      to: host,
      isForwardedTrusted: controller.isForwardedTrusted,
      source: { kind: 'Ingress', namespace, name, field },
    },
  ];
}

/** The Secret of the `tls` entry that lists the host, else the first whose certificate is for it. */
function claimOf(
  { certificates }: NginxIngress,
  host: string,
  isFor: IsCertificateFor,
): CertificateClaim | undefined {
  const listed = certificates.find(({ hosts }) => hosts.includes(host));
  const claim = listed ?? certificates.find((candidate) => isFor(candidate, host));
  return claim !== undefined && isFor(claim, host) ? claim : undefined;
}

/** The older first; of the same age the one whose name is later, as ingress-nginx has it. */
function inOrder(ingresses: Iterable<NginxIngress>): readonly NginxIngress[] {
  return [...ingresses].toSorted((a, b) => a.createdMs - b.createdMs || compareNames(b, a));
}

function compareNames(a: NginxIngress, b: NginxIngress): number {
  const [first, second] = [`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

function put<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
