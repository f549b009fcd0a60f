/** What both servers forward to: names of example.org, the same for each. */
import {
  createAnswerBytes,
  failure,
  RCODE,
  routeTo,
  serveDns,
  TYPE,
  type Answer,
  type DnsServer,
  type Query,
} from '../../../src/dns/index.ts';
import { parseRecord } from '../../../src/dns/zone-file/index.ts';
import { SILENT } from '../../../src/observe/index.ts';

const SOA = 'example.org. 300 IN SOA ns.example.org. admin.example.org. 7 3600 600 86400 60';
const RECORDS = [
  'www.example.org. 120 IN A 192.0.2.1',
  'www.example.org. 120 IN AAAA 2001:db8::1',
  'lb.example.org. 60 IN A 192.0.2.2',
  'chain.example.org. 90 IN CNAME alias.example.org.',
  'alias.example.org. 80 IN CNAME www.example.org.',
  'mx.example.org. 3600 IN MX 10 www.example.org.',
  'web.example.org. 10 IN A 192.0.2.3',
  'api.example.org. 0 IN A 192.0.2.4',
  'example.org. 300 IN NS ns.example.org.',
  SOA,
  ...Array.from({ length: 40 }, (_, index) => `big.example.org. 30 IN A 198.51.100.${index}`),
  ...Array.from({ length: 8 }, (_, index) => `many.example.org. 30 IN A 203.0.113.${index}`),
  'big.example.org. 30 IN TXT "a" "b c"',
].map((line) => parseRecord(line));
const RCODES: Readonly<Record<string, number>> = {
  'fail.example.org.': RCODE.SERVFAIL,
  'refused.example.org.': RCODE.REFUSED,
};

/** @see RFC 1034 §4.3.2, with names and no zones */
function resolve({ qname, qtype }: Query): Answer {
  const facts = { ...failure(RCODE.NOERROR), isBare: false, isRecursionAvailable: true };
  const rcode = RCODES[qname];
  if (rcode !== undefined) return { ...facts, rcode };
  const answers = [];
  let name = qname;
  for (let steps = 0; steps < 4; steps += 1) {
    const here = RECORDS.filter((record) => record.name === name);
    const found = here.filter(({ type }) => type === qtype || qtype === TYPE.ANY);
    if (found.length > 0) return { ...facts, answers: [...answers, ...found] };
    const alias = here.find(({ type }) => type === TYPE.CNAME);
    if (alias?.rdata.kind !== 'name') {
      const isThere = here.length > 0 || qname.startsWith('empty.');
      const authority = RECORDS.filter(({ type }) => type === TYPE.SOA);
      return { ...facts, rcode: isThere ? RCODE.NOERROR : RCODE.NXDOMAIN, answers, authority };
    }
    answers.push(alias);
    name = alias.rdata.target;
  }
  return { ...facts, answers };
}

export function serveUpstream(): Promise<DnsServer> {
  return serveDns({
    addresses: [{ address: '127.0.0.1', port: 0 }],
    answerBytes: createAnswerBytes({ route: routeTo(resolve) }),
    log: SILENT,
  });
}
