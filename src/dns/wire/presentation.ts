import { className, typeName } from './constants.ts';
import type { Rdata, ResourceRecord } from './message.ts';

/** The record as a line of a zone file: `web.prod.svc.cluster.local. 30 IN A 10.96.10.1`. @see RFC 1035 §5.1 */
export function formatRecord({ name, ttl, class: class_, type, rdata }: ResourceRecord): string {
  return `${name} ${ttl} ${className(class_)} ${typeName(type)} ${formatRdata(rdata)}`;
}

/** The data as a zone file writes it; opaque data as `\# LENGTH HEX`. @see RFC 3597 §5 */
export function formatRdata(rdata: Rdata): string {
  switch (rdata.kind) {
    case 'address':
      return rdata.address;
    case 'name':
      return rdata.target;
    case 'mx':
      return `${rdata.preference} ${rdata.exchange}`;
    case 'srv':
      return `${rdata.priority} ${rdata.weight} ${rdata.port} ${rdata.target}`;
    case 'soa': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = rdata.soa;
      return `${mname} ${rname} ${serial} ${refresh} ${retry} ${expire} ${minimum}`;
    }
    case 'strings':
      return rdata.strings.map(quote).join(' ');
    case 'caa':
      return `${rdata.flags} ${rdata.tag} ${quote(rdata.value)}`;
    case 'opaque':
      return `\\# ${rdata.bytes.length} ${Buffer.from(rdata.bytes).toString('hex')}`.trimEnd();
    default:
      return rdata satisfies never;
  }
}

/** A character-string between quotes. */
export function quote(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) {
    if (octet === 0x22 || octet === 0x5c) text += `\\${String.fromCharCode(octet)}`;
    else if (octet >= 0x20 && octet < 0x7f) text += String.fromCharCode(octet);
    else text += `\\${String(octet).padStart(3, '0')}`;
  }
  return `"${text}"`;
}
