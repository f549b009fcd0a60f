/** Clients of the emulated network: the ones people have (dig, curl), and plain ones of node. */
import { execFile, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { ClusterStatus } from '../../src/index.ts';

/** An address and a port of the host. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Why a test that needs `program` is skipped; false when it is not. For tap's `skip` option. */
export function lacks(program: string): string | false {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return error === undefined ? false : `${program} is not installed`;
}

export interface ClientOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a client of the system; no proxy and no file of the user's stands in between. */
export function client(program: string, args: readonly string[]): Promise<ClientOutcome> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent', LC_ALL: 'C' };
    execFile(program, [...args], { env, timeout: 30_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(error ?? new Error(`${program} did not run`));
    });
  });
}

/** What `curl -s ARGS…` printed. @throws Error for an exit code that is not 0. */
export async function curl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await client('curl', ['-sS', '--max-time', '20', ...args]);
  if (code !== 0) throw new Error(`curl ${args.join(' ')}: exit ${code}: ${stderr}`);
  return stdout;
}

/** The lines of `dig +short`. */
export async function digShort(server: Place, ...args: string[]): Promise<readonly string[]> {
  const at = [`@${server.address}`, '-p', String(server.port), '+tries=1', '+time=10'];
  const { stdout } = await client('dig', [...at, '+short', ...args]);
  return stdout.split('\n').filter((line) => line !== '');
}

/** The status in the head of dig's answer: `NOERROR`, `NXDOMAIN`, … */
export async function digStatus(server: Place, ...args: string[]): Promise<string | undefined> {
  const at = [`@${server.address}`, '-p', String(server.port), '+tries=1', '+time=10'];
  const { stdout } = await client('dig', [...at, ...args]);
  return /status: ([A-Z]+)/.exec(stdout)?.[1];
}

export interface HttpOutcome {
  readonly status: number;
  readonly body: string;
}

/** One GET on a connection of its own. @throws Error when it is refused or breaks off. */
export function get(
  { address, port }: Place,
  options: { readonly host?: string; readonly path?: string; readonly from?: string } = {},
): Promise<HttpOutcome> {
  const { host = `${address}:${port}`, path = '/', from } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: address,
      port,
      path,
      agent: false,
      headers: { host },
      timeout: 20_000,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    outgoing.end();
  });
}

/** The Pod that answers a GET at `place`, as the echo workload tells. */
export async function podAt(place: Place, options?: Parameters<typeof get>[1]): Promise<string> {
  const { status, body } = await get(place, options);
  if (status !== 200) throw new Error(`status ${status}: ${body}`);
  return (JSON.parse(body) as { pod: string }).pod; // the workload's answer
}

/** Asks until `isEnough`, at most `limit` times; the names of the Pods that answered. */
export async function podsAt(
  place: Place,
  options: {
    readonly count: number;
    readonly limit?: number;
    readonly get?: Parameters<typeof get>[1];
  },
): Promise<ReadonlySet<string>> {
  const { count, limit = 200 } = options;
  const pods = new Set<string>();
  for (let asked = 0; asked < limit && pods.size < count; asked += 1)
    pods.add(await podAt(place, options.get));
  return pods;
}

/** The error code of a TCP connection attempt; undefined when it is accepted. */
export async function connectError({ address, port }: Place): Promise<string | undefined> {
  const socket = connect({ host: address, port });
  try {
    await once(socket, 'connect');
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    socket.destroy();
  }
}

/** Knocks until nobody opens any more; false when somebody still does after ten seconds. */
export async function untilRefused(place: Place): Promise<boolean> {
  const deadlineMs = performance.now() + 10_000;
  while (performance.now() < deadlineMs)
    if ((await connectError(place)) === 'ECONNREFUSED') return true;
  return false;
}

/** Sends `text` over TCP and ends; what comes back. */
export async function tcpEcho({ address, port }: Place, text: string): Promise<string> {
  const socket = connect({ host: address, port });
  socket.end(text);
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
  await once(socket, 'close');
  return received;
}

/** Sends a datagram; the one that comes back. */
export async function udpEcho({ address, port }: Place, text: string): Promise<string> {
  const socket = createSocket('udp4');
  try {
    socket.send(text, port, address);
    const [reply] = (await once(socket, 'message', { signal: AbortSignal.timeout(20_000) })) as [
      Buffer,
    ];
    return reply.toString();
  } finally {
    socket.close();
  }
}

/** Where the host reaches a port of a Service in one way. @throws Error when it does not. */
export function reachOf(
  status: ClusterStatus,
  service: string,
  {
    via = 'clusterIP',
    port,
  }: {
    readonly via?: ClusterStatus['services'][number]['ports'][number]['reach'][number]['via'];
    readonly port?: number;
  } = {},
): Place {
  const [namespace, name] = service.includes('/') ? service.split('/') : ['default', service];
  const place = status.services
    .find((known) => known.namespace === namespace && known.name === name)
    ?.ports.find((known) => port === undefined || known.port === port)
    ?.reach.find((way) => way.via === via);
  if (place === undefined) throw new Error(`${service} cannot be reached through ${via}`);
  return place;
}

/** A front door that must be open. */
export function doorOf(status: ClusterStatus, door: 'dns' | 'http' | 'https' | 'entry'): Place {
  const place = door === 'http' || door === 'https' ? status.ingress?.[door] : status[door];
  if (place === undefined) throw new Error(`${door} is not open`);
  return place;
}

/** Where this host has a cluster's IPv4 address. */
export function aliasOf(address: string): string {
  return address.replace(/^\d+/, '127');
}
