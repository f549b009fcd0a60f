import type { ExecResult, WorkloadContext } from '../../workload.ts';
import { parseFlags } from '../flags.ts';
import { goDurationMs, splitHostPort } from '../go-http.ts';
import { within } from '../http-client.ts';
import { type Invocation, SILENT_CONTAINER, type Subcommand } from './subcommand.ts';

/** The one word that `connect` prints when it fails. */
type Verdict = 'DNS' | 'OTHER' | 'REFUSED' | 'TIMEOUT' | 'UNKNOWN';

/** `agnhost connect [--timeout D] [--protocol tcp|udp] HOST:PORT` */
export function createConnectCommand(): Subcommand {
  return {
    run: (invocation) => {
      void connectAndEnd(invocation);
      return SILENT_CONTAINER;
    },
    exec: tryConnect,
  };
}

async function connectAndEnd(invocation: Invocation): Promise<void> {
  const { exitCode, stderr } = await tryConnect(invocation);
  if (stderr !== '') invocation.pod.print(stderr.trim(), 'stderr');
  invocation.pod.exit(exitCode, stderr.trim());
}

async function tryConnect({ args, pod }: Invocation): Promise<ExecResult> {
  const { values, rest } = parseFlags(args);
  const destination = splitHostPort(rest[0] ?? '');
  const timeoutMs = goDurationMs(values.get('timeout') ?? '0') ?? 0;
  const protocol = (values.get('protocol') ?? 'tcp').toLowerCase();
  if (destination === undefined || !/^(?:tcp|udp)$/.test(protocol)) return failed('OTHER');
  // Only what follows the lookup is timed.
  const [address] = await pod.resolve(destination.host).catch(() => []);
  if (address === undefined) return failed('DNS');
  const verdict = await attemptFor(timeoutMs, pod, { ...destination, address, protocol });
  return verdict === undefined ? { exitCode: 0, stdout: '', stderr: '' } : failed(verdict);
}

/** As `attempt`, for so long; 0 is for ever. */
async function attemptFor(
  timeoutMs: number,
  pod: WorkloadContext,
  way: Omit<Attempt, 'signal'>,
): Promise<Verdict | undefined> {
  const controller = new AbortController();
  const { signal } = controller;
  const expire = (): void => controller.abort(new Error('timeout'));
  using _timer = timeoutMs > 0 ? pod.clock.setTimer(timeoutMs, expire) : undefined;
  const verdict = await attempt(pod, { ...way, signal });
  return verdict !== undefined && signal.aborted ? 'TIMEOUT' : verdict;
}

/** What goes wrong; undefined for an answer. */
async function attempt(pod: WorkloadContext, way: Attempt): Promise<Verdict | undefined> {
  try {
    return await within(open(pod, way), way.signal);
  } catch (error) {
    return verdictOf(error);
  }
}

interface Attempt {
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
  readonly signal: AbortSignal;
}

async function open(
  pod: WorkloadContext,
  { address, port, protocol, signal }: Attempt,
): Promise<Verdict | undefined> {
  if (protocol === 'tcp') {
    const socket = await pod.connect({ address, port }, { signal });
    socket.on('error', () => undefined).destroy();
    return undefined;
  }
  const channel = pod.associate({ address, port });
  const { promise, resolve } = Promise.withResolvers<void>();
  channel.onDatagram(() => resolve());
  channel.send(Buffer.from('hostname\n'));
  signal.addEventListener('abort', () => channel.close());
  await promise;
  channel.close();
  return undefined;
}

function verdictOf(error: unknown): Verdict {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_REFUSED') return 'REFUSED';
  return code === 'ERR_DROPPED' ? 'TIMEOUT' : 'OTHER';
}

function failed(verdict: Verdict): ExecResult {
  return { exitCode: 1, stdout: '', stderr: `${verdict}\n` };
}
