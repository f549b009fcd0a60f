import * as fc from 'fast-check';
import t from 'tap';
import {
  ApiError,
  compileLabelSelector,
  createKindRegistry,
  defineKind,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  requiredValue,
  type LabelSelector,
} from '../../src/api/index.ts';
import { object, outcome } from './test-store.ts';

const WEB = { app: 'web', tier: 'front', size: '3', empty: '' };

const matches: readonly (readonly [selector: string, isMatch: boolean])[] = [
  ['', true],
  ['app=web', true],
  ['app == web', true],
  ['app=db', false],
  ['app!=db', true],
  ['missing!=db', true],
  ['app!=web', false],
  ['app in (web, db)', true],
  ['app in (db)', false],
  ['app notin (web)', false],
  ['missing notin (web)', true],
  ['app', true],
  ['missing', false],
  ['!missing', true],
  ['! app', false],
  ['size>2', true],
  ['size>3', false],
  ['size<10', true],
  ['app>1', false],
  ['missing<10', false],
  ['app=web,tier=front', true],
  ['app=web,tier=back', false],
  ['empty=', true],
  ['empty=,app', true],
  ['app in (,web)', true],
  ['empty in (,)', true],
  ['in', false],
  ['in in (in)', false],
  ['\tapp\n in(web)', true],
];
for (const [selector, isMatch] of matches) {
  t.test(`parseLabelSelector() of ${JSON.stringify(selector)}`, async (t) => {
    t.equal(parseLabelSelector(selector)(WEB), isMatch);
  });
}

t.test('parseLabelSelector() selects objects without labels', async (t) => {
  t.equal(parseLabelSelector('!app')(undefined), true);
  t.equal(parseLabelSelector('app')(undefined), false);
  t.equal(parseLabelSelector('')(undefined), true);
  t.equal(parseLabelSelector('constructor')({}), false);
});

const REQUIREMENT = '400 BadRequest: unable to parse requirement: ';
const VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const failures: readonly (readonly [selector: string, outcome: string])[] = [
  ['a b', `${REQUIREMENT}found 'b', expected: in, notin, =, ==, !=, gt, lt`],
  ['a,', "400 BadRequest: found '', expected: identifier after ','"],
  ['a,,b', "400 BadRequest: found ',', expected: identifier after ','"],
  [',a', "400 BadRequest: found ',', expected: !, identifier, or 'end of string'"],
  ['=a', "400 BadRequest: found '=', expected: !, identifier, or 'end of string'"],
  ['a=b c', "400 BadRequest: found 'c', expected: ',' or 'end of string'"],
  ['!a=b', "400 BadRequest: found '=', expected: ',' or 'end of string'"],
  ['!', `${REQUIREMENT}found '', expected: identifier`],
  ['a=(b)', `${REQUIREMENT}found '(', expected: identifier`],
  ['a in b', `${REQUIREMENT}found 'b' expected: '('`],
  ['a in (b', `${REQUIREMENT}found '', expected: ',' or ')'`],
  ['a in (=)', `${REQUIREMENT}found '=', expected: ',', ')' or identifier`],
  ['a in (b,=)', `${REQUIREMENT}found '=', expected: ',', or identifier`],
  [
    'a>b',
    `${REQUIREMENT}values[0]: Invalid value: "b": for 'Gt', 'Lt' operators, the value must be an integer`,
  ],
  ['a=b_', `${REQUIREMENT}values[0][a]: Invalid value: "b_": ${VALUE}`],
  [
    'a in (b_,c_)',
    `${REQUIREMENT}[values[0][a]: Invalid value: "b_": ${VALUE}, values[1][a]: Invalid value: "c_": ${VALUE}]`,
  ],
];
for (const [selector, wanted] of failures) {
  t.test(`parseLabelSelector() refuses ${JSON.stringify(selector)}`, async (t) => {
    t.equal(
      outcome(() => parseLabelSelector(selector)),
      wanted,
    );
  });
}

t.test('parseLabelSelector() says what is wrong with a key', async (t) => {
  t.match(
    outcome(() => parseLabelSelector('_a=b')),
    /^400 BadRequest: unable to parse requirement: <nil>: Invalid value: "_a": name part must consist of/,
  );
});

t.test('parseLabelSelector() reads any text or refuses it', async () => {
  const pieces = fc.constantFrom('a', 'b', 'in', 'notin', '(', ')', ',', '=', '!', '<', '>', ' ');
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (selector) => {
      try {
        parseLabelSelector(selector)(WEB);
        parseFieldSelector(selector, createKindRegistry([]).byName('ConfigMap'));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
      }
    }),
    { numRuns: 300 },
  );
});

const objects: readonly {
  readonly name: string;
  readonly selector: LabelSelector | undefined;
  readonly isMatch: boolean;
}[] = [
  { name: 'nothing', selector: undefined, isMatch: false },
  { name: 'an empty selector', selector: {}, isMatch: true },
  { name: 'matchLabels', selector: { matchLabels: { app: 'web' } }, isMatch: true },
  { name: 'other matchLabels', selector: { matchLabels: { app: 'db' } }, isMatch: false },
  {
    name: 'In',
    selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'db'] }] },
    isMatch: true,
  },
  {
    name: 'NotIn on a label that is missing',
    selector: { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] },
    isMatch: true,
  },
  {
    name: 'Exists',
    selector: { matchExpressions: [{ key: 'zone', operator: 'Exists' }] },
    isMatch: false,
  },
  {
    name: 'DoesNotExist',
    selector: {
      matchLabels: { app: 'web' },
      matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }],
    },
    isMatch: true,
  },
];
for (const { name, selector, isMatch } of objects) {
  t.test(`compileLabelSelector() of ${name}`, async (t) => {
    t.equal(compileLabelSelector(selector)(WEB), isMatch);
  });
}

t.test('compileLabelSelector() refuses what no selector may have', async (t) => {
  const refuse = (operator: string, values?: readonly string[]): string =>
    outcome(() =>
      compileLabelSelector({
        matchExpressions: [{ key: 'a', operator, ...(values !== undefined && { values }) }],
      }),
    );
  t.equal(refuse('Gt', ['1']), '400 BadRequest: "Gt" is not a valid label selector operator');
  t.equal(
    refuse('In'),
    "400 BadRequest: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
  );
  t.equal(
    refuse('Exists', ['x']),
    '400 BadRequest: values: Invalid value: ["x"]: values set must be empty for exists and does not exist',
  );
});

t.test('matchesLabels() wants every label', async (t) => {
  t.equal(matchesLabels({ app: 'web', tier: 'front' }, WEB), true);
  t.equal(matchesLabels({ app: 'web', tier: 'back' }, WEB), false);
  t.equal(matchesLabels({}, undefined), true);
  t.equal(matchesLabels({ app: 'web' }, undefined), false);
});

const kinds = createKindRegistry([
  defineKind('Pod', {
    selectableFields: { 'spec.nodeName': ({ spec }) => spec?.nodeName ?? '' },
  }),
]);
const pod = object('Pod', { name: 'p=1' }, { spec: { nodeName: 'n1' } });
const fields: readonly (readonly [selector: string, outcome: boolean | string])[] = [
  ['', true],
  ['spec.nodeName=n1', true],
  ['spec.nodeName==n1', true],
  ['spec.nodeName!=n1', false],
  ['spec.nodeName=', false],
  ['metadata.namespace=default,spec.nodeName=n1', true],
  [',,spec.nodeName=n1,', true],
  ['metadata.name=p\\=1', true],
  ['metadata.name=a\\,b\\\\', false],
  ['status.phase=Running', '400 BadRequest: field label not supported: status.phase'],
  ['constructor=x', '400 BadRequest: field label not supported: constructor'],
  [
    'spec.nodeName',
    "400 BadRequest: invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'",
  ],
  [
    'metadata.name=p=1',
    "400 BadRequest: invalid field selector: unescaped character in value: '='",
  ],
  ['metadata.name=p\\1', "400 BadRequest: invalid field selector: invalid escape sequence: '\\1'"],
];
for (const [selector, wanted] of fields) {
  t.test(`parseFieldSelector() of ${JSON.stringify(selector)}`, async (t) => {
    const select = (): boolean => parseFieldSelector(selector, kinds.byName('Pod'))(pod);
    if (typeof wanted === 'string') t.equal(outcome(select), wanted);
    else t.equal(select(), wanted);
  });
}

t.test('parseFieldSelector() of a kind that lets no field be selected', async (t) => {
  t.equal(
    outcome(() => parseFieldSelector('spec.x=1', kinds.byName('ConfigMap'))),
    '400 BadRequest: "spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
  );
});

const required: readonly (readonly [selector: string, value: string | undefined])[] = [
  ['', undefined],
  ['metadata.name=a', 'a'],
  ['spec.nodeName!=n,metadata.name==a', 'a'],
  ['metadata.name!=a', undefined],
  ['spec.nodeName=n\\,metadata.name\\=a', undefined],
  ['metadata.name=a\\,b', 'a,b'],
];
for (const [selector, value] of required)
  t.test(`requiredValue() of ${JSON.stringify(selector)}`, async (t) => {
    t.equal(requiredValue(selector, 'metadata.name'), value);
  });
