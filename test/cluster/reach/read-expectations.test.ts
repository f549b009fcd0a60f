import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import t from 'tap';
import { PodlaneError } from '../../../src/net/index.ts';
import { readExpectations } from '../../../src/cluster/reach/read-expectations.ts';

t.test('readExpectations() makes a flow of every source and target', async (t) => {
  const text = `# a comment
- from: shop/web
  to: shop/api
  expect: allow
- {from: [a, outside], to: ['http://b/', c], port: 080, protocol: UDP, expect: deny}
- from: a
  to: b
  port: sql
  expect: deny
`;
  const found = readExpectations(text, 'f.yaml').map(
    ({ from, to, port, protocol, expect, position: { line } }) =>
      `${line} ${from} ${to} ${port} ${protocol} ${expect}`,
  );
  t.same(found, [
    '2 shop/web shop/api undefined undefined allow',
    '5 a http://b/ 080 UDP deny',
    '5 a c 080 UDP deny',
    '5 outside http://b/ 080 UDP deny',
    '5 outside c 080 UDP deny',
    '6 a b sql undefined deny',
  ]);
});

t.test('readExpectations() reads JSON', async (t) => {
  const text = JSON.stringify([{ from: 'a', to: 'b', port: 80, expect: 'deny' }]);
  t.match(readExpectations(text, 'f.json'), [{ from: 'a', to: 'b', port: '80', expect: 'deny' }]);
});

const BROKEN = [
  { name: 'nothing', text: '', at: '1:1', why: 'it holds no list of expectations' },
  { name: 'an empty list', text: '[]', at: '1:1', why: 'it holds no list of expectations' },
  {
    name: 'an object',
    text: 'from: a\nto: b\n',
    at: '1:1',
    why: 'it holds no list of expectations',
  },
  {
    name: 'a text in the list',
    text: '- a\n- b\n',
    at: '1:3',
    why: 'an expectation has from, to and expect',
  },
  { name: 'no target', text: '- from: a\n  expect: deny\n', at: '1:3', why: 'to is missing' },
  {
    name: 'an empty source',
    text: '- from:\n  to: b\n  expect: deny\n',
    at: '1:8',
    why: 'from takes the name of a target',
  },
  {
    name: 'an empty list of sources',
    text: '- from: []\n  to: b\n  expect: deny\n',
    at: '1:9',
    why: 'from is empty',
  },
  { name: 'no expectation', text: '- from: a\n  to: b\n', at: '1:3', why: 'expect is missing' },
  {
    name: 'another expectation',
    text: '- from: a\n  to: b\n  expect: denied\n',
    at: '3:11',
    why: 'expect is allow or deny, not "denied"',
  },
  {
    name: 'an unknown field',
    text: '- from: a\n  to: b\n  ports: 80\n',
    at: '3:3',
    why: 'unknown field "ports"',
  },
  {
    name: 'a port that is none',
    text: '- {from: a, to: b, port: 70000, expect: deny}',
    at: '1:26',
    why: 'not "70000"',
  },
  {
    name: 'a protocol in small letters',
    text: '- {from: a, to: b, protocol: tcp, expect: deny}',
    at: '1:30',
    why: 'protocol is TCP or UDP or SCTP, not "tcp"',
  },
  {
    name: 'two documents',
    text: '- {from: a, to: b, expect: deny}\n---\n- {}\n',
    at: '3:1',
    why: 'there is more than one document',
  },
  { name: 'broken YAML', text: '- {from: a\n', at: '2:1', why: 'flow' },
  {
    name: 'a duplicate key',
    text: '- from: a\n  from: b\n',
    at: '2:3',
    why: 'keys must be unique',
  },
] as const;

function errorOf(text: string): unknown {
  try {
    return readExpectations(text, 'f.yaml');
  } catch (error) {
    return error;
  }
}

for (const { name, text, at, why } of BROKEN) {
  t.test(`readExpectations() tells where it finds ${name}`, async (t) => {
    const error = errorOf(text);
    if (!(error instanceof PodlaneError)) return t.fail('it is taken');
    t.equal(error.code, 'ERR_OPTION');
    t.ok(error.message.includes(why), error.message);
    t.equal(`${error.position?.line}:${error.position?.column}`, at);
    return undefined;
  });
}

t.test('readExpectations() refuses any text that it does not understand with a place', async () => {
  const word = constantFrom(
    '- ',
    'from: ',
    'to: ',
    'expect: ',
    'deny',
    'a/b',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '&x ',
    '*x',
    '? ',
    '80',
    ',',
    '---\n',
    '!!map ',
    '"',
    '\t',
  );
  assert(
    property(
      oneof(
        string(),
        array(word, { maxLength: 24 }).map((words) => words.join('')),
      ),
      (text) => {
        try {
          for (const { from, to, expect } of readExpectations(text, 'f')) {
            if (from === '' || to === '' || !/^(?:allow|deny)$/.test(expect)) return false;
          }
          return true;
        } catch (error) {
          return error instanceof PodlaneError && (error.position?.line ?? 0) > 0;
        }
      },
    ),
    { numRuns: 2000 },
  );
});
