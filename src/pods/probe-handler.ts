import type { Duplex } from 'node:stream';
import type { Container, HTTPGetAction, Probe } from '../api/index.ts';
import { nodeHttp, type Endpoint } from '../net/index.ts';
import type { ProbeOutcome } from './container-probes.ts';
import type { ExecResult } from './workload.ts';

/** The handler part that probes and lifecycle hooks share. */
export type ProbeHandler = Pick<Probe, 'exec' | 'grpc' | 'httpGet' | 'tcpSocket'>;

/** What a handler is run against. */
export interface ProbeTarget {
  readonly podIP: string;
  readonly container: Container;
  /** Connects as the Pod's Node. */
  readonly connect: (destination: Endpoint, signal: AbortSignal) => Promise<Duplex>;
  /** Addresses of a host that a handler names. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly exec: (command: readonly string[]) => Promise<ExecResult>;
}

/** @see kubernetes pkg/probe/http: redirects that are followed */
const MAX_REDIRECTS = 10;
const USER_AGENT = 'kube-probe/1.36';

const PASS: ProbeOutcome = { isPassing: true, message: '' };

/**
 * Runs a handler once.
 *
 * @param signal Ends it; the caller turns that into a timeout.
 * @returns the outcome; failures of any sort are outcomes.
 */
export async function runProbeHandler(
  handler: ProbeHandler,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  try {
    return await probeWith(handler, target, signal);
  } catch (error) {
    return { isPassing: false, message: error instanceof Error ? error.message : String(error) };
  }
}

async function probeWith(
  handler: ProbeHandler,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  if (handler.httpGet !== undefined) return probeHttp(handler.httpGet, target, signal);
  if (handler.tcpSocket !== undefined) {
    const { port, host } = handler.tcpSocket;
    return probeTcp({ port: portNumber(port, target.container), host }, target, signal);
  }
  if (handler.grpc !== undefined) {
    const { port, service = '' } = handler.grpc;
    const destination = { address: target.podIP, port };
    const { checkGrpcHealth } = await import('./grpc-health.ts');
    return checkGrpcHealth(() => target.connect(destination, signal), { service, signal });
  }
  return probeExec(handler.exec?.command ?? [], target);
}

async function probeExec(command: readonly string[], target: ProbeTarget): Promise<ProbeOutcome> {
  const { exitCode, stdout, stderr } = await target.exec(command);
  return exitCode === 0 ? PASS : { isPassing: false, message: `${stdout}${stderr}` };
}

async function probeTcp(
  { port, host }: { readonly port: number | undefined; readonly host: string | undefined },
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const destination = await locate(host, port, target);
  if (typeof destination === 'string') return { isPassing: false, message: destination };
  try {
    const socket = await target.connect(destination, signal);
    socket.on('error', () => undefined).destroy();
    return PASS;
  } catch (error) {
    return { isPassing: false, message: describeDialError(destination, error) };
  }
}

async function probeHttp(
  action: HTTPGetAction,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const port = portNumber(action.port, target.container);
  const destination = await locate(action.host, port, target);
  if (typeof destination === 'string') return { isPassing: false, message: destination };
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  const authority = `${bracket(action.host ?? destination.address)}:${destination.port}`;
  const url = new URL(joinPath(action.path ?? '/'), `${scheme}://${authority}`);
  try {
    return await follow(url, { action, destination, target, signal });
  } catch (error) {
    const message = describeDialError(destination, error);
    return { isPassing: false, message: `Get "${url.href}": ${message}` };
  }
}

/** Asks, and follows redirects on the same host; one to another host counts as healthy. */
async function follow(start: URL, options: GetOptions): Promise<ProbeOutcome> {
  let url = start;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const { status, location } = await get(url, options);
    if (status < 200 || status >= 400)
      return { isPassing: false, message: `HTTP probe failed with statuscode: ${status}` };
    if (status < 300 || location === undefined) return PASS;
    const next = new URL(location, url);
    if (next.hostname !== url.hostname) return PASS;
    url = next;
  }
  return { isPassing: false, message: `stopped after ${MAX_REDIRECTS} redirects` };
}

interface GetOptions {
  readonly action: HTTPGetAction;
  readonly destination: Endpoint;
  readonly target: ProbeTarget;
  readonly signal: AbortSignal;
}

interface HttpHead {
  readonly status: number;
  readonly location: string | undefined;
}

async function get(
  url: URL,
  { action, destination, target, signal }: GetOptions,
): Promise<HttpHead> {
  const port = url.port === '' ? destination.port : Number(url.port);
  const plain = await target.connect({ address: destination.address, port }, signal);
  const { promise, resolve, reject } = Promise.withResolvers<HttpHead>();
  const socket = (url.protocol === 'https:' ? await encrypt(plain) : plain).on('error', reject);
  const request = nodeHttp().request({
    createConnection: () => socket,
    method: 'GET',
    path: `${url.pathname}${url.search}`,
    setHost: false,
    headers: probeHeaders(url, action),
    signal,
  });
  request.on('error', reject).on('response', ({ statusCode = 0, headers }) => {
    resolve({ status: statusCode, location: headers.location });
    request.destroy();
  });
  request.end();
  return promise.finally(() => void plain.destroy());
}

/** The kubelet takes any certificate. */
async function encrypt(socket: Duplex): Promise<Duplex> {
  const { connect } = await import('node:tls');
  return connect({ socket, rejectUnauthorized: false });
}

/** The headers of the spec win over the kubelet's own; `Host` names the virtual host. */
function probeHeaders(url: URL, { httpHeaders = [] }: HTTPGetAction): Record<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const { name, value } of httpHeaders) {
    const key = name.toLowerCase();
    headers.set(key, [...(headers.get(key) ?? []), value]);
  }
  const own = { host: url.host, 'user-agent': USER_AGENT, accept: '*/*', connection: 'close' };
  for (const [name, value] of Object.entries(own))
    if (!headers.has(name)) headers.set(name, [value]);
  return Object.fromEntries(headers);
}

/** Where a handler goes, or why it cannot. */
async function locate(
  host: string | undefined,
  port: number | undefined,
  target: ProbeTarget,
): Promise<Endpoint | string> {
  if (port === undefined) return "couldn't find port with the probe's name in the container";
  if (host === undefined || host === '') return { address: target.podIP, port };
  const [address] = await target.resolve(host);
  return address === undefined ? `lookup ${host}: no such host` : { address, port };
}

/** A port's number, or the number of the container's port of that name. */
export function portNumber(port: number | string, { ports = [] }: Container): number | undefined {
  if (typeof port === 'number') return port;
  const named = ports.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}

function joinPath(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function bracket(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function describeDialError({ address, port }: Endpoint, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const dial = `dial tcp ${bracket(address)}:${port}`;
  if (code === 'ERR_REFUSED') return `${dial}: connect: connection refused`;
  if (code === 'ERR_UNREACHABLE') return `${dial}: connect: no route to host`;
  return error instanceof Error ? error.message : `${dial}: failed`;
}
