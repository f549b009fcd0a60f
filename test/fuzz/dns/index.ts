/** The DNS codec, what a server makes of bytes, and Corefiles. */
import { deepStrictEqual } from 'node:assert/strict';
import { createKindRegistry, createStore, KINDS } from '../../../src/api/index.ts';
import {
  CorefileError,
  createAnswerBytes,
  createClusterDns,
  decodeMessage,
  encodeMessage,
  formatRecord,
  parseCorefile,
  PLUGINS,
  routeTo,
  WireError,
  type Answer,
  type Message,
} from '../../../src/dns/index.ts';
import { parseRecord } from '../../../src/dns/zone-file/index.ts';
import { createFakeClock, SILENT } from '../../../src/observe/index.ts';
import type { Target } from '../target.ts';
import { generateDamaged, generatePlugins, generateWords } from './generate-corefile.ts';
import { generateBytes, generateMessage, generateRecord } from './generate-message.ts';
import { DNS2_TYPES, PACKET_TYPES, readDns2, readOurs, readPacket } from './other-decoders.ts';

function target<Input>(given: Target<Input>): Target {
  return given as unknown as Target; // what it generates is what it checks
}

const hex = (bytes: Buffer): string => bytes.toString('hex');

/** A message, or undefined where the bytes are refused as they should be. */
function decodeOrRefuse(bytes: Buffer): Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** What was read can be written, and reads the same again. */
export function checkBytes(bytes: Buffer): void {
  const message = decodeOrRefuse(bytes);
  if (message === undefined) return;
  const again = encodeMessage(message);
  const read = decodeMessage(again);
  // Names that were compressed may not fit any more.
  if (read.flags.isTruncated && !message.flags.isTruncated) return;
  deepStrictEqual(read, message);
}

function checkRoundTrip(message: Message): void {
  const bytes = encodeMessage(message);
  deepStrictEqual(decodeMessage(bytes), message);
  deepStrictEqual(encodeMessage(decodeMessage(bytes)), bytes);
}

const ANSWER: Answer = {
  rcode: 0,
  isAuthoritative: true,
  answers: [],
  authority: [],
  additional: [],
};
const answerBytes = createAnswerBytes({
  route: routeTo(() => ANSWER),
  hasAllClasses: true,
  onError: (error) => {
    throw error;
  },
});

/** Silence, or a reply to that very message which anybody can read. */
export function checkAnswer(bytes: Buffer): void {
  const reply = answerBytes(bytes, { address: '192.0.2.1', port: 5353, transport: 'udp' });
  if (reply === undefined) return;
  if (!Buffer.isBuffer(reply)) throw new Error('an answer that waits for nothing is there at once');
  const { id, flags } = decodeMessage(reply);
  if (id !== bytes.readUInt16BE(0) || !flags.isResponse)
    throw new Error('not a reply to the query');
}

const FILES = {
  read: (path: string): string => {
    if (path.endsWith('s')) return 'log\nerrors\n';
    throw new Error(`no ${path}`);
  },
  glob: () => ['one.s', 'two.s'],
};

/** A Corefile is read, or refused with the place that is wrong. */
export function checkCorefileText(text: string): void {
  try {
    parseCorefile(text, {
      file: 'Corefile',
      plugins: PLUGINS.map(({ name }) => name),
      environment: { PORT: '5353' },
      files: FILES,
    });
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
  }
}

const now = (): number => 0;
const random = (): number => 0.5;
const store = createStore({ kinds: createKindRegistry(KINDS), now, random });

/** Its plugins are set up, or refused; either leaves nothing behind. */
export async function checkPlugins(text: string): Promise<void> {
  await using dns = createClusterDns({
    store,
    clock: createFakeClock(0),
    random,
    log: SILENT,
    resolvConf: () => ({ nameservers: [], search: [], options: [] }),
    portFor: () => undefined,
  });
  try {
    await dns.load({ file: 'Corefile', text });
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
  }
}

export const targets: readonly Target[] = [
  target({ name: 'bytes', generate: generateBytes, check: checkBytes, show: hex }),
  target({ name: 'answer', generate: generateBytes, check: checkAnswer, show: hex }),
  target({
    name: 'round-trip',
    generate: (dice) => generateMessage(dice),
    check: checkRoundTrip,
    show: (message) => hex(encodeMessage(message)),
  }),
  target({
    name: 'presentation',
    generate: (dice) => generateRecord(dice),
    check: (record) => deepStrictEqual(parseRecord(formatRecord(record)), record),
    show: (record) => formatRecord(record),
  }),
  target({
    name: 'dns-packet',
    generate: (dice) => generateMessage(dice, { types: PACKET_TYPES, isPlain: true }),
    check: (message) => deepStrictEqual(readPacket(encodeMessage(message)), readOurs(message)),
    show: (message) => hex(encodeMessage(message)),
    share: 0.2,
  }),
  target({
    name: 'dns2',
    generate: (dice) => generateMessage(dice, { types: DNS2_TYPES, isPlain: true }),
    check: (message) => deepStrictEqual(readDns2(encodeMessage(message)), readOurs(message)),
    show: (message) => hex(encodeMessage(message)),
    share: 0.2,
  }),
  target({
    name: 'corefile-words',
    generate: generateWords,
    check: checkCorefileText,
    show: (text) => JSON.stringify(text),
  }),
  target({
    name: 'corefile-damaged',
    generate: generateDamaged,
    check: checkCorefileText,
    show: (text) => JSON.stringify(text),
  }),
  target({
    name: 'corefile-plugins',
    generate: generatePlugins,
    check: checkPlugins,
    show: (text) => JSON.stringify(text),
    share: 0.1,
  }),
];
