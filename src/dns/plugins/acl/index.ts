/** Who may ask what. */
import { cidrContains, parseIp, type Ip } from '../../../net/index.ts';
import type { Answer } from '../../answer.ts';
import type { PluginDefinition } from '../../corefile/index.ts';
import type { Counter, MetricFamily, Metrics } from '../../metrics.ts';
import { zoneOf } from '../../names.ts';
import type { Query } from '../../query.ts';
import { EDNS_OPTION, RCODE } from '../../wire/index.ts';
import { readRule, type Action, type Policy, type Rule } from './rules.ts';

/** Extended errors. @see RFC 8914 §4.16, §4.18 */
const BLOCKED = 15;
const FILTERED = 17;

/** `acl [ZONES…] { allow|block|filter|drop [type TYPE…] [net CIDR…] [file PATH…] }` */
export const acl: PluginDefinition = {
  name: 'acl',
  setup: (directives, context) => {
    const rules = directives.map((directive) => readRule(directive, context));
    const counts = countersOf(context.environment.metrics);
    return {
      plugin: (query, next) => {
        const verdict = judge(query, rules);
        const { address = '', view = '' } = query.server ?? {};
        if (verdict.action === 'allow') {
          counts.allow.with(address, view).inc();
          const answer = next(query);
          if (verdict.zone === undefined) return answer;
          return answer instanceof Promise ? answer.then(forThisClient) : forThisClient(answer);
        }
        counts[verdict.action].with(address, verdict.zone, view).inc();
        query.explain?.({ part: 'dns', outcome: 'fail', what: `acl: ${verdict.action}` });
        return ANSWERS[verdict.action];
      },
    };
  },
};

type Verdict =
  | { readonly action: 'allow'; readonly zone: string | undefined }
  | { readonly action: Exclude<Action, 'allow'>; readonly zone: string };

const ANSWERS: Readonly<Record<Exclude<Action, 'allow'>, Answer | undefined>> = {
  block: refusal(RCODE.REFUSED, BLOCKED),
  filter: refusal(RCODE.NOERROR, FILTERED),
  drop: undefined,
};

function refusal(rcode: number, code: number): Answer {
  const data = Buffer.alloc(2);
  data.writeUInt16BE(code);
  return {
    rcode,
    answers: [],
    authority: [],
    additional: [],
    ednsOptions: [{ code: EDNS_OPTION.EDE, data }],
    // CoreDNS says why to those who cannot ask, too.
    ownEdns: { udpSize: 4096, isDnssecOk: true },
  };
}

/** The first policy that fits, of the first rule with one; without, all are allowed. */
function judge(query: Query, rules: readonly Rule[]): Verdict {
  const ip = parseIp(query.client.address.replace(/%.*$/, ''));
  let seen: string | undefined;
  for (const { zones, policies } of rules) {
    const zone = zoneOf(query.qname, zones);
    if (zone === undefined) continue;
    seen = zone;
    if (ip === undefined) return { action: 'block', zone };
    const action = policies.find((policy) => fits(policy, query.qtype, ip))?.action;
    if (action === 'allow') return { action, zone };
    if (action !== undefined) return { action, zone };
  }
  return { action: 'allow', zone: seen };
}

function fits({ types, nets }: Policy, qtype: number, ip: Ip): boolean {
  if (types !== undefined && !types.has(qtype)) return false;
  return nets === undefined || nets.some((net) => cidrContains(net, ip));
}

function forThisClient(answer: Answer | undefined): Answer | undefined {
  return answer?.isStable === true ? { ...answer, isStable: false } : answer;
}

function countersOf(metrics: Metrics): Readonly<Record<Action, MetricFamily<Counter>>> {
  const counter = (what: string, labels: readonly string[]): MetricFamily<Counter> =>
    metrics.counter({
      name: `coredns_acl_${what}_requests_total`,
      help: `Counter of DNS requests being ${what}.`,
      labels,
    });
  const place = ['server', 'zone', 'view'];
  return {
    block: counter('blocked', place),
    filter: counter('filtered', place),
    drop: counter('dropped', place),
    allow: counter('allowed', ['server', 'view']),
  };
}
