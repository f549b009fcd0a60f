import { parseCidr, type Position } from '../../net/index.ts';
import { absolute, isDomainName } from '../names.ts';
import { zonesOf } from '../zones.ts';
import { CorefileError } from './corefile-error.ts';
import type { ServerKey, Transport } from './directive.ts';
import type { Token } from './lex.ts';

/** Ports where a key names none. */
export const DEFAULT_PORTS: Readonly<Record<Transport, number>> = {
  dns: 53,
  tls: 853,
  quic: 853,
  https: 443,
  https3: 443,
  grpc: 443,
};

/**
 * Reads `[TRANSPORT://]ZONE[:PORT]`; several keys for a prefix that ends between two labels.
 *
 * @throws CorefileError
 */
export function parseServerKeys({ text, ...position }: Token): readonly ServerKey[] {
  const [, scheme = 'dns', rest = ''] = /^(?:([a-z0-9]+):\/\/)?(.*)$/s.exec(text) ?? [];
  const transport = readTransport(scheme, text, position);
  if (rest.endsWith(':'))
    throw new CorefileError(`expecting data after last colon: "${rest}"`, position);
  const [, host = '', portText] = /^(.*?)(?::(\d+))?$/s.exec(rest) ?? [];
  const port = Number(portText ?? DEFAULT_PORTS[transport]);
  if (port > 65_535) throw new CorefileError(`port ${port} is not in 0–65535`, position);
  return zonesOfKey(host, position).map((zone) => ({ transport, zone, port }));
}

function readTransport(scheme: string, text: string, position: Position): Transport {
  if (!isTransport(scheme)) {
    throw new CorefileError(`unknown transport '${scheme}' in '${text}'`, position, {
      hint: 'Transports: dns, tls, https, grpc.',
    });
  }
  if (scheme === 'quic' || scheme === 'https3') {
    throw new CorefileError(`${scheme}:// is not served here`, position, {
      hint: 'Transports of this server: dns, tls, https, grpc.',
    });
  }
  return scheme;
}

function zonesOfKey(host: string, position: Position): readonly string[] {
  const cidr = parseCidr(host);
  if (cidr !== undefined) return zonesOf(host);
  const zone = absolute(host.toLowerCase());
  if (zone !== '.' && !isDomainName(zone))
    throw new CorefileError(`zone is not a valid domain name: ${host}`, position);
  return [zone];
}

function isTransport(scheme: string): scheme is Transport {
  return Object.hasOwn(DEFAULT_PORTS, scheme);
}
