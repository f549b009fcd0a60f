/** Names from a hosts file, and from the Corefile itself. */
import { failure, type Answer } from '../../answer.ts';
import type { Plugin } from '../../chain.ts';
import { onlyOnce, type PluginDefinition } from '../../corefile/index.ts';
import { zoneOf } from '../../names.ts';
import type { Query } from '../../query.ts';
import { addressOfReverse } from '../../reverse-name.ts';
import { watchFile } from '../../watch-file.ts';
import { CLASS, RCODE, TYPE, type ResourceRecord } from '../../wire/index.ts';
import { parseHosts, type HostsTable } from './hosts-table.ts';
import { readHostsOptions, type HostsPluginOptions } from './options.ts';

/** `hosts [FILE [ZONES…]] { [ADDRESS NAME…] … }` */
export const hosts: PluginDefinition = {
  name: 'hosts',
  setup: (directives, { zones, pathOf, environment }) => {
    const options = readHostsOptions(onlyOnce(directives), zones);
    const inline = parseHosts(options.inline, options);
    const path = pathOf(options.path);
    const { metrics, files, clock, log } = environment;
    const entries = metrics.gauge({
      name: 'coredns_hosts_entries',
      help: 'The combined number of entries in hosts and Corefile.',
      labels: ['hostsfile'],
    });
    const reloadedAt = metrics.gauge({
      name: 'coredns_hosts_reload_timestamp_seconds',
      help: 'The timestamp of the last reload of hosts file.',
    });
    let table = parseHosts('', options);
    const report = (error: unknown): void =>
      log.warn('file cannot be read', { part: 'dns', plugin: 'hosts', path, error });
    // What is no file, or not to be read, is as good as absent: inline entries are served all the same.
    const read = (): string => {
      try {
        return files.read(path);
      } catch (error) {
        report(error);
        return '';
      }
    };
    const file = watchFile({
      path,
      files: { modifiedAtMs: (at) => files.modifiedAtMs(at), read },
      clock,
      intervalMs: options.reloadMs,
      onText: (text, modifiedAtMs) => {
        table = parseHosts(text, options);
        environment.revision.advance();
        entries.with(path).set(inline.size + table.size);
        reloadedAt.with().set(modifiedAtMs / 1000);
      },
      onError: report,
    });
    if (!file.isThere) log.warn('file does not exist', { part: 'dns', plugin: 'hosts', path });
    return {
      plugin: createPlugin(options, () => [table, inline]),
      [Symbol.asyncDispose]: async () => file[Symbol.dispose](),
    };
  },
};

function createPlugin(options: HostsPluginOptions, tables: () => readonly HostsTable[]): Plugin {
  const { zones, ttl, fallthrough, fallsThroughUnsupported } = options;
  const addressesOf = (qname: string, type: number): readonly string[] =>
    tables().flatMap((table) => table.addresses(qname, type === TYPE.A ? 'IPv4' : 'IPv6'));
  const namesOf = (qname: string): readonly string[] => {
    const address = addressOfReverse(qname);
    return address === undefined ? [] : tables().flatMap((table) => table.names(address));
  };
  return (query, next) => {
    const { qname, qtype } = query;
    if (qtype === TYPE.PTR) {
      const names = namesOf(qname);
      return names.length === 0 ? next(query) : found(names.map(targetRecord(query, ttl)));
    }
    if (zoneOf(qname, zones) === undefined) return next(query);
    const mayGoOn = zoneOf(qname, fallthrough) !== undefined;
    const isAddress = qtype === TYPE.A || qtype === TYPE.AAAA;
    if (!isAddress && fallsThroughUnsupported && mayGoOn) return next(query);
    const isKnown = [TYPE.A, TYPE.AAAA].some((type) => addressesOf(qname, type).length > 0);
    if (isKnown)
      return found(isAddress ? addressesOf(qname, qtype).map(addressRecord(query, ttl)) : []);
    // A hosts file has no SOA that could say NXDOMAIN.
    return mayGoOn ? next(query) : failure(RCODE.SERVFAIL);
  };
}

function addressRecord(query: Query, ttl: number): (address: string) => ResourceRecord {
  return (address) => ({ ...headOf(query, ttl), rdata: { kind: 'address', address } });
}

function targetRecord(query: Query, ttl: number): (target: string) => ResourceRecord {
  return (target) => ({ ...headOf(query, ttl), rdata: { kind: 'name', target } });
}

/** Owners are in lower case, as in CoreDNS. */
function headOf({ qname, qtype }: Query, ttl: number): Omit<ResourceRecord, 'rdata'> {
  return { name: qname, type: qtype, class: CLASS.IN, ttl };
}

function found(answers: readonly ResourceRecord[]): Answer {
  return {
    rcode: RCODE.NOERROR,
    isAuthoritative: true,
    answers,
    authority: [],
    additional: [],
    isStable: true,
  };
}
