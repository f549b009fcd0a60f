import type { Store } from '../../api/index.ts';
import type { Clock, Logger } from '../../observe/index.ts';
import type { Plugin, Resolve } from '../chain.ts';
import type { MetricRegistry } from '../metric-registry.ts';
import type { Observer } from '../observation.ts';
import type { Query } from '../query.ts';
import type { Revision } from '../revision.ts';
import type { ResolvConf } from '../resolver/index.ts';
import type { ResourceRecord } from '../wire/index.ts';
import type { Directive, ServerBlock } from './directive.ts';

/** A plugin as the ordered list names it. */
export interface PluginEntry {
  readonly name: string;
  /** Loads its code, when a Corefile asks for it; absent for what CoreDNS has and this server has not. */
  readonly load?: () => Promise<PluginDefinition>;
  /** Without `load`: accepted, and of no effect here. @default false */
  readonly isIgnored?: boolean;
}

/** How lines of a Corefile become a link of a chain. */
export interface PluginDefinition {
  readonly name: string;
  /**
   * Called once for each server block that names the plugin, with all its lines there, in the order of the file.
   *
   * @throws CorefileError at the line that is wrong; `onlyOnce` and its siblings in `read-directive.ts` do so.
   */
  readonly setup: (
    directives: readonly Directive[],
    context: SetupContext,
  ) => PluginInstance | Promise<PluginInstance>;
}

/** A plugin in one server block. Everything is optional: some plugins only configure, some only watch. */
export interface PluginInstance extends Partial<AsyncDisposable> {
  /** The link of the chain. */
  readonly plugin?: Plugin;
  /**
   * Told of every query to the block after its answer, those from the cache of finished answers included.
   *
   * What must see each query (`prometheus`, `log`) watches here and not in the chain.
   */
  readonly observe?: Observer;
  /** Called once everything listens and queries are answered. */
  readonly onStart?: () => void | Promise<void>;
  /** Called before the end of the process, while all is served still; what it returns is waited for. */
  readonly onShutdown?: () => void | Promise<void>;
  /** Whether it can answer, for `ready`. Absent: the plugin takes no part. */
  readonly isReady?: () => boolean;
  /** Values for `metadata`, by label (`kubernetes/namespace`), asked for when needed. */
  readonly metadata?: (query: Query) => ReadonlyMap<string, () => string>;
  /**
   * The records of a zone for `transfer`, from SOA to SOA; undefined for a zone that it does not hold.
   */
  readonly transfer?: (zone: string) => readonly ResourceRecord[] | undefined;
  /** Tells secondaries that a zone has changed; `transfer` does. */
  readonly notify?: (zone: string) => void;
  /** The search list of the client, for `autopath`; undefined when it is nobody that the plugin knows. */
  readonly searchPath?: (query: Query) => readonly string[] | undefined;
  /** Classes other than IN reach the chains of the listener, as beside `forward` and `chaos`. @default false */
  readonly hasAllClasses?: boolean;
  /** Told of queries to the server that reached no block, or whose chain threw. */
  readonly observeDropped?: Observer;
  /** The block takes only queries that pass. */
  readonly view?: View;
  /** How the listeners of the block are opened. */
  readonly listen?: ListenSettings;
  /** Whether facts about a query for `qname` are gathered before the chain runs. @default for none */
  readonly gathersMetadata?: (qname: string) => boolean;
  /** Where relative paths of the block start; the plugin `root`. */
  readonly root?: string;
  /** Changed Corefiles are read again. @default false */
  readonly isReloading?: boolean;
}

/** A condition on queries. */
export interface View {
  readonly name: string;
  readonly accepts: (query: Query) => boolean;
}

/** What `bind`, `tls` and `timeouts` say. */
export interface ListenSettings {
  /** Instead of all. */
  readonly addresses?: readonly string[];
  readonly tls?: TlsSettings;
  /** Queries that one connection may ask; 0 is no limit. */
  readonly maxQueries?: number;
  readonly readMs?: number;
  readonly writeMs?: number;
  readonly idleMs?: number;
}

/** What a plugin may use. */
export interface SetupContext {
  /** The block it stands in. */
  readonly block: ServerBlock;
  /** Zones of the block, absolute and lower case: what plugins without zones of their own serve. */
  readonly zones: readonly string[];
  /** A path of the Corefile: a relative one starts at `root`, or at the Corefile's folder. */
  readonly pathOf: (path: string) => string;
  /** Asks the whole server, from the choice of a block on; for ExternalNames and other CNAMEs. Not during setup. */
  readonly resolve: Resolve;
  /** Another plugin of the same block. Not during setup: later plugins are not there yet. */
  readonly peer: (name: string) => PluginInstance | undefined;
  /** All plugins of the same block, in order of the chain. Not during setup. */
  readonly peers: () => readonly (readonly [name: string, instance: PluginInstance])[];
  /** Listeners of the block, as metrics name them: `dns://:53`. Not during setup. */
  readonly servers: () => readonly string[];
  readonly environment: DnsEnvironment;
}

/** The world as plugins see it; one for all blocks, kept when the Corefile is read again. */
export interface DnsEnvironment {
  readonly store: Store;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** What went wrong or changed, for the user of this program. */
  readonly log: Logger;
  /** Lines that CoreDNS prints: `log`, `errors`. */
  readonly print: (line: string) => void;
  readonly metrics: MetricRegistry;
  /** Advanced by a plugin when answers that it called stable may have changed. */
  readonly revision: Revision;
  readonly files: Files;
  readonly endpoints: HttpEndpoints;
  /** Addresses that the server goes by in the cluster: those of the CoreDNS Pods. */
  readonly localAddresses: () => readonly string[];
  /** Whether the store is filled. */
  readonly hasSynced: () => boolean;
  /** Where this server listens, so that it never asks itself. */
  readonly ownAddresses: () => readonly { readonly address: string; readonly port: number }[];
  /**
   * What `/etc/resolv.conf` and other files of that form hold.
   *
   * For `/etc/resolv.conf` that is what the user chose with `--dns-upstream`; no nameservers: names outside are refused.
   */
  readonly resolvConf: (path: string) => ResolvConf;
}

/** PEM texts, and whether clients show certificates of their own. */
export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  /** @default 'nocert' */
  readonly clientAuth?: ClientAuth;
}

export type ClientAuth =
  | 'nocert'
  | 'request'
  | 'require'
  | 'verify_if_given'
  | 'require_and_verify';

/** Places where the server answers HTTP about itself: metrics, health, readiness. */
export interface HttpEndpoints {
  /**
   * Answers at an address such as `:9153`; all addresses of this host are its loopback here.
   *
   * Several may open one address, and a reload opens it again before it closes it: the last one answers.
   *
   * @returns undefined when it cannot be had, after a warning.
   */
  open(endpoint: HttpEndpoint): Promise<OpenEndpoint | undefined>;
}

export interface HttpEndpoint {
  /** What is there: `metrics`. */
  readonly what: string;
  /** `[HOST]:PORT` as the Corefile writes it. */
  readonly address: string;
  readonly answer: (path: string) => HttpReply | Promise<HttpReply>;
}

export interface HttpReply {
  readonly status: number;
  readonly body: string;
  /** @default text/plain; charset=utf-8 */
  readonly contentType?: string;
}

export interface OpenEndpoint extends AsyncDisposable {
  readonly port: number;
}

/** Files of the host; see `SetupContext.pathOf`. */
export interface Files {
  /** @throws Error as `node:fs` when the file cannot be read. */
  read(path: string): string;
  /** Milliseconds since 1970; undefined when there is no such file. */
  modifiedAtMs(path: string): number | undefined;
}
