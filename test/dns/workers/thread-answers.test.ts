import t from 'tap';
import { decodeMessage, encodeMessage, type Client } from '../../../src/dns/index.ts';
import { questionNameEnd } from '../../../src/dns/finished-answer.ts';
import { createRevision, type Revision } from '../../../src/dns/revision.ts';
import type { FinishedThere, ThreadLot } from '../../../src/dns/workers/messages.ts';
import {
  createThreadAnswers,
  type ThreadAnswers,
} from '../../../src/dns/workers/thread-answers.ts';
import { FLAGS, messageWith } from '../wire/messages.ts';

const CLIENT: Client = { address: '127.0.0.1', port: 5353, transport: 'udp' };

function queryFor(name: string, id: number): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  return encodeMessage(messageWith([], { id, flags, questions: [{ name, type: 1, class: 1 }] }));
}

interface World {
  readonly revision: Revision;
  readonly lots: ThreadLot[];
  readonly answers: ThreadAnswers;
  /** The main thread's reply to all that was asked and not answered, with how it holds. */
  readonly reply: (finished: Partial<FinishedThere>) => Promise<void>;
}

function createWorld(): World {
  const revision = createRevision();
  const lots: ThreadLot[] = [];
  const answers = createThreadAnswers({ revision, post: (lot) => void lots.push(lot) });
  let answered = 0;
  return {
    revision,
    lots,
    answers,
    reply: async (finished) => {
      await Promise.resolve();
      const asked = lots.flatMap((lot) => lot.asked).slice(answered);
      answered += asked.length;
      answers.receive(
        asked.map(({ ticket, query }, index) => {
          const bytes = Buffer.from(query);
          const reply = encodeMessage({ ...decodeMessage(bytes), flags: FLAGS });
          const nameEnd = questionNameEnd(bytes) ?? 0;
          const number = (finished.number ?? 1) + index;
          const holds = { revision: revision.current, cell: 0, changes: revision.changesOf(0) };
          const facts = { ...holds, isCaseless: true, isObserved: true };
          return { ticket, reply, finished: { nameEnd, ...facts, ...finished, number } };
        }),
      );
    },
  };
}

t.test('createThreadAnswers() asks once, and answers the next itself', async (t) => {
  const { answers, lots, reply } = createWorld();
  const first = answers.answerBytes(queryFor('a.example.org.', 1), CLIENT);
  t.ok(first instanceof Promise);
  await reply({});
  t.equal((await first)?.readUInt16BE(0), 1);
  const next = answers.answerBytes(queryFor('A.example.org.', 2), CLIENT);
  t.ok(next instanceof Buffer);
  const { id, questions } = decodeMessage((await next) ?? Buffer.alloc(0));
  t.match({ id, questions }, { id: 2, questions: [{ name: 'A.example.org.' }] });
  await Promise.resolve();
  t.match(lots.at(-1)?.answered, [{ answer: 1, id: 2, client: CLIENT }]);
});

t.test(
  'createThreadAnswers() tells of a lot at once, and of what nobody watches nothing',
  async (t) => {
    const { answers, lots, reply } = createWorld();
    for (const name of ['a.', 'b.', 'c.']) void answers.answerBytes(queryFor(name, 1), CLIENT);
    await Promise.resolve();
    t.equal(lots.length, 1);
    t.equal(lots[0]?.asked.length, 3);
    await reply({ isObserved: false });
    await answers.answerBytes(queryFor('b.', 2), CLIENT);
    await Promise.resolve();
    t.equal(lots.length, 1);
  },
);

t.test('createThreadAnswers() keeps nothing of a revision that is over', async (t) => {
  const { answers, lots, reply, revision } = createWorld();
  void answers.answerBytes(queryFor('a.', 1), CLIENT);
  await reply({ revision: revision.current - 1 });
  t.ok(answers.answerBytes(queryFor('a.', 2), CLIENT) instanceof Promise);
  await reply({ number: 7 });
  t.ok(answers.answerBytes(queryFor('a.', 3), CLIENT) instanceof Buffer);
  revision.advance();
  t.ok(answers.answerBytes(queryFor('a.', 4), CLIENT) instanceof Promise);
  await Promise.resolve();
  t.equal(lots.at(-1)?.forgotten, 7, 'and says what it has no more');
});

t.test('createThreadAnswers() copies for those who keep', async (t) => {
  const { answers, reply } = createWorld();
  void answers.answerBytes(queryFor('a.', 1), CLIENT);
  await reply({});
  const [two, three] = [2, 3].map((id) => answers.answerBytes(queryFor('a.', id), CLIENT));
  t.same([(await two)?.readUInt16BE(0), (await three)?.readUInt16BE(0)], [2, 3]);
});

t.test(
  'createThreadAnswers() leaves clients that are not the host to the main thread',
  async (t) => {
    const { answers, lots, reply } = createWorld();
    void answers.answerBytes(queryFor('a.', 1), CLIENT);
    await reply({});
    t.ok(answers.answerBytes(queryFor('a.', 2), CLIENT) instanceof Buffer, 'the host');
    const pod = { ...CLIENT, address: '127.244.1.2' };
    t.ok(answers.answerBytes(queryFor('a.', 3), pod) instanceof Promise, 'a Pod');
    await Promise.resolve();
    const asked = lots.flatMap((lot) => lot.asked);
    t.match(asked, [
      { client: CLIENT, mayKeep: true },
      { client: pod, mayKeep: false },
    ]);
  },
);

t.test('createThreadAnswers() is silent when too many wait for the main thread', async (t) => {
  const { answers, lots } = createWorld();
  let silent = 0;
  for (let id = 0; id < 10_000; id += 1)
    if (answers.answerBytes(queryFor(`${id}.`, 1), CLIENT) === undefined) silent += 1;
  await Promise.resolve();
  t.equal(silent + (lots[0]?.asked.length ?? 0), 10_000);
  t.ok(silent > 5000);
});

t.test('createThreadAnswers() passes silence on', async (t) => {
  const { answers, lots } = createWorld();
  const reply = answers.answerBytes(queryFor('a.', 1), CLIENT);
  await Promise.resolve();
  answers.receive([{ ticket: lots[0]?.asked[0]?.ticket ?? 0, reply: undefined }]);
  t.equal(await reply, undefined);
});
