import t from 'tap';
import { walk, type Outcome, type StubResolver } from '../../../src/dns/index.ts';

const SEARCH = ['a.test', 'b.test'];

interface Lookup {
  readonly name: string;
  readonly resolver: StubResolver;
  readonly search?: readonly string[];
}

/** Names asked for, then the result, when `outcomes` come of them in turn and NXDOMAIN of the rest. */
function trace(
  { name, resolver, search = SEARCH }: Lookup,
  outcomes: readonly Outcome[] = [],
): readonly string[] {
  const search_ = walk(name, { search, ndots: 2 }, resolver);
  const lines: string[] = [];
  let next = search_.next();
  for (let turn = 0; next.done !== true; turn += 1) {
    lines.push(next.value);
    next = search_.next(outcomes[turn] ?? 'NXDOMAIN');
  }
  const { value } = next;
  return [...lines, value.kind === 'found' ? `found ${value.name}` : value.error];
}

const glibc: StubResolver = { name: 'glibc' };
const musl: StubResolver = { name: 'musl' };
const go: StubResolver = { name: 'go' };

const cases: readonly (readonly [string, StubResolver, readonly Outcome[], readonly string[]])[] = [
  ['w', glibc, ['NXDOMAIN', 'FOUND'], ['w.a.test.', 'w.b.test.', 'found w.b.test.']],
  ['w', glibc, [], ['w.a.test.', 'w.b.test.', 'w.', 'HOST_NOT_FOUND']],
  ['w', glibc, ['NODATA', 'SERVFAIL'], ['w.a.test.', 'w.b.test.', 'w.', 'NO_DATA']],
  ['w', glibc, ['SERVFAIL'], ['w.a.test.', 'w.b.test.', 'w.', 'TRY_AGAIN']],
  ['w', glibc, ['REFUSED'], ['w.a.test.', 'w.', 'NO_RECOVERY']],
  ['w.x.y', glibc, [], ['w.x.y.', 'w.x.y.a.test.', 'w.x.y.b.test.', 'HOST_NOT_FOUND']],
  [
    'w.x.y',
    glibc,
    ['SERVFAIL', 'NODATA'],
    ['w.x.y.', 'w.x.y.a.test.', 'w.x.y.b.test.', 'TRY_AGAIN'],
  ],
  ['w.', glibc, ['NODATA'], ['w.', 'NO_DATA']],
  ['w', musl, [], ['w.a.test.', 'w.b.test.', 'w.', 'HOST_NOT_FOUND']],
  ['w', musl, ['NODATA'], ['w.a.test.', 'NO_DATA']],
  ['w', musl, ['SERVFAIL'], ['w.a.test.', 'TRY_AGAIN']],
  ['w.x.y', musl, [], ['w.x.y.', 'HOST_NOT_FOUND']],
  ['w', go, ['TIMEOUT', 'FOUND'], ['w.a.test.', 'w.b.test.', 'found w.b.test.']],
  ['w.onion', go, [], ['w.onion.a.test.', 'w.onion.b.test.', 'HOST_NOT_FOUND']],
];
for (const [name, resolver, outcomes, expected] of cases)
  t.test(
    `walk() of ${name} by ${resolver.name} after ${outcomes.join(', ') || 'NXDOMAIN'}`,
    async (t) => {
      t.same(trace({ name, resolver }, outcomes), expected);
    },
  );

t.test('walk() asks for the root of the list once, where it stands', async (t) => {
  t.same(trace({ name: 'w', resolver: glibc, search: ['.', 'a.test'] }), [
    'w.',
    'w.a.test.',
    'HOST_NOT_FOUND',
  ]);
  t.same(
    trace({ name: 'w', resolver: { name: 'musl', version: '1.2.3' }, search: ['a.test', '.'] }),
    ['w.a.test.', 'HOST_NOT_FOUND'],
  );
});

t.test('walk() of musl overlooks a list that does not fit its line', async (t) => {
  const long = Array.from({ length: 20 }, (_, index) => `domain-${index}.example.test`);
  t.same(trace({ name: 'w', resolver: musl, search: long }), ['w.', 'HOST_NOT_FOUND']);
});
