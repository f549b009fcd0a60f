/** Answers from the cache in front of the chain are those of the chain, octet for octet. */
import * as fc from 'fast-check';
import t from 'tap';
import {
  createAnswering,
  decodeMessage,
  encodeMessage,
  routeTo,
  TYPE,
  type Answering,
  type Client,
  type Query,
} from '../../src/dns/index.ts';
import { createReplySpace } from '../../src/dns/reply-space.ts';
import { loadDns } from './corefile-world.ts';
import { FLAGS, messageWith } from './wire/messages.ts';
import { createZone, createZoneStore, service, slice } from './zone.ts';

const CLIENT: Client = { address: '127.0.0.1', port: 5353, transport: 'udp' };

const NAMES = [
  'web.shop.svc.cluster.local.',
  '_http._tcp.web.shop.svc.cluster.local.',
  'no.shop.svc.cluster.local.',
  'peers.shop.svc.cluster.local.',
  'shop.svc.cluster.local.',
  'cluster.local.',
  'ns.dns.cluster.local.',
  'dns-version.cluster.local.',
  '7.0.96.10.in-addr.arpa.',
  'a\\@b.cluster.local.',
  'local.',
  '.',
];

interface Asked {
  readonly name: string;
  readonly type: number;
  readonly id?: number;
  readonly more?: object;
}

function bytesOf({ name, type, id = 1, more = {} }: Asked): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  return encodeMessage(
    messageWith([], { id, flags, questions: [{ name, type, class: 1 }], ...more }),
  );
}

/** How many queries reached the chain, and answers with a cache before it and without. */
function createPair(): { cached: Answering; plain: Answering; chained: Query[] } {
  const store = createZoneStore();
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  store.create(service('web', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports }));
  store.create(service('peers', { clusterIP: 'None', clusterIPs: ['None'], ports }));
  store.create(slice('peers', ['one=10.244.0.1', 'two=10.244.0.2']));
  const { resolve } = createZone(store, { zones: ['cluster.local.', 'in-addr.arpa.'] });
  const chained: Query[] = [];
  const route = routeTo((query) => {
    chained.push(query);
    return resolve(query);
  });
  return {
    cached: createAnswering({ route, revision: () => 1 }),
    plain: createAnswering({ route: routeTo(resolve) }),
    chained,
  };
}

const spelling = fc
  .tuple(fc.constantFrom(...NAMES), fc.array(fc.boolean(), { minLength: 48, maxLength: 48 }))
  .map(([name, isUpper]) =>
    Array.from(name, (letter, at) => (isUpper[at] === true ? letter.toUpperCase() : letter)).join(
      '',
    ),
  );
const edns = fc.option(
  fc.record({
    udpSize: fc.constantFrom(512, 1232, 4096),
    version: fc.constant(0),
    isDnssecOk: fc.boolean(),
    options: fc.constant([]),
  }),
  { nil: undefined },
);
const asked = fc.record({
  name: spelling,
  // 65 and 97 are a letter in both its cases.
  type: fc.constantFrom(TYPE.A, TYPE.AAAA, TYPE.SRV, TYPE.TXT, TYPE.NS, TYPE.SOA, TYPE.PTR, 65, 97),
  id: fc.nat({ max: 0xffff }),
  more: edns.map((found) => (found === undefined ? {} : { edns: found })),
});

t.test(
  'createAnswering() answers from its cache as the chain does, whatever the spelling',
  async () => {
    const { cached, plain } = createPair();
    const space = createReplySpace();
    fc.assert(
      fc.property(asked, fc.constantFrom('udp', 'tcp'), (query, transport) => {
        const bytes = bytesOf(query);
        const client: Client = { ...CLIENT, transport };
        const expected = plain.answerBytes(bytes, client);
        for (const place of [undefined, space, space]) {
          const reply = cached.answerBytes(bytes, client, place);
          if (!(reply instanceof Buffer) || !(expected instanceof Buffer))
            throw new Error('no reply at once');
          if (!reply.equals(expected))
            throw new Error(`${reply.toString('hex')} is not ${expected.toString('hex')}`);
        }
      }),
      { numRuns: 4000 },
    );
  },
);

const REPEATED = [
  { name: 'an address', query: { name: 'WEB.shop.svc.cluster.LOCAL.', type: TYPE.A } },
  {
    name: 'a name that does not exist',
    query: { name: 'NO.shop.svc.cluster.local.', type: TYPE.A },
  },
  {
    name: 'a type that is not there',
    query: { name: 'wEb.shop.svc.cluster.local.', type: TYPE.AAAA },
  },
  {
    name: 'a name with EDNS',
    query: {
      name: 'web.SHOP.svc.cluster.local.',
      type: TYPE.A,
      more: { edns: { udpSize: 1232, version: 0, isDnssecOk: false, options: [] } },
    },
  },
] as const;
for (const { name, query } of REPEATED) {
  t.test(`createAnswering() asks the chain once for all spellings of ${name}`, async (t) => {
    const { cached, chained } = createPair();
    for (const spelt of [query.name.toLowerCase(), query.name, query.name.toUpperCase()]) {
      const reply = cached.answerBytes(bytesOf({ ...query, name: spelt }), CLIENT);
      t.equal(decodeMessage((await reply) ?? Buffer.alloc(0)).questions[0]?.name, spelt);
    }
    t.equal(chained.length, 1);
  });
}

t.test('createAnswering() keeps targets under the spelling that they repeat', async (t) => {
  const { cached, chained } = createPair();
  const lower = { name: '_http._tcp.web.shop.svc.cluster.local.', type: TYPE.SRV };
  const upper = { ...lower, name: lower.name.toUpperCase() };
  for (const query of [lower, upper, lower, upper])
    await cached.answerBytes(bytesOf(query), CLIENT);
  t.equal(chained.length, 2);
});

t.test('createAnswering() gives copies to those who keep them', async (t) => {
  const { cached } = createPair();
  const query = { name: 'web.shop.svc.cluster.local.', type: TYPE.A };
  const replies = [1, 2, 3].map((id) => cached.answerBytes(bytesOf({ ...query, id }), CLIENT));
  const ids = await Promise.all(replies.map(async (reply) => (await reply)?.readUInt16BE(0)));
  t.same(ids, [1, 2, 3]);
});

t.test(
  'createClusterDns() answers under the name of a rewrite rule, whatever was kept',
  async (t) => {
    await using dns = await loadDns(
      `. {
      rewrite name exact other.shop.svc.cluster.local web.shop.svc.cluster.local
      kubernetes cluster.local
    }`,
    );
    for (const name of ['other.shop.svc.cluster.local.', 'OTHER.shop.svc.cluster.local.']) {
      const reply = await dns.answerBytes(bytesOf({ name, type: TYPE.A }), CLIENT);
      const { questions, answers } = decodeMessage(reply ?? Buffer.alloc(0));
      t.equal(questions[0]?.name, name);
      t.equal(answers[0]?.name, 'other.shop.svc.cluster.local.');
    }
  },
);
