/** Names of this host itself: `localhost`, and 127.0.0.0/8 backwards. */
import type { Answer } from '../../answer.ts';
import { argsOf, onlyOnce, readOptions, type PluginDefinition } from '../../corefile/index.ts';
import { zoneOf } from '../../names.ts';
import type { Query } from '../../query.ts';
import { CLASS, RCODE, TYPE, type Rdata, type ResourceRecord } from '../../wire/index.ts';

const ZONES = ['localhost.', '0.in-addr.arpa.', '127.in-addr.arpa.', '255.in-addr.arpa.'];
const HOST = 'localhost.';
const REVERSE = '1.0.0.127.in-addr.arpa.';
/** A week. */
const TTL = 604_800;

/** `local { disable_localhost_prefix }` */
export const local: PluginDefinition = {
  name: 'local',
  setup: (directives, { environment: { metrics } }) => {
    const directive = onlyOnce(directives);
    argsOf(directive, 0);
    let hasPrefix = true;
    readOptions(directive, {
      disable_localhost_prefix: () => {
        hasPrefix = false;
      },
    });
    const count = metrics
      .counter({
        name: 'coredns_local_localhost_requests_total',
        help: 'Counter of localhost.<domain> requests.',
      })
      .with();
    return {
      plugin: (query, next) => {
        const { qname } = query;
        const isBelow = qname.endsWith(`.${HOST}`);
        if (isBelow || (hasPrefix && qname !== HOST && qname.startsWith(HOST))) {
          count.inc();
          return answerHost(query);
        }
        const zone = zoneOf(qname, ZONES);
        return zone === undefined ? next(query) : answerZone(query, zone);
      },
    };
  },
};

function answerHost(query: Query): Answer {
  const found = addressesOf(query);
  return found.length > 0 ? reply(found) : reply([], soaAt(query.name));
}

function answerZone(query: Query, zone: string): Answer {
  const { name, qname, qtype } = query;
  if (qname === REVERSE)
    return qtype === TYPE.PTR
      ? reply([record(name, TYPE.PTR, { kind: 'name', target: HOST })])
      : reply([], soaAt(name.slice(-zone.length)));
  if (qname !== zone) {
    const authority = soaAt(name.slice(-zone.length));
    return { ...reply([], authority), rcode: RCODE.NXDOMAIN };
  }
  if (qtype === TYPE.SOA) return reply([soaAt(name)]);
  if (qtype === TYPE.NS) return reply([record(name, TYPE.NS, { kind: 'name', target: HOST })]);
  const found = zone === HOST ? addressesOf(query) : [];
  return found.length > 0 ? reply(found) : reply([], soaAt(name));
}

function addressesOf({ name, qtype }: Query): readonly ResourceRecord[] {
  if (qtype === TYPE.A) return [record(name, TYPE.A, { kind: 'address', address: '127.0.0.1' })];
  if (qtype === TYPE.AAAA) return [record(name, TYPE.AAAA, { kind: 'address', address: '::1' })];
  return [];
}

function soaAt(name: string): ResourceRecord {
  const soa = {
    mname: HOST,
    rname: 'root.localhost.',
    serial: 1,
    refresh: 0,
    retry: 0,
    expire: 0,
    minimum: TTL,
  };
  return record(name, TYPE.SOA, { kind: 'soa', soa });
}

function record(name: string, type: number, rdata: Rdata): ResourceRecord {
  return { name, type, class: CLASS.IN, ttl: TTL, rdata };
}

function reply(answers: readonly ResourceRecord[], soa?: ResourceRecord): Answer {
  const authority = soa === undefined ? [] : [soa];
  return { rcode: RCODE.NOERROR, answers, authority, additional: [], isStable: true };
}
