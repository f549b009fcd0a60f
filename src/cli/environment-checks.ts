import { createSocket } from 'node:dgram';
import { accessSync, constants, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { answers, controlFolder, socketPath } from '../control/index.ts';
import { listenTcp, PodlaneError } from '../net/index.ts';

/** One thing that podlane looked at. */
export interface Check {
  readonly outcome: 'ok' | 'note' | 'fail';
  readonly what: string;
  /** What to do about it, or what podlane does instead. */
  readonly hint?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Looks at everything of this machine that decides how podlane can serve. Opens sockets for a moment, leaves none. */
export async function checkEnvironment(env: Env): Promise<readonly Check[]> {
  return [
    runtime(),
    await loopbackAliases(),
    await ipv6(),
    await privilegedPort(),
    ...(await Promise.all(DOORS.map(door))),
    ...tools(env),
    proxies(env),
    await instances(),
  ];
}

function runtime(): Check {
  const { node } = process.versions;
  return { outcome: 'ok', what: `Node ${node} on ${process.platform}-${process.arch}` };
}

async function loopbackAliases(): Promise<Check> {
  const code = await tryTcp('127.96.0.10', 0);
  if (code === undefined)
    return {
      outcome: 'ok',
      what: 'loopback aliases: ClusterIPs and Pod addresses are reachable as 127.x.y.z',
    };
  return {
    outcome: 'note',
    what: `loopback aliases: only 127.0.0.1 is there (${code})`,
    hint: 'NodePorts, ingress and DNS work; reach ClusterIPs and Pods through the entry: curl -x socks5h://127.0.0.1:10080 http://NAME.NAMESPACE',
  };
}

async function ipv6(): Promise<Check> {
  const code = await tryTcp('::1', 0);
  if (code === undefined) return { outcome: 'ok', what: 'IPv6 loopback ::1' };
  return {
    outcome: 'note',
    what: `no IPv6 loopback (${code})`,
    hint: 'Nothing listens on ::1; IPv4 is not affected.',
  };
}

async function privilegedPort(): Promise<Check> {
  const [tcp, udp] = [await tryTcp('127.0.0.77', 53), await tryUdp('127.0.0.77', 53)];
  if (tcp === undefined && udp === undefined)
    return { outcome: 'ok', what: 'ports below 1024 can be opened: DNS on 53, HTTP on 80' };
  return {
    outcome: 'note',
    what: `ports below 1024 are refused (${tcp ?? udp})`,
    hint: 'podlane uses 10053 for 53, 8080 for 80, 8443 for 443, and 20000 + port for others. On Linux `sysctl net.ipv4.ip_unprivileged_port_start=53` allows them.',
  };
}

/** Where `up` listens if nothing else is said. */
const DOORS = [
  { name: 'DNS', port: 53, option: '--dns' },
  { name: 'HTTP', port: 80, option: '--http' },
  { name: 'HTTPS', port: 443, option: '--https' },
  { name: 'the entry', port: 10_080, option: '--entry' },
] as const;

async function door({ name, port, option }: (typeof DOORS)[number]): Promise<Check> {
  try {
    await using listener = await listenTcp({
      address: '127.0.0.1',
      port,
      hint: `If that is no podlane of yours, choose another with ${option} ADDRESS:PORT.`,
      onConnection: (socket) => void socket.destroy(),
    });
    return { outcome: 'ok', what: `127.0.0.1:${listener.port} is free for ${name}` };
  } catch (error) {
    if (!(error instanceof PodlaneError)) throw error;
    const { message, hint } = error;
    return { outcome: 'note', what: message, ...(hint === undefined ? {} : { hint }) };
  }
}

function tools(env: Env): Check[] {
  return ['dig', 'curl', 'kubectl'].map((tool) =>
    isOnPath(tool, env)
      ? { outcome: 'ok', what: `${tool} is installed` }
      : {
          outcome: 'note',
          what: `${tool} is not installed`,
          ...(tool === 'kubectl' ? {} : { hint: `\`podlane ${tool}\` takes its place.` }),
        },
  );
}

function isOnPath(tool: string, env: Env): boolean {
  const folders = (env['PATH'] ?? '').split(delimiter);
  const names = process.platform === 'win32' ? [`${tool}.exe`] : [tool];
  return folders.some((folder) => names.some((name) => isExecutable(join(folder, name))));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for this user: no tool either way
  }
}

function proxies(env: Env): Check {
  const set = [
    'http_proxy',
    'HTTP_PROXY',
    'https_proxy',
    'HTTPS_PROXY',
    'all_proxy',
    'ALL_PROXY',
  ].filter((name) => env[name] !== undefined && env[name] !== '');
  const spared = `${env['no_proxy'] ?? ''},${env['NO_PROXY'] ?? ''}`;
  if (set.length === 0 || /(^|,)(127\.0\.0\.0\/8|127\.0\.0\.1|localhost)(,|$)/.test(spared))
    return { outcome: 'ok', what: 'no proxy stands between clients and loopback' };
  return {
    outcome: 'note',
    what: `${set.join(', ')} may catch requests to loopback`,
    hint: 'Set NO_PROXY=127.0.0.0/8,localhost,.localhost,::1 for clients.',
  };
}

async function instances(): Promise<Check> {
  const folder = controlFolder();
  const names = readdirSync(folder).flatMap((file) =>
    file.endsWith('.sock') ? [file.slice(0, -5)] : [],
  );
  const running: string[] = [];
  for (const name of names) if (await answers(socketPath(name))) running.push(name);
  return {
    outcome: 'ok',
    what: running.length === 0 ? 'no instance is running' : `running: ${running.join(', ')}`,
  };
}

/** The error code of opening and closing a TCP listener; undefined when it went well. */
function tryTcp(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: Error & { code?: string }) =>
      resolve(error.code ?? error.message),
    );
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

function tryUdp(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (error: Error & { code?: string }) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind(port, address, () => socket.close(() => resolve(undefined)));
  });
}
