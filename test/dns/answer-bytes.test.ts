import * as fc from 'fast-check';
import t from 'tap';
import {
  createAnswerBytes,
  decodeMessage,
  encodeMessage,
  failure,
  RCODE,
  routeTo,
  TYPE,
  type Answer,
  type Client,
  type Resolve,
} from '../../src/dns/index.ts';
import { FLAGS, messageWith } from './wire/messages.ts';

const CLIENT: Client = { address: '127.0.0.1', port: 5353, transport: 'udp' };
const EDNS = { udpSize: 1232, version: 0, isDnssecOk: false, options: [] };

function answerWith(address: string, more: Partial<Answer> = {}): Resolve {
  return (query) => ({
    ...failure(RCODE.NOERROR),
    answers: [
      { name: query.name, type: TYPE.A, class: 1, ttl: 5, rdata: { kind: 'address', address } },
    ],
    ...more,
  });
}

const query = messageWith([], { flags: { ...FLAGS, isResponse: false, isAuthoritative: false } });

t.test('createAnswerBytes() repeats id, question and RD', async (t) => {
  const answerBytes = createAnswerBytes({ route: routeTo(answerWith('192.0.2.1')) });
  const reply = decodeMessage((await answerBytes(encodeMessage(query), CLIENT)) ?? Buffer.alloc(0));
  t.match(reply, {
    id: query.id,
    questions: query.questions,
    flags: { isResponse: true, isRecursionDesired: true },
  });
  t.equal(reply.answers.length, 1);
});

t.test(
  'createAnswerBytes() keeps stable answers for one revision, each under its own id',
  async (t) => {
    let calls = 0;
    let revision = 1;
    const inner = answerWith('192.0.2.1', { isStable: true });
    const resolve: Resolve = (asked) => {
      calls += 1;
      return inner(asked);
    };
    const answerBytes = createAnswerBytes({ route: routeTo(resolve), revision: () => revision });
    const idOf = async (id: number, more = {}): Promise<number> =>
      decodeMessage(
        (await answerBytes(encodeMessage({ ...query, id, ...more }), CLIENT)) ?? Buffer.alloc(0),
      ).id;
    t.equal(await idOf(1), 1);
    t.equal(await idOf(2), 2);
    t.equal(calls, 1);
    await idOf(3, { edns: EDNS });
    t.equal(calls, 2, 'another EDNS state is another answer');
    await idOf(4, { questions: [{ name: 'WEB.example.org.', type: 1, class: 1 }] });
    t.equal(calls, 3, 'another spelling too');
    await answerBytes(encodeMessage(query), { ...CLIENT, transport: 'tcp' });
    t.equal(calls, 4, 'and another transport');
    revision += 1;
    t.equal(await idOf(5), 5);
    t.equal(calls, 5);
  },
);

t.test('createAnswerBytes() keeps nothing that is not stable', async (t) => {
  let calls = 0;
  const resolve: Resolve = (asked) => {
    calls += 1;
    return answerWith('192.0.2.1')(asked);
  };
  const answerBytes = createAnswerBytes({ route: routeTo(resolve), revision: () => 1 });
  await answerBytes(encodeMessage(query), CLIENT);
  await answerBytes(encodeMessage(query), CLIENT);
  t.equal(calls, 2);
});

t.test('createAnswerBytes() turns what a plugin throws into SERVFAIL', async (t) => {
  const errors: unknown[] = [];
  const thrown = new Error('broken plugin');
  const fail = (): never => {
    throw thrown;
  };
  for (const resolve of [fail, (): Promise<Answer> => Promise.reject(thrown)]) {
    const answerBytes = createAnswerBytes({
      route: routeTo(resolve),
      onError: (error) => errors.push(error),
    });
    const reply = decodeMessage(
      (await answerBytes(encodeMessage(query), CLIENT)) ?? Buffer.alloc(0),
    );
    t.equal(reply.flags.rcode, RCODE.SERVFAIL);
  }
  t.same(errors, [thrown, thrown]);
});

t.test(
  'createAnswerBytes() answers BADVERS before any plugin, and keeps silent for silence',
  async (t) => {
    const answerBytes = createAnswerBytes({ route: routeTo(() => undefined) });
    t.equal(await answerBytes(encodeMessage(query), CLIENT), undefined);
    const newer = encodeMessage({ ...query, edns: { ...EDNS, version: 1 } });
    const reply = decodeMessage((await answerBytes(newer, CLIENT)) ?? Buffer.alloc(0));
    t.match(reply, { flags: { rcode: RCODE.BADVERS }, edns: { version: 0 } });
  },
);

t.test('createAnswerBytes() meets any bytes with silence or a response', async () => {
  const answerBytes = createAnswerBytes({
    route: routeTo(answerWith('192.0.2.1', { isStable: true })),
    revision: () => 1,
  });
  const changes = fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 })), { maxLength: 6 });
  const check = async (bytes: Buffer): Promise<void> => {
    const reply = await answerBytes(bytes, CLIENT);
    if (reply === undefined) return;
    const { flags, id } = decodeMessage(reply);
    if (!flags.isResponse || id !== bytes.readUInt16BE(0) || reply.length > 512)
      throw new Error(`bad reply to ${bytes.toString('hex')}`);
  };
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), (bytes) => check(Buffer.from(bytes))),
    { numRuns: 1000 },
  );
  await fc.assert(
    fc.asyncProperty(changes, async (damage) => {
      const bytes = encodeMessage({ ...query, edns: { ...EDNS, udpSize: 512 } });
      for (const [at, octet] of damage) if (at < bytes.length && at !== 34) bytes[at] = octet;
      const reply = await answerBytes(bytes, CLIENT);
      if (reply !== undefined) decodeMessage(reply);
    }),
    { numRuns: 1000 },
  );
});
