import { PodlaneError } from '../../../net/index.ts';
import type { Clock, Logger } from '../../../observe/index.ts';
import { CLASS, encodeMessage, OPCODE, RCODE, readHeader, TYPE } from '../../wire/index.ts';
import { createUdpTransport, formatUpstream, type Upstream } from '../forward/index.ts';

export interface NotifyOptions {
  /** Absolute. */
  readonly zone: string;
  readonly upstream: Upstream;
  readonly clock: Clock;
  /** At least 0, below 1; chooses message ids. */
  readonly random: () => number;
  /** Told when nobody takes it. */
  readonly log: Logger;
}

const TRIES = 3;
const TIMEOUT_MS = 2000;

/** Tells a secondary that a zone has changed. @see RFC 1996 */
export function sendNotify(options: NotifyOptions): void {
  const { log, zone, upstream } = options;
  const fields = { part: 'dns', plugin: 'transfer', zone, to: formatUpstream(upstream) };
  notify(options)
    .then((isTaken) => isTaken || log.warn('notify was not accepted', fields))
    .catch((error: unknown) => log.error('notify failed', { ...fields, error }));
}

async function notify({ zone, upstream, clock, random }: NotifyOptions): Promise<boolean> {
  using transport = createUdpTransport({ upstream, clock, random });
  for (let count = 0; count < TRIES; count += 1) {
    try {
      const reply = await transport.exchange(messageOf(zone), TIMEOUT_MS);
      if (readHeader(reply)?.flags.rcode === RCODE.NOERROR) return true;
    } catch (error) {
      if (!(error instanceof PodlaneError)) throw error;
    }
  }
  return false;
}

function messageOf(zone: string): Buffer {
  return encodeMessage({
    id: 0,
    flags: {
      isResponse: false,
      opcode: OPCODE.NOTIFY,
      isAuthoritative: true,
      isTruncated: false,
      isRecursionDesired: false,
      isRecursionAvailable: false,
      isAuthentic: false,
      isCheckingDisabled: false,
      rcode: RCODE.NOERROR,
    },
    questions: [{ name: zone, type: TYPE.SOA, class: CLASS.IN }],
    answers: [],
    authority: [],
    additional: [],
  });
}
