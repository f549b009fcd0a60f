import { readFileSync } from 'node:fs';
import { parseUpstream, type Upstream } from './plugins/forward/index.ts';
import { parseResolvConf, type ResolvConf } from './resolver/index.ts';

/** Where the host keeps it. */
const RESOLV_CONF = '/etc/resolv.conf';

/** The host's own resolv.conf; an empty one where there is none. */
export function readHostResolvConf(path: string = RESOLV_CONF): ResolvConf {
  try {
    return parseResolvConf(readFileSync(path, 'utf8'));
  } catch {
    // Windows has no such file, and a container may lack it: then there are no upstreams, and names outside are refused.
    return { nameservers: [], search: [], options: [] };
  }
}

/** The servers that a resolv.conf names; those with an IPv6 zone are left out. */
export function upstreamsOf({ nameservers }: ResolvConf): readonly Upstream[] {
  return nameservers.flatMap((nameserver) => parseUpstream(nameserver) ?? []);
}
