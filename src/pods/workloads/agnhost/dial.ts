import type { ServerResponse } from 'node:http';
import type { WorkloadContext } from '../../workload.ts';
import { joinHostPort } from '../go-http.ts';
import { fetchAs } from '../http-client.ts';
import { reply } from '../http-service.ts';

/** Each try may take so long. */
const TRY_TIMEOUT_MS = 5000;

/** Asks another server several times, and tells what each said. */
export async function answerDial(
  pod: WorkloadContext,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const question = readQuestion(query);
  if (typeof question === 'string') return reply(response, `${question}\n`, { status: 400 });
  const responses: string[] = [];
  const errors: string[] = [];
  let last = '';
  for (let count = 0; count < question.tries; count += 1) {
    try {
      last = await ask(pod, question);
      if (last !== '') responses.push(last);
    } catch (error) {
      last = '';
      errors.push(error instanceof Error ? error.message : String(error));
    }
  }
  // The answers are told when the last of them was one.
  const told = {
    ...(last === '' ? {} : { responses }),
    ...(errors.length === 0 ? {} : { errors }),
  };
  reply(response, JSON.stringify(told));
}

interface Question {
  readonly host: string;
  readonly port: number;
  readonly request: string;
  readonly protocol: 'http' | 'udp';
  readonly tries: number;
}

/** @returns what is wrong with it. */
function readQuestion(query: URLSearchParams): Question | string {
  const host = query.get('host') ?? '';
  const port = query.get('port') ?? '';
  const tries = query.get('tries') ?? '';
  const request = query.get('request') ?? '';
  const protocol = (query.get('protocol') || 'http').toLowerCase();
  if (!/^-?\d*$/.test(tries)) return `tries parameter ${tries} is invalid`;
  if (request === '') return 'request parameter not specified';
  if (!/^\d+$/.test(port)) return `port parameter "${port}" is invalid`;
  if (protocol !== 'http' && protocol !== 'udp') return `unsupported protocol. ${protocol}`;
  return { host, port: Number(port), request, protocol, tries: tries === '' ? 1 : Number(tries) };
}

async function ask(pod: WorkloadContext, question: Question): Promise<string> {
  const { host, port, request, protocol } = question;
  if (protocol === 'udp') return askUdp(pod, question);
  const path = `/${request}`;
  return (await fetchAs(pod, { host, port, path, timeoutMs: TRY_TIMEOUT_MS })).body;
}

async function askUdp(pod: WorkloadContext, { host, port, request }: Question): Promise<string> {
  const place = joinHostPort(host, port);
  const [address] = await pod.resolve(host);
  if (address === undefined) throw new Error(`dial udp: lookup ${host}: no such host`);
  const channel = pod.associate({ address, port });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = pod.clock.setTimer(TRY_TIMEOUT_MS, () =>
    reject(new Error(`reading from udp connection failed: read udp ${place}: i/o timeout`)),
  );
  channel.onDatagram((datagram) => resolve(Buffer.from(datagram).toString('utf8')));
  channel.onClose(() => reject(new Error(`read udp ${place}: read: connection refused`)));
  channel.send(Buffer.from(request));
  try {
    return await promise;
  } finally {
    timer[Symbol.dispose]();
    channel.close();
  }
}
