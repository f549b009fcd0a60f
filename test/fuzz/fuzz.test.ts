/** A fast set of every fuzz area, and what longer runs have found. `npm run fuzz -- AREA` tries a million. */
import t from 'tap';
import { checkAnswer, checkBytes, checkCorefileText, checkPlugins } from './dns/index.ts';
import { CORPUS } from './http1/corpus.ts';
import { readWithFraming } from './http1/framing.ts';
import { checkRequests, checkResponses } from './http1/index.ts';
import { AREAS, Dice, fuzz, type FuzzArea } from './target.ts';

/** Inputs a target; a seed that is always the same, so that a failure is one for everybody. */
const FAST = { count: 1000, seed: 4711 };

for (const area of AREAS) {
  t.test(`fuzz() of ${area} finds nothing`, async (t) => {
    const given = (await import(`./${area}/index.ts`)) as FuzzArea; // each area's file exports it
    if (given.skipped !== undefined) t.comment(`skipped: ${given.skipped}`);
    const found = await fuzz(given, FAST);
    for (const { target, seed, input, error } of found)
      t.fail(`${target}: --seed ${seed} --count 1: ${input}`, { error: String(error) });
    t.equal(found.length, 0);
  });
}

t.test('fuzz() tells the first input of each target that fails, and its seed', async (t) => {
  const target = {
    name: 'odd',
    generate: (dice: Dice) => dice.below(100),
    check: (input: unknown) => {
      if (Number(input) % 10 === 7) throw new Error('seven');
    },
    show: String,
  };
  const [found, ...more] = await fuzz({ targets: [target] }, { count: 1000, seed: 1 });
  t.same(more, []);
  t.match(found, { target: 'odd', input: /7$/, error: { message: 'seven' } });
  t.equal(String(target.generate(new Dice(found?.seed ?? 0))), found?.input, 'again by its seed');
});

/** Bytes that were, or nearly were, too much for the codec. */
const BYTES = [
  { name: 'nothing', hex: '' },
  { name: 'a header alone', hex: '000000000000000000000000' },
  { name: 'counts that lie', hex: '12340100ffffffffffffffff' },
  { name: 'a name that points at itself', hex: '123401000001000000000000c00c00010001' },
  { name: 'two names that point at each other', hex: '123401000001000000000000c00ec00c00010001' },
  {
    name: 'a label type of old',
    hex: '12340100000100000000000041016100010001',
  },
  { name: 'a name without its end', hex: '12340100000100000000000003616263' },
  { name: 'an OPT record cut short', hex: '12340100000000000000000100002904d0000000000004000300' },
  {
    name: 'two OPT records',
    hex: '12340100000000000000000200002904d000000000000000002904d0000000000000',
  },
] as const;
for (const { name, hex } of BYTES) {
  t.test(`the codec takes ${name}`, async (t) => {
    const bytes = Buffer.from(hex, 'hex');
    checkBytes(bytes);
    checkAnswer(bytes);
    t.pass();
  });
}

/** Corefiles that once ended in something else than a CorefileError. */
const COREFILES = [
  { name: 'hosts of a folder', text: 'a.test {\n  hosts .. suffix\n}\n' },
  { name: 'a zone file that is a folder', text: 'a.test {\n  file .\n}\n' },
  { name: 'a certificate that is a folder', text: 'tls://a.test {\n  tls . .\n}\n' },
  {
    name: 'a list of an acl that is not there',
    text: '. {\n  acl {\n    allow net file /no/such\n  }\n}\n',
  },
] as const;
for (const { name, text } of COREFILES) {
  t.test(`a Corefile with ${name} is read or refused`, async (t) => {
    checkCorefileText(text);
    await checkPlugins(text);
    t.pass();
  });
}

for (const { name, kind, text, taken } of CORPUS) {
  t.test(`framing agrees with llhttp on ${name}`, async (t) => {
    const bytes = Buffer.from(text, 'latin1');
    const check = kind === 'request' ? checkRequests : checkResponses;
    for (const cuts of [[], [1]]) check({ bytes, cuts, methods: ['GET'] });
    t.equal(readWithFraming(bytes, { kind }).messages.length, taken);
  });
}
