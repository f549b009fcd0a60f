/** Compares a message with what a row expects. */
import {
  formatRdata,
  rcodeName,
  TYPE,
  typeName,
  type Message,
  type ResourceRecord,
} from '../../../../src/dns/index.ts';
import type { ExpectedRecord, Expectation, QueryFields } from './table.ts';

type Fact = string | number | boolean;

/** What does not agree, one line each; empty when all does. */
export function differences(
  message: Message,
  expect: Expectation,
  query?: QueryFields,
): readonly string[] {
  const problems: string[] = [];
  const check = (what: string, actual: Fact, expected: Fact | undefined): void => {
    if (expected !== undefined && actual !== expected)
      problems.push(`${what} is ${String(actual)}, not ${String(expected)}`);
  };
  const { flags } = message;
  check('rcode', rcodeName(flags.rcode), expect.rcode);
  check('aa', flags.isAuthoritative, expect.aa);
  check('ra', flags.isRecursionAvailable, expect.ra);
  check('tc', flags.isTruncated, expect.tc);
  check('rd', flags.isRecursionDesired, expect.hdr?.rd);
  if (expect.noQuestionEchoed === true) check('questions', message.questions.length, 0);
  // Where the query has an OPT record and the row is silent, so is the comparison.
  if (expect.opt !== undefined || (query?.edns ?? undefined) === undefined)
    problems.push(...compareOpt(message, expect));
  problems.push(
    ...compareSection('answer', message.answers, {
      expected: expect.answers,
      count: expect.answerCount,
    }),
  );
  problems.push(...compareSection('authority', message.authority, { expected: expect.authority }));
  problems.push(
    ...compareSection('additional', message.additional, {
      expected: expect.additional,
      count: expect.additionalCount,
    }),
  );
  if (expect.orderMatters === 'cname-first') problems.push(...checkAliasesFirst(message.answers));
  if (expect.orderMatters === true)
    check(
      'order',
      show(message.answers).join('; '),
      (expect.answers ?? []).map(showExpected).join('; '),
    );
  return problems;
}

interface SectionExpectation {
  readonly expected: readonly ExpectedRecord[] | undefined;
  readonly count?: number | undefined;
}

function compareSection(
  section: string,
  records: readonly ResourceRecord[],
  { expected, count }: SectionExpectation,
): readonly string[] {
  if (expected === undefined) return [];
  const actual = show(records).toSorted();
  const wanted = expected.map(showExpected).toSorted();
  if (count !== undefined) {
    const strangers = actual.filter((line) => !wanted.includes(line));
    if (records.length === count && strangers.length === 0) return [];
    return [
      `${section} has ${records.length} records, not ${count}; not expected: ${strangers.join('; ')}`,
    ];
  }
  if (actual.length === wanted.length && actual.every((line, index) => line === wanted[index]))
    return [];
  return [`${section} is [${actual.join('; ')}], not [${wanted.join('; ')}]`];
}

function compareOpt({ edns }: Message, { opt }: Expectation): readonly string[] {
  if (opt === undefined || opt === null)
    return edns === undefined ? [] : ['there is an OPT record'];
  if (edns === undefined) return ['there is no OPT record'];
  const facts: readonly (readonly [what: string, actual: Fact, expected: Fact | undefined])[] = [
    ['udpSize', edns.udpSize, opt.udpSize],
    ['version', edns.version, opt.version],
    ['do', edns.isDnssecOk, opt.do],
    ['options', edns.options.length, opt.options?.length],
  ];
  return facts
    .filter(([, actual, expected]) => expected !== undefined && actual !== expected)
    .map(([what, actual, expected]) => `OPT ${what} is ${String(actual)}, not ${String(expected)}`);
}

function checkAliasesFirst(records: readonly ResourceRecord[]): readonly string[] {
  const firstOther = records.findIndex(({ type }) => type !== TYPE.CNAME);
  const lastAlias = records.findLastIndex(({ type }) => type === TYPE.CNAME);
  return firstOther >= 0 && firstOther < lastAlias ? ['an alias stands after other records'] : [];
}

/** Serials are any number to the table. */
function show(records: readonly ResourceRecord[]): readonly string[] {
  return records.map(({ name, type, ttl, rdata }) => {
    const text = formatRdata(rdata);
    const data = type === TYPE.SOA ? text.replace(/^(\S+ \S+) \d+/, '$1 *') : text;
    return `${name} ${ttl} ${typeName(type)} ${data}`;
  });
}

function showExpected({ name, type, ttl, rdata }: ExpectedRecord): string {
  const data = type === 'SOA' ? rdata.replace(/^(\S+ \S+) \S+/, '$1 *') : rdata;
  return `${name} ${ttl} ${type} ${data}`;
}
