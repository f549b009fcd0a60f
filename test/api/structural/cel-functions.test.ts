import { isCelList } from '@bufbuild/cel';
import t from 'tap';
import { evaluate } from '../../../src/api/admission-plugins/policies/expressions.ts';

/** Expressions, and what kube-apiserver 1.36.3 makes of them as text. */
const CASES: readonly (readonly [expression: string, text: string])[] = [
  ['[3,1,2].min()', '1'],
  ['[3,1,2].max()', '3'],
  ['[3,1,2].sum()', '6'],
  ['[1,1,2].distinct()', '1|2'],
  ['[1,2,1].distinct()', '1|2'],
  ['[1,2,3].reverse()', '3|2|1'],
  ['[1,2,3].slice(1,3)', '2|3'],
  ["['b','a'].sort()", 'a|b'],
  ['lists.range(3)', '0|1|2'],
  ["['b','a'].isSorted()", 'false'],
  ['[1,2,1].lastIndexOf(1)', '2'],
  ["['a','b'].indexOf('b')", '1'],
  ['sets.contains([1,2],[2])', 'true'],
  ['sets.equivalent([1,2,2],[2,1])', 'true'],
  ['sets.intersects([1],[2])', 'false'],
  ["quantity('1.5Gi').isInteger()", 'false'],
  ["quantity('1500m').isInteger()", 'false'],
  ["quantity('2k').asInteger()", '2000'],
  ["quantity('1500m').asApproximateFloat()", '1.5'],
  ["quantity('1Gi').add(quantity('512Mi')).compareTo(quantity('1536Mi'))", '0'],
  ["quantity('5').sub(2).asInteger()", '3'],
  ["quantity('100m').isLessThan(quantity('1'))", 'true'],
  ["quantity('1').add(1).isGreaterThan(quantity('1'))", 'true'],
  ["ip('127.0.0.1').isLoopback()", 'true'],
  ["ip('::1').isLoopback()", 'true'],
  ["ip('0.0.0.0').isUnspecified()", 'true'],
  ["ip('169.254.1.1').isLinkLocalUnicast()", 'true'],
  ["ip('224.0.0.5').isLinkLocalMulticast()", 'true'],
  ["ip('10.0.0.1').isGlobalUnicast()", 'true'],
  ["ip('255.255.255.255').isGlobalUnicast()", 'false'],
  ["ip('fe80::1').isGlobalUnicast()", 'false'],
  ["ip('10.0.0.1').family()", '4'],
  ["string(cidr('192.168.0.1/24').ip())", '192.168.0.1'],
  ["string(cidr('192.168.0.1/24').masked())", '192.168.0.0/24'],
  ["cidr('192.168.0.0/24').containsIP('192.168.0.7')", 'true'],
  ["cidr('192.168.0.0/24').containsCIDR(cidr('192.168.0.0/25'))", 'true'],
  ["cidr('10.0.0.0/8').prefixLength()", '8'],
  ["ip.isCanonical('::1')", 'true'],
  ["isCIDR('10.0.0.0/33')", 'false'],
  ["url('https://a.b:80/c?x=1&x=2&y=3').getQuery()['x'][1]", '2'],
  ["url('https://a.b:80/c?x=1').getHost()", 'a.b:80'],
  ["url('https://[::1]:80/').getHostname()", '::1'],
  ["isURL('nonsense')", 'false'],
  ["isSemver('1.2.3')", 'true'],
  ["isSemver('v1.2')", 'false'],
  ["isSemver('v1.2', true)", 'true'],
  ["semver('1.2.3').major()", '1'],
  ["semver('1.2.3-rc.1').isLessThan(semver('1.2.3'))", 'true'],
  ["semver('1.10.0').isGreaterThan(semver('1.9.9'))", 'true'],
  ["semver('v1.02', true).minor()", '2'],
  ["semver('1.0.0-2').compareTo(semver('1.0.0-10'))", '-1'],
  ["semver('1.0.0').patch()", '0'],
  ["'a,b'.split(',')[1]", 'b'],
  ["'hello'.upperAscii()", 'HELLO'],
  ["'x'.matches('^x$')", 'true'],
  ["'ab12'.find('[0-9]+')", '12'],
  ["'a1b2'.findAll('[0-9]')[1]", '2'],
  ['[1,2,3,4].exists_one(x, x > 3)', 'true'],
  ["{'a':1}.all(k, k == 'a')", 'true'],
  ['type(1) == int', 'true'],
];

for (const [expression, text] of CASES)
  t.test(`kubernetesFunctions() evaluates ${expression}`, async (t) => {
    const result = evaluate(expression, {});
    t.equal('error' in result ? result.error : show(result.value), text);
  });

function show(value: unknown): string {
  if (isCelList(value)) return Array.from(value, showItem).join('|');
  return String(value);
}

function showItem(value: unknown): string {
  return isCelList(value) ? 'list' : String(value);
}

const FAILING = [
  ["quantity('x')", /unable to parse quantity|no quantity/],
  ["quantity('1.5').asInteger()", /cannot convert value to integer/],
  ['[1].slice(1, 3)', /cannot slice\(1, 3\), list is length 1/],
  ['[].max()', /max called on empty list/],
  ["semver('1.2')", /invalid semantic version/],
] as const;

for (const [expression, why] of FAILING)
  t.test(`kubernetesFunctions() refuses ${expression}`, async (t) => {
    const result = evaluate(expression, {});
    t.match('error' in result ? result.error : 'nothing', why);
  });
