import { assert, bigInt, constantFrom, oneof, property, string, stringMatching } from 'fast-check';
import t from 'tap';
import { canonicalQuantity, formatQuantity, parseQuantity } from '../../src/api/quantity.ts';

const CASES = [
  { text: '0.5', canonical: '500m', value: 0.5 },
  { text: '1024Mi', canonical: '1Gi', value: 1_073_741_824 },
  { text: '1.5Gi', canonical: '1536Mi', value: 1_610_612_736 },
  { text: '1000Ki', canonical: '1000Ki', value: 1_024_000 },
  { text: '512', canonical: '512', value: 512 },
  { text: '1000', canonical: '1k', value: 1000 },
  { text: '512Ki', canonical: '512Ki', value: 524_288 },
  { text: '0.5Ki', canonical: '512', value: 512 },
  { text: '1e3', canonical: '1e3', value: 1000 },
  { text: '100e-3', canonical: '100e-3', value: 0.1 },
  { text: '1E', canonical: '1E', value: 1e18 },
  { text: '-1', canonical: '-1', value: -1 },
  { text: '+.5', canonical: '500m', value: 0.5 },
  { text: '0.0000000001', canonical: '1n', value: 1e-9 },
  { text: '0', canonical: '0', value: 0 },
  { text: '0Gi', canonical: '0', value: 0 },
  { text: 2, canonical: '2', value: 2 },
] as const;
for (const { text, canonical, value } of CASES) {
  t.test(`canonicalQuantity() of ${text}`, async (t) => {
    t.equal(canonicalQuantity(text), canonical);
    const quantity = parseQuantity(text);
    t.equal(quantity && Number(quantity.nanos) / 1e9, value);
  });
}

for (const text of [
  '',
  'much',
  '1 Gi',
  '1Zi',
  '1ee3',
  '--1',
  '.',
  '1e99',
  '1mi',
  'NaN',
  'Infinity',
]) {
  t.test(`parseQuantity() knows that ${JSON.stringify(text)} is none`, async (t) => {
    t.equal(parseQuantity(text), undefined);
  });
}

t.test('formatQuantity() writes what parseQuantity() reads as the same amount', async () => {
  const formats = constantFrom(
    'BinarySI' as const,
    'DecimalSI' as const,
    'DecimalExponent' as const,
  );
  assert(
    property(bigInt(-(10n ** 25n), 10n ** 25n), formats, (nanos, format) => {
      const text = formatQuantity({ nanos, format });
      return parseQuantity(text)?.nanos === nanos;
    }),
  );
});

t.test('canonicalQuantity() leaves what it has written', async () => {
  const amounts = oneof(
    string(),
    stringMatching(/^[+-]?\d{1,4}(\.\d{1,4})?([numkMGTPE]|[KMG]i|e-?\d)?$/),
  );
  assert(
    property(
      amounts,
      (text) => canonicalQuantity(canonicalQuantity(text)) === canonicalQuantity(text),
    ),
  );
});
