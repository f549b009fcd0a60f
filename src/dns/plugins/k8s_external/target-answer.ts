import type { Answer } from '../../answer.ts';
import { onAnswer, type Resolve } from '../../chain.ts';
import { lookUp } from '../../look-up.ts';
import { absolute } from '../../names.ts';
import { RCODE, TYPE, type ResourceRecord } from '../../wire/index.ts';
import { negativeAnswer } from './apex.ts';
import type { ExternalTarget } from './find-external.ts';
import { headOf, type ExternalLookup } from './lookup.ts';

/** What is collected for a reply. */
interface Collected {
  readonly answers: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  readonly isTruncated: boolean;
}

const NOTHING: Collected = { answers: [], additional: [], isTruncated: false };

/** A, AAAA or SRV records of `targets`; names of load balancers are looked up. */
export function targetAnswer(
  targets: readonly ExternalTarget[],
  lookup: ExternalLookup,
): ReturnType<Resolve> {
  const collect = lookup.query.qtype === TYPE.SRV ? collectServices : collectAddresses;
  return onAnswer(collect(targets, lookup), (answer) =>
    answer !== undefined && answer.answers.length === 0
      ? negativeAnswer(lookup, RCODE.NOERROR)
      : answer,
  );
}

function collectAddresses(
  targets: readonly ExternalTarget[],
  lookup: ExternalLookup,
): ReturnType<Resolve> {
  const { query, options, resolve, kubernetes } = lookup;
  const seen = new Set<string>();
  const step = (index: number, so: Collected): ReturnType<Resolve> => {
    const target = targets[index];
    if (target === undefined) return answerOf(so);
    const { host } = target;
    if (host.kind !== 'name') {
      const isOther = TYPE[host.kind] !== query.qtype || seen.has(host.address);
      seen.add(host.address);
      if (isOther) return step(index + 1, so);
      const record = addressRecord(query.name, host, options.ttl);
      return step(index + 1, { ...so, answers: [...so.answers, record] });
    }
    const name = absolute(host.name);
    const alias: ResourceRecord = {
      ...headOf(query.name, TYPE.CNAME, kubernetes.settings.ttl),
      rdata: { kind: 'name', target: name },
    };
    return onAnswer(lookUp(resolve, query, { name, type: query.qtype }), (found) =>
      step(index + 1, {
        ...so,
        answers: [...so.answers, alias, ...(found?.answers ?? [])],
        isTruncated: so.isTruncated || found?.isTruncated === true,
      }),
    );
  };
  return step(0, NOTHING);
}

function collectServices(
  targets: readonly ExternalTarget[],
  lookup: ExternalLookup,
): ReturnType<Resolve> {
  const { query, zone, options, resolve, kubernetes } = lookup;
  const weight = Math.max(1, Math.floor(100 / targets.length));
  const seen = new Set<string>();
  const isNew = (key: string): boolean => !seen.has(key) && seen.add(key).has(key);
  const step = (index: number, so: Collected): ReturnType<Resolve> => {
    const found = targets[index];
    if (found === undefined) return answerOf(so);
    const { host, port, owner } = found;
    if (port === undefined) return step(index + 1, so);
    const target = host.kind === 'name' ? absolute(host.name) : ownerIn(owner, zone);
    const service: ResourceRecord = {
      ...headOf(query.name, TYPE.SRV, kubernetes.settings.ttl),
      rdata: { kind: 'srv', priority: 0, weight, port, target },
    };
    const answers = isNew(`${target} ${port}`) ? [...so.answers, service] : so.answers;
    if (host.kind !== 'name') {
      const address = addressRecord(target, host, options.ttl);
      const additional = isNew(`${target} ${host.address}`)
        ? [...so.additional, address]
        : so.additional;
      return step(index + 1, { ...so, answers, additional });
    }
    if (!isNew(`${target} ${target}`)) return step(index + 1, { ...so, answers });
    return onAnswer(lookUp(resolve, query, { name: target, type: TYPE.A }), (ipv4) =>
      onAnswer(lookUp(resolve, query, { name: target, type: TYPE.AAAA }), (ipv6) =>
        step(index + 1, {
          ...so,
          answers,
          additional: [...so.additional, ...(ipv4?.answers ?? []), ...(ipv6?.answers ?? [])],
        }),
      ),
    );
  };
  return step(0, NOTHING);
}

/** The name of a Service or an endpoint under an outside zone. */
export function ownerIn(owner: string, zone: string): string {
  return zone === '.' ? `${owner}.` : `${owner}.${zone}`;
}

/** An A or AAAA record. */
export function addressRecord(
  name: string,
  { kind, address }: { readonly kind: 'A' | 'AAAA'; readonly address: string },
  ttl: number,
): ResourceRecord {
  return { ...headOf(name, TYPE[kind], ttl), rdata: { kind: 'address', address } };
}

function answerOf(collected: Collected): Answer {
  return { rcode: RCODE.NOERROR, isAuthoritative: true, authority: [], ...collected };
}
