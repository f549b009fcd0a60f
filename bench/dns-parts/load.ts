/** dnsperf as the client. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Party } from './party.ts';

export interface LoadOptions {
  readonly queries: string;
  readonly seconds: number;
  /** Sockets that ask. @default 8 */
  readonly clients?: number;
}

export interface Load {
  readonly answersPerSecond: number;
  readonly cpuPerAnswerUs: number;
  readonly lost: number;
}

/** As fast as it goes, with a hundred queries under way. */
export async function saturate(party: Party, options: LoadOptions): Promise<Load> {
  const before = party.cpuSeconds();
  const { completed, perSecond, lost } = await dnsperf(party, options);
  const cpu = party.cpuSeconds() - before;
  return { answersPerSecond: perSecond, cpuPerAnswerUs: (cpu * 1e6) / completed, lost };
}

/** At a rate; the latency that a hundredth of the answers exceed. */
export async function paced(
  party: Party,
  options: LoadOptions & { readonly perSecond: number },
): Promise<{ readonly p99Ms: number; readonly lost: number }> {
  const times: number[] = [];
  const { lost } = await dnsperf(party, { ...options, onLatency: (ms) => void times.push(ms) });
  times.sort((a, b) => a - b);
  return { p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.NaN, lost };
}

interface Run {
  readonly completed: number;
  readonly perSecond: number;
  readonly lost: number;
}

/** @throws Error when it says nothing of what it did. */
async function dnsperf(
  { port }: Party,
  {
    queries,
    seconds,
    clients = 8,
    perSecond,
    onLatency,
  }: LoadOptions & { readonly perSecond?: number; readonly onLatency?: (ms: number) => void },
): Promise<Run> {
  const args = ['-s', '127.0.0.1', '-p', port, '-d', queries, '-l', seconds, '-c', clients];
  if (perSecond !== undefined) args.push('-Q', Math.round(perSecond), '-v');
  const child = spawn('dnsperf', args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  // `> NOERROR web-1.ns-1.svc.cluster.local. A 0.000123`
  for await (const line of createInterface({ input: child.stdout }))
    if (line.startsWith('> ')) onLatency?.(Number(line.slice(line.lastIndexOf(' '))) * 1000);
    else text += `${line}\n`;
  const figure = (what: string): number =>
    Number(new RegExp(`${what}:\\s+([\\d.]+)`).exec(text)?.[1]);
  const run = {
    completed: figure('Queries completed'),
    perSecond: figure('Queries per second'),
    lost: figure('Queries lost'),
  };
  if (Number.isNaN(run.completed)) throw new Error(`dnsperf said: ${text}`);
  return run;
}
