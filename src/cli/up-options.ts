import type { Door, Forward } from '../index.ts';
import { isLoopback, parseIp } from '../net/index.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads `ADDRESS:PORT`, `:PORT` (on 127.0.0.1), `[V6]:PORT` or `off`.
 *
 * @param isExposed Whether addresses that other machines reach are meant.
 * @throws UsageError
 */
export function readDoor(
  name: string,
  text: string | undefined,
  isExposed = false,
): Door | undefined {
  if (text === undefined || text === 'off') return text;
  const place = placeOf(text);
  if (place === undefined) {
    throw new UsageError(
      `podlane up: --${name} takes ADDRESS:PORT or off, not "${text}"`,
      `For example --${name} 127.0.0.1:0 for any free port.`,
    );
  }
  if (!isExposed && !isLoopback(place.address)) {
    throw new UsageError(
      `podlane up: --${name} ${text} can be reached from other machines`,
      'Add --expose where that is meant; else listen on 127.0.0.1.',
    );
  }
  return place;
}

function placeOf(text: string): Exclude<Door, 'off'> | undefined {
  const match = /^(?:\[(?<v6>[\da-f:.]+)\]|(?<v4>[\d.]*)):(?<port>\d{1,5})$/i.exec(text);
  const { v6, v4, port: digits } = match?.groups ?? {};
  const port = Number(digits);
  const address = parseIp(v6 ?? (v4 === '' ? '127.0.0.1' : (v4 ?? '')));
  return address === undefined || port > 65_535 ? undefined : { address: address.text, port };
}

/**
 * Reads a whole number.
 *
 * @throws UsageError outside of `range`.
 */
export function readNumber(
  name: string,
  text: string | undefined,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(
      `podlane up: --${name} takes a whole number from ${min} to ${max}, not "${text}"`,
    );
  }
  return value;
}

/**
 * Reads a domain name, as `cluster.local`.
 *
 * @throws UsageError
 */
export function readDomain(name: string, text: string | undefined): string | undefined {
  const domain = text?.toLowerCase().replace(/\.$/, '');
  if (domain === undefined) return undefined;
  const isDomain =
    domain.length <= 253 &&
    domain.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  if (isDomain) return domain;
  throw new UsageError(
    `podlane up: --${name} takes a domain name, not "${text}"`,
    `For example --${name} cluster.local.`,
  );
}

const KINDS: Readonly<Record<string, Forward['target']['kind']>> = {
  po: 'Pod',
  pod: 'Pod',
  pods: 'Pod',
  deploy: 'Deployment',
  deployment: 'Deployment',
  deployments: 'Deployment',
  sts: 'StatefulSet',
  statefulset: 'StatefulSet',
  ds: 'DaemonSet',
  daemonset: 'DaemonSet',
  rs: 'ReplicaSet',
  replicaset: 'ReplicaSet',
  job: 'Job',
};

/**
 * Reads `[NAMESPACE/]KIND/NAME=[ADDRESS:]PORT`, as `deploy/web=127.0.0.1:3000`.
 *
 * @throws UsageError
 */
export function readForward(text: string): Forward {
  const match =
    /^(?:(?<namespace>[a-z0-9-]+)\/)?(?<kind>[a-z]+)\/(?<name>[a-z0-9.-]+)=(?:(?<address>[\d.]+|localhost):)?(?<port>\d{1,5})$/i.exec(
      text,
    );
  const {
    namespace = 'default',
    kind: word = '',
    name = '',
    address = '127.0.0.1',
    port,
  } = match?.groups ?? {};
  const kind = KINDS[word.toLowerCase()];
  const ip = parseIp(address === 'localhost' ? '127.0.0.1' : address);
  if (kind === undefined || ip === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new UsageError(
      `podlane up: --pod takes KIND/NAME=ADDRESS:PORT, not "${text}"`,
      'For example --pod deploy/web=127.0.0.1:3000, or shop/deploy/web=3000 for another namespace.',
    );
  }
  return {
    target: { kind, namespace, name },
    address: ip.text,
    port: Number(port),
  };
}

/** The format of the access log. @throws UsageError */
export function readAccessLog(text: string | undefined): 'off' | 'nginx' | 'json' | undefined {
  if (text === undefined || text === 'off' || text === 'nginx' || text === 'json') return text;
  throw new UsageError(`--access-log ${text}: choose off, nginx or json`);
}

/** What becomes of connections that policies deny. @throws UsageError */
export function readDenial(text: string | undefined): 'drop' | 'reject' | undefined {
  if (text === undefined || text === 'drop' || text === 'reject') return text;
  throw new UsageError(`--deny ${text}: choose drop or reject`);
}
