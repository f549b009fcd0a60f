import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { askDnsUntilRight, askIngressUntilRight } from './ask.ts';
import { hostOf } from './manifests.ts';

/** One start: milliseconds since the process was spawned, as a client sees them. */
export interface Start {
  /** The first right answers of DNS, and of a Pod through the ingress; and when both were there. */
  readonly dnsMs: number;
  readonly ingressMs: number;
  readonly answeredMs: number;
  /** The same for the last Service of the manifests. */
  readonly lastAnsweredMs: number;
  /** When `up` said that everything is served. */
  readonly readyMs: number;
  /** What the process had used of the CPU when it was ready. */
  readonly cpuMs: number;
  /** Resident memory when it was ready. */
  readonly memoryMB: number;
}

export interface StartOptions {
  readonly program: string;
  /** Folder of the manifests. */
  readonly folder: string;
  readonly firstService: string;
  readonly lastService: string;
}

/** Clock ticks of /proc/PID/stat are hundredths of a second on Linux, whatever the kernel's own are. */
const TICK_MS = 10;
const SERVICE_PREFIX = '10.168.';
const LIMIT_MS = 30_000;
const PORT_TRIES = 10;

/** Starts the program and asks it from its first moment on. @throws when it ends early or never answers. */
export async function measureStart(options: StartOptions): Promise<Start> {
  const dns = await freePort();
  const http = await freePort();
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(LIMIT_MS)]);
  const start = performance.now();
  const child = startProgram(options, { dns, http });
  const elapsed = (): number => performance.now() - start;
  const dnsMs = async (service: string): Promise<number> =>
    askDnsUntilRight(service, SERVICE_PREFIX, { port: dns, signal }).then(elapsed);
  const ingressMs = async (service: string): Promise<number> =>
    askIngressUntilRight(hostOf(service), { port: http, signal }).then(elapsed);
  const ready = readyLine(child).then(() => ({ readyMs: elapsed(), ...used(child) }));
  try {
    const [first, firstPod, last, lastPod, atReady] = await Promise.race([
      Promise.all([
        dnsMs(options.firstService),
        ingressMs(options.firstService),
        dnsMs(options.lastService),
        ingressMs(options.lastService),
        ready,
      ]),
      once(child, 'exit').then(([code]) => {
        throw new Error(`podlane ended with ${code}; is another instance running?`);
      }),
    ]);
    return {
      dnsMs: Math.min(first, last),
      ingressMs: Math.min(firstPod, lastPod),
      answeredMs: Math.max(Math.min(first, last), Math.min(firstPod, lastPod)),
      lastAnsweredMs: Math.max(last, lastPod),
      ...atReady,
    };
  } finally {
    stop.abort();
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
}

function startProgram(
  { program, folder }: StartOptions,
  { dns, http }: { readonly dns: number; readonly http: number },
): ChildProcess {
  return spawn(
    process.execPath,
    [
      program,
      'up',
      folder,
      '-o',
      'json',
      `--name=bench-${process.pid}`,
      `--dns=127.0.0.1:${dns}`,
      `--http=127.0.0.1:${http}`,
      '--https=127.0.0.1:0',
      '--entry=127.0.0.1:0',
      // Beside an instance that runs already.
      '--service-cidr=10.168.0.0/16',
      '--pod-cidr=10.169.0.0/16',
      '--load-balancer-cidr=127.170.0.0/24',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
}

async function readyLine({ stdout }: ChildProcess): Promise<void> {
  if (stdout === null) throw new Error('the program has no output');
  await once(createInterface({ input: stdout }), 'line');
}

/** CPU time and resident memory; not a number where the OS does not tell. */
function used({ pid }: ChildProcess): { readonly cpuMs: number; readonly memoryMB: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // After the command's name, which may hold anything, come the fields from the third on.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return {
      cpuMs: (Number(stat[11]) + Number(stat[12])) * TICK_MS,
      memoryMB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
    };
  } catch {
    return { cpuMs: Number.NaN, memoryMB: Number.NaN };
  }
}

/** A port of 127.0.0.1 that nobody has, neither for TCP nor for UDP. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    await using server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // a TCP server's address is one
    const socket = createSocket('udp4');
    try {
      socket.bind(port, '127.0.0.1');
      await once(socket, 'listening');
      return port;
    } catch {
      // Somebody has it for UDP: the next one.
    } finally {
      socket.close();
    }
  }
  throw new Error('no port is free');
}
