import {
  CLASS,
  decodeMessage,
  encodeMessage,
  OPCODE,
  RCODE,
  rcodeName,
  TYPE,
} from '../dns/index.ts';
import type { DatagramChannel } from '../net/index.ts';
import type { PodAnswer } from './ask-pod.ts';

const DNS_PORT = 53;
const DNS_ID = 1;

/**
 * Sends one datagram over a channel and waits for one back: a DNS query to port 53, a word elsewhere. Closes it.
 *
 * @returns undefined when nothing came back before `signal` fired: UDP promises no answer.
 */
export async function askDatagram(
  channel: DatagramChannel,
  { port, clusterDomain }: { readonly port: number; readonly clusterDomain: string },
  signal: AbortSignal,
): Promise<PodAnswer | undefined> {
  const replied = Promise.withResolvers<Uint8Array | undefined>();
  channel.onDatagram((datagram) => replied.resolve(datagram));
  channel.onClose(() => replied.resolve(undefined));
  signal.addEventListener('abort', () => replied.resolve(undefined), { once: true });
  channel.send(port === DNS_PORT ? dnsQuery(`${clusterDomain}.`) : Buffer.from('podlane explain'));
  const reply = await replied.promise;
  channel.close();
  if (reply === undefined) return undefined;
  const answer = port === DNS_PORT ? dnsAnswer(reply) : undefined;
  const length = `a datagram of ${reply.length} ${reply.length === 1 ? 'byte' : 'bytes'}`;
  return { what: answer ?? length, body: textOf(reply) };
}

function dnsQuery(name: string): Buffer {
  return encodeMessage({
    id: DNS_ID,
    flags: {
      isResponse: false,
      opcode: OPCODE.QUERY,
      isAuthoritative: false,
      isTruncated: false,
      isRecursionDesired: true,
      isRecursionAvailable: false,
      isAuthentic: false,
      isCheckingDisabled: false,
      rcode: RCODE.NOERROR,
    },
    questions: [{ name, type: TYPE.SOA, class: CLASS.IN }],
    answers: [],
    authority: [],
    additional: [],
  });
}

function dnsAnswer(reply: Uint8Array): string | undefined {
  try {
    return `a DNS answer, ${rcodeName(decodeMessage(Buffer.from(reply)).flags.rcode)}`;
  } catch {
    return undefined; // not DNS: told by its length
  }
}

/** '' for what people cannot read. */
function textOf(reply: Uint8Array): string {
  const text = Buffer.from(reply).toString('utf8');
  return /^[\t\n\r\x20-\x7E]*$/.test(text) ? text : '';
}
