import * as fc from 'fast-check';
import t from 'tap';
import { questionNameEnd } from '../../src/dns/finished-answer.ts';
import { createReplySpace } from '../../src/dns/reply-space.ts';
import { createWireCache, type WireCache } from '../../src/dns/wire-cache.ts';
import { encodeMessage } from '../../src/dns/index.ts';
import { FLAGS, messageWith } from './wire/messages.ts';

interface Asked {
  readonly name: string;
  readonly id?: number;
  readonly type?: number;
}

function bytesOf({ name, id = 1, type = 1 }: Asked): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  return encodeMessage(messageWith([], { id, flags, questions: [{ name, type, class: 1 }] }));
}

function keep(
  cache: WireCache<string>,
  query: Buffer,
  { value = 'kept', isCaseless = true, reply = query, isPlain = false } = {},
): void {
  cache.set(query, 'udp', {
    value,
    reply,
    isPlain,
    nameEnd: questionNameEnd(query) ?? 0,
    isCaseless,
  });
}

function found(
  cache: WireCache<string>,
  query: Buffer,
  transport: 'udp' | 'tcp' = 'udp',
): string | undefined {
  return cache.valueAt(cache.find(query, transport));
}

const KEPT = { name: 'web.example.org.', id: 1, type: 65 };
const LOOK_UPS = [
  { name: 'the same query', asked: KEPT, found: 'kept' },
  { name: 'another id', asked: { ...KEPT, id: 0xffff }, found: 'kept' },
  { name: 'another spelling', asked: { ...KEPT, name: 'wEB.example.ORG.' }, found: 'kept' },
  { name: 'another name', asked: { ...KEPT, name: 'wea.example.org.' }, found: undefined },
  // 65 and 97 are a letter in both its cases.
  { name: 'a type that is the other case', asked: { ...KEPT, type: 97 }, found: undefined },
  {
    name: 'a digit with the bit of a letter',
    asked: { ...KEPT, name: 'w\\069b.example.org.' },
    found: 'kept',
  },
  {
    name: 'an octet that is no letter',
    asked: { ...KEPT, name: 'web\\014example.org.' },
    found: undefined,
  },
] as const;
for (const { name, asked, found: expected } of LOOK_UPS) {
  t.test(`createWireCache() looks ${name} up`, async (t) => {
    const cache = createWireCache<string>({ revision: () => 1 });
    keep(cache, bytesOf(KEPT));
    t.equal(found(cache, bytesOf(asked)), expected);
    t.equal(found(cache, bytesOf(asked), 'tcp'), undefined, 'over another transport');
  });
}

t.test('createWireCache() keeps headers apart whose flags are the cases of a letter', async (t) => {
  const cache = createWireCache<string>({ revision: () => 1 });
  const [plain, authentic] = [0x41, 0x61].map((flags) => {
    const query = bytesOf(KEPT);
    query[3] = flags;
    return query;
  });
  if (plain === undefined || authentic === undefined) throw new Error('two queries');
  keep(cache, plain);
  t.equal(found(cache, plain), 'kept');
  t.equal(found(cache, authentic), undefined);
});

t.test('createWireCache() finds one spelling once all of them do not hold', async (t) => {
  let changes = 0;
  const cache = createWireCache<string>({ revision: () => 1, changesOf: () => changes });
  const query = bytesOf(KEPT);
  keep(cache, query, { value: 'all' });
  changes = 1;
  keep(cache, query, { value: 'one', isCaseless: false });
  t.equal(found(cache, query), 'one');
});

t.test('createWireCache() keeps spellings apart that are not alike', async (t) => {
  const cache = createWireCache<string>({ revision: () => 1 });
  const names = ['web.example.org.', 'WEB.example.org.', 'Web.Example.Org.'];
  for (const name of names) keep(cache, bytesOf({ name }), { value: name, isCaseless: false });
  for (const name of names) t.equal(found(cache, bytesOf({ name })), name);
  t.equal(found(cache, bytesOf({ name: 'wEB.example.org.' })), undefined);
});

t.test('createWireCache() drops everything with the revision, and says so', async (t) => {
  let revision = 1;
  let cleared = 0;
  const onClear = (): void => void (cleared += 1);
  const cache = createWireCache<string>({ revision: () => revision, onClear });
  const query = bytesOf(KEPT);
  keep(cache, query);
  revision += 1;
  keep(cache, query, { value: 'made before' });
  t.equal(found(cache, query), undefined, 'what comes with the old revision is not kept');
  t.equal(cleared, 1);
  keep(cache, query, { value: 'new' });
  t.equal(found(cache, query), 'new');
});

t.test('createWireCache() drops what depends on a change, and nothing else', async (t) => {
  const changes = [0, 0, 0];
  const changesOf = (cell: number): number => changes[cell] ?? 0;
  const cache = createWireCache<string>({ revision: () => 1, changesOf });
  const queries = [0, 1, 2].map((cell) => bytesOf({ name: `web-${cell}.example.org.` }));
  const kept = (): readonly boolean[] => queries.map((query) => cache.find(query, 'udp') > 0);
  const keepCell = (cell: number, made?: number): void => {
    const query = queries[cell] ?? Buffer.alloc(0);
    const entry = { reply: query, value: 'kept', nameEnd: questionNameEnd(query) ?? 0 };
    const more = { isCaseless: true, isPlain: true, ...(made !== undefined && { changes: made }) };
    cache.set(query, 'udp', { ...entry, ...more, cell });
  };
  for (const cell of [0, 1, 2]) keepCell(cell);
  t.same(kept(), [true, true, true]);
  changes[1] = 1;
  t.same(kept(), [true, false, true]);
  keepCell(1, 0);
  t.same(kept(), [true, false, true], 'what was made before the change');
  keepCell(1);
  t.same(kept(), [true, true, true]);
});

t.test('createWireCache() is bounded', async (t) => {
  let cleared = 0;
  const onClear = (): void => void (cleared += 1);
  const cache = createWireCache<string>({ revision: () => 1, onClear });
  for (let index = 0; index < 600; index += 1)
    keep(cache, bytesOf({ name: `web-${index}.example.org.` }), { reply: Buffer.alloc(60_000) });
  t.ok(cleared >= 2);
  t.equal(found(cache, bytesOf({ name: 'web-599.example.org.' })), 'kept');
  const long = Buffer.concat([bytesOf(KEPT), Buffer.alloc(300)]);
  keep(cache, long);
  t.equal(found(cache, long), undefined, 'long queries are not kept');
});

t.test('createWireCache() gives replies with the id and the spelling of who asks', async (t) => {
  const cache = createWireCache<string>({ revision: () => 1 });
  const space = createReplySpace();
  for (const length of [0, 1, 2, 3, 4000, 5000]) {
    const query = bytesOf({ name: `web-${length}.example.org.` });
    const rest = Buffer.alloc(length, 0xab);
    keep(cache, query, { reply: Buffer.concat([query, rest]) });
    const asked = bytesOf({ name: `WEB-${length}.Example.ORG.`, id: 0xbeef });
    const place = cache.find(asked, 'udp');
    for (const where of [space, undefined])
      t.same(cache.reply(place, asked, where), Buffer.concat([asked, rest]), `${length} octets`);
    t.same(cache.reply(place, query), Buffer.concat([query, rest]), 'what is kept is as it was');
  }
});

t.test('createWireCache() says of what nobody wants to hear more', async (t) => {
  const cache = createWireCache<string>({ revision: () => 1 });
  for (const isPlain of [true, false]) {
    const query = bytesOf({ name: `${isPlain}.example.org.` });
    keep(cache, query, { isPlain });
    t.equal(cache.isPlain(cache.find(query, 'udp')), isPlain);
  }
});

t.test('createWireCache() finds what it holds, however much', async (t) => {
  const cache = createWireCache<string>({ revision: () => 1 });
  const names = Array.from({ length: 5000 }, (_, index) => `web-${index}.example.org.`);
  for (const name of names) keep(cache, bytesOf({ name }), { value: name });
  for (const name of names) keep(cache, bytesOf({ name }), { value: `${name} again` });
  const lost = names.filter((name) => found(cache, bytesOf({ name })) !== `${name} again`);
  t.ok(lost.length < 5, `${lost.length} were pushed out`);
});

t.test('createWireCache() finds for any octets what a map of their text does', async () => {
  const octets = fc.uint8Array({ minLength: 12, maxLength: 40, max: 3 });
  fc.assert(
    fc.property(
      fc.array(octets, { maxLength: 60 }),
      fc.array(octets, { maxLength: 60 }),
      (kept, asked) => {
        const cache = createWireCache<string>({ revision: () => 1 });
        const map = new Map<string, string>();
        for (const [index, each] of kept.entries()) {
          const query = Buffer.from(each);
          keep(cache, query, { value: String(index), isCaseless: false });
          map.set(query.toString('hex', 2), String(index));
        }
        for (const each of [...kept, ...asked]) {
          const query = Buffer.from(each);
          if (found(cache, query) !== map.get(query.toString('hex', 2)))
            throw new Error(`${query.toString('hex')} is not what it was`);
        }
      },
    ),
  );
});
