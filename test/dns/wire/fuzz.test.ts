import * as fc from 'fast-check';
import { Packet } from 'dns2';
import t from 'tap';
import {
  decodeMessage,
  encodeMessage,
  formatRecord,
  TYPE,
  WireError,
  type Message,
} from '../../../src/dns/index.ts';
import { messageWith } from './messages.ts';
import { records } from './records.ts';

const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 2000) };

/** A message, or undefined where the bytes are refused as they should be. */
function decodeOrRefuse(bytes: Buffer): Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

t.test('decodeMessage() refuses or reads any bytes, and throws nothing else', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decodeOrRefuse(Buffer.from(bytes));
    }),
    RUNS,
  );
});

t.test(
  'decodeMessage() survives messages with octets changed, and what it reads can be written',
  async () => {
    const damage = fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(records, { maxLength: 4 }), damage, (answers, changes) => {
        const bytes = encodeMessage(messageWith(answers));
        for (const [at, octet] of changes) if (at < bytes.length) bytes[at] = octet;
        const message = decodeOrRefuse(bytes);
        if (message !== undefined) decodeMessage(encodeMessage(message));
      }),
      RUNS,
    );
  },
);

t.test('encodeMessage() and decodeMessage() are inverse', async (t) => {
  fc.assert(
    fc.property(
      fc.array(records, { maxLength: 6 }),
      fc.array(records, { maxLength: 3 }),
      (answers, additional) => {
        const message = messageWith(answers, { additional });
        const decoded = decodeMessage(encodeMessage(message));
        t.strictSame(decoded, message);
      },
    ),
    { numRuns: 500 },
  );
});

t.test('encodeMessage() never exceeds its size and never drops silently', async () => {
  fc.assert(
    fc.property(
      fc.array(records, { maxLength: 8 }),
      fc.integer({ min: 60, max: 700 }),
      (answers, size) => {
        const bytes = encodeMessage(messageWith(answers), size);
        const decoded = decodeMessage(bytes);
        const isWhole = decoded.answers.length === answers.length;
        if (bytes.length > size || decoded.flags.isTruncated === isWhole)
          throw new Error('truncation');
      },
    ),
    RUNS,
  );
});

/** Types that both read into parts, with names that dns2 has a form for. */
const COMMON: ReadonlySet<number> = new Set([
  TYPE.A,
  TYPE.NS,
  TYPE.CNAME,
  TYPE.PTR,
  TYPE.MX,
  TYPE.SRV,
]);
const common = records.filter(
  (record) => COMMON.has(record.type) && !/\\|^\.| \.$/.test(formatRecord(record)),
);

t.test('encodeMessage() is read alike by dns2', async (t) => {
  fc.assert(
    fc.property(fc.array(common, { minLength: 1, maxLength: 6 }), (answers) => {
      const packet = Packet.parse(encodeMessage(messageWith(answers)));
      t.same(
        packet.answers.map((answer: object) => showDns2(answer as Dns2Answer)),
        answers.map((record) => formatRecord(record).replace(/\.(?= |$)/g, '')),
      );
    }),
    { numRuns: 300 },
  );
});

interface Dns2Answer {
  readonly name: string;
  readonly ttl: number;
  readonly type: number;
  readonly address?: string;
  readonly ns?: string;
  readonly domain?: string;
  readonly exchange?: string;
  readonly priority?: number;
  readonly weight?: number;
  readonly port?: number;
  readonly target?: string;
}

function showDns2(answer: Dns2Answer): string {
  const { name, ttl, type, address, ns, domain, exchange, priority, weight, port, target } = answer;
  const data =
    type === TYPE.MX
      ? `${priority} ${exchange}`
      : type === TYPE.SRV
        ? `${priority} ${weight} ${port} ${target}`
        : (address ?? ns ?? domain);
  const [mnemonic] = Object.entries(TYPE).find(([, value]) => value === type) ?? [];
  return `${name} ${ttl} IN ${mnemonic} ${data}`;
}
