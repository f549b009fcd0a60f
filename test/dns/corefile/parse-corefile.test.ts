import * as fc from 'fast-check';
import t from 'tap';
import {
  CorefileError,
  parseCorefile,
  PLUGINS,
  type Directive,
  type ParseOptions,
  type ServerBlock,
} from '../../../src/dns/index.ts';

const FILES: Readonly<Record<string, string>> = {
  'conf/one.conf': 'errors\nlog # all of them\n',
  'conf/two.conf': 'whoami',
  'conf/block.conf': 'other.test {\n    import one.conf\n}\n',
};

const OPTIONS: ParseOptions = {
  file: 'Corefile',
  plugins: PLUGINS.map(({ name }) => name),
  environment: { PORT: '5353', NAMES: 'a.test b.test', NEST: '{$PORT}' },
  files: {
    read: (path) => {
      const text = FILES[path];
      if (text === undefined) throw new Error(`no ${path}`);
      return text;
    },
    glob: (pattern) => {
      const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
      const asRegExp = escaped.replace('*', '[^/]*').replace('?', '[^/]');
      return Object.keys(FILES).filter((path) => new RegExp(`^${asRegExp}$`).test(path));
    },
  },
};

function parse(text: string): readonly ServerBlock[] {
  return parseCorefile(text, OPTIONS);
}

/** `forward . 192.0.2.1 { except a }` */
function show({ name, args, block }: Directive): string {
  const words = [name, ...args].map((word) =>
    /[\s{}"]|^$/.test(word) ? JSON.stringify(word) : word,
  );
  return [...words, ...(block.length === 0 ? [] : ['{', block.map(show).join('; '), '}'])].join(
    ' ',
  );
}

function showBlock({ keys, directives }: ServerBlock): string {
  const names = keys.map(({ transport, zone, port }) => `${transport}://${zone}:${port}`);
  return `${names.join(' ')} | ${directives.map(show).join(' | ')}`;
}

const accepted: readonly (readonly [name: string, text: string, blocks: readonly string[]])[] = [
  ['a block', '.:53 {\n  whoami\n}\n', ['dns://.:53 | whoami']],
  [
    'several zones and ports',
    'a.test B.test:5353 {\n  log\n}',
    ['dns://a.test.:53 dns://b.test.:5353 | log'],
  ],
  [
    'a list of zones over lines',
    'a.test,\nb.test {\n log\n}',
    ['dns://a.test.:53 dns://b.test.:53 | log'],
  ],
  ['a block without braces', 'a.test\nlog\nwhoami', ['dns://a.test.:53 | log | whoami']],
  ['a brace on the next line', 'a.test\n{\nlog\n}', ['dns://a.test.:53 | log']],
  ['a port alone', ':5353 {\n log\n}', ['dns://.:5353 | log']],
  [
    'transports',
    'tls://a.test https://a.test {\nlog\n}',
    ['tls://a.test.:853 https://a.test.:443 | log'],
  ],
  ['a prefix', '10.0.0.0/24 {\nlog\n}', ['dns://0.0.10.in-addr.arpa.:53 | log']],
  [
    'a prefix between two labels',
    '10.0.0.0/23:5353 {\nlog\n}',
    ['dns://0.0.10.in-addr.arpa.:5353 dns://1.0.10.in-addr.arpa.:5353 | log'],
  ],
  ['a prefix of IPv6', '2001:db8::/32 {\nlog\n}', ['dns://8.b.d.0.1.0.0.2.ip6.arpa.:53 | log']],
  [
    'options',
    '. {\n cache 30 {\n  success 100\n  keepttl\n }\n}',
    ['dns://.:53 | cache 30 { success 100; keepttl }'],
  ],
  [
    'quoted words',
    '. {\n log "a b" "c \\"d\\" \\n" e"f\n}',
    ['dns://.:53 | log "a b" "c \\"d\\" \\\\n" "e\\"f"'],
  ],
  ['a quoted word over lines', '. {\n log "a\nb" c\n}', ['dns://.:53 | log "a\\nb" c']],
  ['comments', '# first\n. { # second\n log a#b\n}\n', ['dns://.:53 | log a']],
  [
    'carriage returns and a mark at the start',
    '\uFEFF.:53 {\r\n log\r\n}\r\n',
    ['dns://.:53 | log'],
  ],
  [
    'variables',
    '.:{$PORT} {\n log {%PORT%}x {$NAMES} "{$NOT_SET}"\n}',
    ['dns://.:5353 | log 5353x "a.test b.test" ""'],
  ],
  ['a variable that holds one', '. {\n log {$NEST}\n}', ['dns://.:53 | log "{$PORT}"']],
  [
    'a snippet',
    '(s) {\n errors\n log\n}\n. {\n import s\n whoami\n}',
    ['dns://.:53 | errors | log | whoami'],
  ],
  ['a file', '. {\n import conf/one.conf\n whoami\n}', ['dns://.:53 | errors | log | whoami']],
  [
    'files by pattern',
    '. {\n import conf/t*.conf\n import conf/o?e.conf\n}',
    ['dns://.:53 | whoami | errors | log'],
  ],
  ['a pattern without files', '. {\n import none/*.conf\n log\n}', ['dns://.:53 | log']],
  [
    'blocks of a file, which imports its neighbour',
    'import conf/block.conf\n. {\n log\n}',
    ['dns://other.test.:53 | errors | log', 'dns://.:53 | log'],
  ],
  [
    'an import within a plugin',
    '(opt) {\n ttl 5\n}\n. {\n kubernetes a.test {\n  import opt\n  noendpoints\n }\n}',
    ['dns://.:53 | kubernetes a.test { ttl 5; noendpoints }'],
  ],
  ['nothing', ' # nothing\n', ['dns://.:53 | whoami | log']],
  ['a block without plugins', 'a.test {\n}\n', ['dns://a.test.:53 | ']],
];

for (const [name, text, blocks] of accepted)
  t.test(`parseCorefile() reads ${name}`, async (t) => {
    t.same(parse(text).map(showBlock), blocks);
  });

const refused: readonly (readonly [name: string, text: string, place: string, message: RegExp])[] =
  [
    ['a misspelt plugin', '. {\n  forwrd . 192.0.2.1\n}', '2:3', /Unknown directive 'forwrd'/],
    ['a missing brace', '. {\n log', '2:2', /Unexpected token 'log', expecting '}'/],
    ['a missing brace of a plugin', '. {\n cache {\n ttl', '3:2', /closing brace is missing/],
    ['a brace too many', '. {\n log }\n', '2:6', /Unexpected '}'/],
    ['a stray brace', '{\n log\n}', '1:1', /expecting the address/],
    ['a comma at the end', 'a.test,', '1:1', /another address was expected/],
    ['a comma before the brace', 'a.test, {\n}', '1:1', /check for extra comma/],
    ['a port out of range', '.:65536 {\n}', '1:1', /65536/],
    ['a port that is missing', 'a.test: {\n}', '1:1', /expecting data after last colon/],
    ['a label too long', `${'a'.repeat(64)}.test {\n}`, '1:1', /not a valid domain name/],
    ['QUIC', 'quic://. {\n}', '1:1', /quic:\/\/ is not served here/],
    ['an unknown transport', 'dot://. {\n}', '1:1', /unknown transport 'dot'/],
    ['an import of nothing', '. {\n import\n}', '2:2', /Wrong argument count/],
    ['an import of two', '. {\n import a b\n}', '2:9', /only one argument/],
    ['an import of an unset variable', '. {\n import {$NOT_SET}\n}', '2:9', /non-empty/],
    [
      'an import of a file that is not there',
      '. {\n import no.conf\n}',
      '2:9',
      /File to import not found: no.conf/,
    ],
    ['two wildcards', '. {\n import */*.conf\n}', '2:9', /may only contain one wildcard/],
    [
      'a snippet that imports itself',
      '(a) {\n import a\n}\n. {\n import a\n}',
      '2:9',
      /maximum snippet import depth/,
    ],
    [
      'a snippet twice',
      '(a) {\n}\n(a) {\n}',
      '3:1',
      /redeclaration of previously declared snippet a/,
    ],
    ['blocks without end', `. {\n log ${'{\n a '.repeat(60)}`, '52:4', /more than 50 blocks/],
  ];

/** What a Corefile is refused with; fails where it is accepted. */
function refusal(text: string, options: ParseOptions = OPTIONS): CorefileError {
  try {
    parseCorefile(text, options);
  } catch (error) {
    if (error instanceof CorefileError) return error;
    throw error;
  }
  throw new Error('it is accepted');
}

for (const [name, text, place, message] of refused)
  t.test(`parseCorefile() refuses ${name}`, async (t) => {
    const error = refusal(text);
    t.match(error.message, message);
    t.equal(`${error.position.line}:${error.position.column}`, place);
  });

t.test(
  'parseCorefile() hints at the nearest plugin, and at what took the place of old ones',
  async (t) => {
    t.equal(refusal('. {\n hots\n}').hint, 'Did you mean hosts?');
    t.match(refusal('. {\n proxy . 192.0.2.1\n}').hint, /write forward/);
  },
);

t.test('parseCorefile() says in which file a mistake is', async (t) => {
  const files = { glob: () => ['conf/bad.conf'], read: () => 'log\n  wrong\n' };
  const { position } = refusal('. {\n import conf/bad.conf\n}', { ...OPTIONS, files });
  t.same(position, { file: 'conf/bad.conf', line: 2, column: 3 });
});

t.test('parseCorefile() throws nothing but CorefileError', async () => {
  const words = [
    '.',
    'a.test',
    '{',
    '}',
    '\n',
    ' ',
    ',',
    '"',
    '\\',
    '#',
    'import',
    '(s)',
    's',
    '{$PORT}',
    'log',
    'cache',
    'tls://',
    ':53',
    '10.0.0.0/9',
    '\r',
    '*',
  ];
  const text = fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 })), { maxLength: 40 })
    .map((parts) => parts.join(''));
  const survives = (corefile: string): void => {
    try {
      parse(corefile);
    } catch (error) {
      if (!(error instanceof CorefileError)) throw error;
    }
  };
  fc.assert(fc.property(text, survives), { numRuns: 3000 });
  fc.assert(fc.property(fc.string({ unit: 'binary' }), survives), { numRuns: 500 });
});

t.test('parseCorefile() reads what is written of words', async (t) => {
  const word = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/[{}]/.test(text));
  const quoted = (text: string): string => `"${text.replaceAll('"', '\\"')}"`;
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      // A backslash before a quote would escape it: there is no way to write a word that ends with one.
      const plain = args.map((arg) => arg.replaceAll('\\', '/'));
      const [block] = parse(`. {\n log ${plain.map(quoted).join(' ')}\n}`);
      t.same(block?.directives[0]?.args, plain);
    }),
    { numRuns: 200 },
  );
});
