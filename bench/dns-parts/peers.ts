/** The other servers' configuration: the same names, no log, as many threads as are compared. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { kubeadmCorefile } from '../../src/dns/index.ts';
import { hostsFile, recordLines, ZONE } from './world.ts';

export interface Peer {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
}

export interface PeerPlan {
  readonly folder: string;
  readonly services: number;
  readonly port: number;
  readonly threads: number;
}

/** The plugin alone, as both servers read it. */
export const KUBERNETES_COREFILE: string = `.:@PORT@ {
  @BIND@
  kubernetes ${ZONE} {
    @ENDPOINT@
    ttl 30
  }
}
`;

/** As kubeadm installs it; nobody is there to forward to, and HTTP is on ports of its own. */
export const KUBEADM_COREFILE: string = kubeadmCorefile()
  .replace('.:53 {', '.:@PORT@ {\n    @BIND@')
  .replace('health {', 'health localhost:0 {')
  .replace('ready\n', 'ready localhost:0\n')
  .replace('prometheus :9153', 'prometheus localhost:0')
  .replace('pods insecure', '@ENDPOINT@\n       pods insecure')
  .replace(/ {4}forward[^}]*\}\n/, '')
  .replace(/ {4}loop\n/, '');

/** Where a program is: on the PATH, where `go install` puts it, or where Debian keeps daemons. */
export function findProgram(name: string): string | undefined {
  const places = [name, join(homedir(), 'go/bin', name), `/usr/sbin/${name}`];
  return places.find((place) => spawnSync(place, ['-V']).error === undefined);
}

/** CoreDNS over the API at `apiPort`. */
export function coreDnsPeer(
  command: string,
  corefile: string,
  plan: PeerPlan & { readonly apiPort: number },
): Peer {
  const text = corefile
    .replace('@PORT@', String(plan.port))
    .replace('@BIND@', 'bind 127.0.0.1')
    .replace('@ENDPOINT@', `endpoint http://127.0.0.1:${plan.apiPort}`);
  return coreDns(command, text, plan);
}

/** CoreDNS with the addresses in a file. */
export function hostsPeer(command: string, plan: PeerPlan): Peer {
  const file = join(plan.folder, 'hosts');
  writeFileSync(file, hostsFile(plan.services));
  return coreDns(command, `.:${plan.port} {\n  bind 127.0.0.1\n  hosts ${file}\n}\n`, plan);
}

function coreDns(command: string, text: string, { folder, port, threads }: PeerPlan): Peer {
  const file = join(folder, `Corefile-${port}`);
  writeFileSync(file, text);
  const environment = { GOMAXPROCS: String(threads) };
  return { command, args: ['-conf', file, '-quiet'], environment, port };
}

export function unboundPeer(command: string, { folder, services, port, threads }: PeerPlan): Peer {
  const file = join(folder, 'unbound.conf');
  writeFileSync(
    file,
    `server:
  interface: 127.0.0.1@${port}
  num-threads: ${threads}
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  verbosity: 0
  local-zone: "${ZONE}" static
${recordLines(services)
  .map((line) => `  local-data: "${line}"\n`)
  .join('')}remote-control:
  control-enable: no
`,
  );
  return { command, args: ['-c', file], environment: {}, port };
}

export function knotPeer(command: string, { folder, services, port, threads }: PeerPlan): Peer {
  const place = join(folder, 'knot');
  mkdirSync(place, { recursive: true });
  const file = join(place, 'knot.conf');
  writeFileSync(
    join(place, 'zone'),
    `${ZONE} 30 IN SOA ns.dns.${ZONE} hostmaster.${ZONE} 1 7200 1800 86400 30
${ZONE} 30 IN NS ns.dns.${ZONE}
ns.dns.${ZONE} 30 IN A 127.0.0.1
${recordLines(services).join('\n')}
`,
  );
  writeFileSync(
    file,
    `server:
  rundir: ${place}
  listen: 127.0.0.1@${port}
  udp-workers: ${threads}
  tcp-workers: 1
  background-workers: 1
database:
  storage: ${place}
log:
  - target: stderr
    any: error
zone:
  - domain: ${ZONE}
    file: ${join(place, 'zone')}
`,
  );
  return {
    command,
    args: ['-c', file, '-s', join(place, 'knot.sock')],
    environment: {},
    port,
  };
}
