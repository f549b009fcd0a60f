import * as fc from 'fast-check';
import t from 'tap';
import { questionNameEnd } from '../../src/dns/finished-answer.ts';
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
  { value = 'kept', isCaseless = true, sizeBytes = 100 } = {},
): void {
  cache.set(query, 'udp', {
    value,
    sizeBytes,
    nameEnd: questionNameEnd(query) ?? 0,
    isCaseless,
  });
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
for (const { name, asked, found } of LOOK_UPS) {
  t.test(`createWireCache() looks ${name} up`, async (t) => {
    const cache = createWireCache<string>({ revision: () => 1 });
    keep(cache, bytesOf(KEPT));
    t.equal(cache.get(bytesOf(asked), 'udp'), found);
    t.equal(cache.get(bytesOf(asked), 'tcp'), undefined, 'over another transport');
  });
}

t.test('createWireCache() keeps spellings apart that are not alike', async (t) => {
  const cache = createWireCache<string>({ revision: () => 1 });
  const names = ['web.example.org.', 'WEB.example.org.', 'Web.Example.Org.'];
  for (const name of names) keep(cache, bytesOf({ name }), { value: name, isCaseless: false });
  for (const name of names) t.equal(cache.get(bytesOf({ name }), 'udp'), name);
  t.equal(cache.get(bytesOf({ name: 'wEB.example.org.' }), 'udp'), undefined);
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
  t.equal(cache.get(query, 'udp'), undefined, 'what comes with the old revision is not kept');
  t.equal(cleared, 1);
  keep(cache, query, { value: 'new' });
  t.equal(cache.get(query, 'udp'), 'new');
});

t.test('createWireCache() is bounded', async (t) => {
  let cleared = 0;
  const onClear = (): void => void (cleared += 1);
  const cache = createWireCache<string>({ revision: () => 1, onClear });
  for (let index = 0; index < 40; index += 1)
    keep(cache, bytesOf({ name: `web-${index}.example.org.` }), { sizeBytes: 1024 * 1024 });
  t.ok(cleared >= 2);
  t.equal(cache.get(bytesOf({ name: 'web-39.example.org.' }), 'udp'), 'kept');
  const long = Buffer.concat([bytesOf(KEPT), Buffer.alloc(300)]);
  keep(cache, long);
  t.equal(cache.get(long, 'udp'), undefined, 'long queries are not kept');
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
          if (cache.get(query, 'udp') !== map.get(query.toString('hex', 2)))
            throw new Error(`${query.toString('hex')} is not what it was`);
        }
      },
    ),
  );
});
