import {
  decodeMessage,
  encodeMessage,
  formatTyped,
  rcodeName,
  TYPE,
  typeName,
  typeOf,
} from '../dns/index.ts';
import type { DnsMessages } from '../pods/index.ts';

const CLASS_IN = 1;
const ID_SPAN = 65_536;

/** What programs in Pods need to ask DNS servers themselves. @param random In [0, 1), chooses the ids. */
export function createDnsMessages(random: () => number): DnsMessages {
  return {
    encode: (name, type) =>
      encodeMessage({
        id: Math.floor(random() * ID_SPAN),
        flags: {
          isResponse: false,
          opcode: 0,
          isAuthoritative: false,
          isTruncated: false,
          isRecursionDesired: true,
          isRecursionAvailable: false,
          isAuthentic: false,
          isCheckingDisabled: false,
          rcode: 0,
        },
        questions: [{ name, type: typeOf(type) ?? TYPE.A, class: CLASS_IN }],
        answers: [],
        authority: [],
        additional: [],
        edns: { version: 0, udpSize: 4096, isDnssecOk: false, options: [] },
      }),
    decode: (bytes) => {
      const { id, flags, answers } = decodeMessage(Buffer.from(bytes));
      return {
        id,
        status: rcodeName(flags.rcode),
        flags: [
          'qr',
          ...(flags.isAuthoritative ? ['aa'] : []),
          ...(flags.isTruncated ? ['tc'] : []),
          ...(flags.isRecursionDesired ? ['rd'] : []),
          ...(flags.isRecursionAvailable ? ['ra'] : []),
        ],
        answers: answers.map(({ name, ttl, type, rdata }) => ({
          name,
          ttl,
          type: typeName(type),
          data: formatTyped(type, rdata),
        })),
      };
    },
  };
}
