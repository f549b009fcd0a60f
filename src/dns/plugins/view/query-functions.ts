import { cidrContains, parseCidr, parseIp } from '../../../net/index.ts';
import { maxSize } from '../../answer.ts';
import type { Query } from '../../query.ts';
import { className, typeName } from '../../wire/index.ts';
import type { Functions } from './expression.ts';
import { ExpressionError } from './expression-error.ts';
import type { Value } from './operators.ts';

/** Names that an expression may call. @see CoreDNS `plugin/pkg/expression` */
export const QUERY_FUNCTIONS: readonly string[] = [
  'bufsize',
  'class',
  'client_ip',
  'do',
  'id',
  'incidr',
  'metadata',
  'name',
  'opcode',
  'port',
  'proto',
  'server_ip',
  'server_port',
  'size',
  'type',
];

/** What a query answers to an expression. */
export function queryFunctions(query: Query): Functions {
  const { client, server } = query;
  const table: Readonly<Record<string, (...args: readonly Value[]) => Value>> = {
    bufsize: () => maxSize(query.client, query.edns),
    class: () => className(query.qclass),
    client_ip: () => bracketed(client.address),
    do: () => query.edns?.isDnssecOk ?? false,
    id: () => query.id,
    incidr: (ip, cidr) => isInCidr(ip, cidr),
    metadata: (label) => query.metadata?.get(String(label))?.() ?? '',
    name: () => query.qname,
    opcode: () => query.opcode,
    port: () => String(client.port),
    proto: () => (client.transport === 'udp' ? 'udp' : 'tcp'),
    server_ip: () => (client.address.includes(':') ? '[::1]' : '127.0.0.1'),
    server_port: () => server?.address.replace(/^.*:/, '') ?? '53',
    // A header, the question, and an OPT record without options: what such a query has on the wire.
    size: () => 12 + query.name.length + 5 + (query.edns === undefined ? 0 : 11),
    type: () => typeName(query.qtype),
  };
  return (name, args) => {
    const call = Object.hasOwn(table, name) ? table[name] : undefined;
    if (call === undefined) throw new ExpressionError(`unknown name ${name}`);
    return call(...args);
  };
}

function isInCidr(address: Value | undefined, prefix: Value | undefined): boolean {
  const ip = parseIp(String(address).replace(/^\[(.*)\]$/, '$1'));
  const cidr = parseCidr(String(prefix));
  if (ip === undefined || cidr === undefined)
    throw new ExpressionError(`incidr(${String(address)}, ${String(prefix)})`);
  return cidrContains(cidr, ip);
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
