import t from 'tap';
import {
  composeChain,
  createForward,
  createQuery,
  decodeMessage,
  encodeMessage,
  formatRecord,
  parseUpstream,
  RCODE,
  rcodeName,
  TYPE,
  type Answer,
  type AnswerBytes,
  type Client,
  type ForwardOptions,
  type Message,
  type Query,
  type ResourceRecord,
} from '../../../src/dns/index.ts';
import { serve } from '../sockets.ts';

const CLIENT: Client = { address: '127.0.0.1', port: 5353, transport: 'udp' };

function record(name: string, address: string): ResourceRecord {
  return { name, type: TYPE.A, class: 1, ttl: 300, rdata: { kind: 'address', address } };
}

/** An upstream that answers with `change` of the query. */
function upstream(
  change: (query: Message, client: Client) => Partial<Message> | undefined,
): AnswerBytes {
  return (octets, client) => {
    const query = decodeMessage(octets);
    const changed = change(query, client);
    if (changed === undefined) return undefined;
    return encodeMessage({
      ...query,
      flags: { ...query.flags, isResponse: true, isRecursionAvailable: true },
      ...changed,
    });
  };
}

async function ask(
  options: Partial<ForwardOptions> & Pick<ForwardOptions, 'upstreams'>,
  query: Query,
): Promise<Answer | undefined> {
  using forward = createForward({ random: Math.random, timeoutMs: 100, ...options });
  return await composeChain([forward.plugin])(query);
}

const at = (port: number): { address: string; port: number } => ({ address: '127.0.0.1', port });

/** A port that nobody listens on. */
async function deadPort(): Promise<number> {
  await using server = await serve(() => undefined);
  return server.port;
}

t.test('createForward() passes query and answer on as they are', async (t) => {
  const seen: Message[] = [];
  const opaque: ResourceRecord = {
    name: 'WwW.example.org.',
    type: 65_280,
    class: 1,
    ttl: 7,
    rdata: { kind: 'opaque', bytes: Buffer.from('00ff', 'hex') },
  };
  await using server = await serve(
    upstream((query) => {
      seen.push(query);
      return {
        answers: [opaque],
        edns: {
          udpSize: 4096,
          version: 0,
          isDnssecOk: true,
          options: [{ code: 15, data: Buffer.from('0012', 'hex') }],
        },
      };
    }),
  );
  const edns = {
    udpSize: 1410,
    version: 0,
    isDnssecOk: true,
    options: [{ code: 10, data: Buffer.alloc(8, 1) }],
  };
  const query: Query = {
    ...createQuery('WwW.example.org.', 65_280, { client: CLIENT }),
    edns,
    isCheckingDisabled: true,
  };
  const answer = await ask({ upstreams: [at(server.port)] }, query);
  t.match(seen[0], {
    questions: [{ name: 'WwW.example.org.', type: 65_280 }],
    edns,
    flags: { isCheckingDisabled: true },
  });
  t.same(answer?.answers.map(formatRecord), [formatRecord(opaque)]);
  t.match(answer, {
    isRecursionAvailable: true,
    isAuthoritative: false,
    ednsOptions: [{ code: 15 }],
  });
});

t.test(
  'createForward() passes TC on to a UDP client, and asks on over TCP for this process',
  async (t) => {
    const transports: string[] = [];
    await using server = await serve(
      upstream((query, { transport }) => {
        transports.push(transport);
        return { flags: { ...query.flags, isResponse: true, isTruncated: transport === 'udp' } };
      }),
    );
    const upstreams = [at(server.port)];
    t.equal(
      (await ask({ upstreams }, createQuery('a.test.', 1, { client: CLIENT })))?.isTruncated,
      true,
    );
    t.equal((await ask({ upstreams }, createQuery('a.test.', 1)))?.isTruncated, false);
    const tcp = createQuery('a.test.', 1, { client: { ...CLIENT, transport: 'tcp' } });
    t.equal((await ask({ upstreams }, tcp))?.isTruncated, false);
    t.same(transports, ['udp', 'udp', 'tcp', 'tcp']);
  },
);

t.test(
  'createForward() goes on to the next upstream when one is closed, silent or talks nonsense',
  async (t) => {
    await using silent = await serve(() => undefined);
    await using nonsense = await serve((octets) =>
      Buffer.concat([
        Buffer.from(octets).subarray(0, 2),
        Buffer.from('8000ffff000000000000', 'hex'),
      ]),
    );
    await using good = await serve(
      upstream(({ questions }) => ({ answers: [record(questions[0]?.name ?? '', '192.0.2.1')] })),
    );
    const dead = await deadPort();
    for (const bad of [dead, silent.port, nonsense.port])
      t.same(
        (
          await ask({ upstreams: [at(bad), at(good.port)] }, createQuery('a.test.', 1))
        )?.answers.map(formatRecord),
        ['a.test. 300 IN A 192.0.2.1'],
      );
  },
);

t.test('createForward() answers SERVFAIL when no upstream does', async (t) => {
  const answer = await ask({ upstreams: [at(await deadPort())] }, createQuery('a.test.', 1));
  t.equal(rcodeName(answer?.rcode ?? 0), 'SERVFAIL');
});

t.test('createForward() overlooks replies to other questions', async (t) => {
  await using server = await serve(
    upstream(() => ({ questions: [{ name: 'other.test.', type: 1, class: 1 }] })),
  );
  const answer = await ask({ upstreams: [at(server.port)] }, createQuery('a.test.', 1));
  t.equal(rcodeName(answer?.rcode ?? 0), 'SERVFAIL');
});

t.test('createForward() never asks itself', async (t) => {
  let asked = 0;
  await using server = await serve(
    upstream(() => {
      asked += 1;
      return {};
    }),
  );
  const upstreams = [at(server.port)];
  const answer = await ask({ upstreams, ownAddresses: () => upstreams }, createQuery('a.test.', 1));
  t.equal(rcodeName(answer?.rcode ?? 0), 'REFUSED');
  t.equal(asked, 0);
});

t.test('createForward() refuses more queries at once than it may have', async (t) => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  await using server = await serve(async (octets) => {
    await promise;
    const query = decodeMessage(octets);
    return encodeMessage({ ...query, flags: { ...query.flags, isResponse: true } });
  });
  using forward = createForward({
    upstreams: [at(server.port)],
    maxConcurrent: 1,
    random: Math.random,
  });
  const chain = composeChain([forward.plugin]);
  const first = chain(createQuery('a.test.', 1));
  t.equal((await chain(createQuery('b.test.', 1)))?.rcode, RCODE.REFUSED);
  resolve(undefined);
  t.equal((await first)?.rcode, RCODE.NOERROR);
  t.equal((await chain(createQuery('b.test.', 1)))?.rcode, RCODE.NOERROR);
});

t.test(
  'createForward() leaves names outside of `from`, and `except`, to the next plugin',
  async (t) => {
    const options = { upstreams: [at(1)], from: 'example.org', except: ['internal.example.org'] };
    for (const name of ['example.net.', 'a.internal.example.org.'])
      t.equal((await ask(options, createQuery(name, 1)))?.rcode, RCODE.SERVFAIL, name);
  },
);

t.test('parseUpstream() reads addresses with and without ports', async (t) => {
  t.same(parseUpstream('192.0.2.1'), { address: '192.0.2.1', port: 53 });
  t.same(parseUpstream('192.0.2.1:5353'), { address: '192.0.2.1', port: 5353 });
  t.same(parseUpstream('2001:db8::1'), { address: '2001:db8::1', port: 53 });
  t.same(parseUpstream('[2001:db8::1]:5353'), { address: '2001:db8::1', port: 5353 });
  for (const text of [
    '',
    'example.org',
    '192.0.2.1:0',
    '192.0.2.1:70000',
    '[192.0.2.1',
    'fe80::1%eth0',
  ])
    t.equal(parseUpstream(text), undefined, text);
});
