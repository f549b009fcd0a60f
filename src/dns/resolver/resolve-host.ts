import type { Pod } from '../../api/index.ts';
import { parseIp } from '../../net/index.ts';
import type { Step } from '../../observe/index.ts';
import type { Answer } from '../answer.ts';
import type { Resolve } from '../chain.ts';
import { absolute } from '../names.ts';
import { createQuery, INTERNAL_CLIENT, type Client } from '../query.ts';
import {
  formatRdata,
  RCODE,
  rcodeName,
  TYPE,
  typeName,
  type ResourceRecord,
} from '../wire/index.ts';
import { podHosts } from './pod-hosts.ts';
import { podResolvConf, type NodeDns } from './pod-resolv-conf.ts';
import { ndotsOf, type ResolvConf } from './resolv-conf.ts';
import { walk, type LookupError, type Outcome, type StubResolver } from './walk.ts';

export interface ResolveHostOptions {
  readonly resolvConf: ResolvConf;
  /** Asked for every candidate; the server behind the first nameserver. */
  readonly resolve: Resolve;
  /** @default glibc */
  readonly resolver?: StubResolver;
  /** Who asks. @default this process */
  readonly client?: Client;
  /** @default both */
  readonly types?: readonly number[];
  /** Names of the program's hosts file, lower case, without final dot. @default none */
  readonly hosts?: ReadonlyMap<string, readonly string[]>;
}

/** One question that was asked on the way. */
export interface AskedName {
  readonly name: string;
  readonly type: number;
  /** Mnemonic, or `TIMEOUT`. */
  readonly rcode: string;
  readonly answers: readonly ResourceRecord[];
}

export interface HostResult {
  /** IPv4 before IPv6, each in the order of the answers; empty when the name was not found. */
  readonly addresses: readonly string[];
  /** The candidate that was found, absolute. */
  readonly name?: string;
  /** Why there is no address. */
  readonly error?: LookupError;
  /** Aliases from `name` on: the names that CNAME records led to. */
  readonly aliases: readonly string[];
  readonly asked: readonly AskedName[];
  readonly steps: readonly Step[];
}

const ADDRESS_TYPES = [TYPE.A, TYPE.AAAA] as const;

/**
 * Resolves a name as a program does: an address is itself, then the hosts file, then the candidates of the search list.
 *
 * @see getaddrinfo(3)
 */
export async function resolveHost(name: string, options: ResolveHostOptions): Promise<HostResult> {
  const known = knownAddresses(name, options);
  if (known !== undefined) return known;
  const { resolvConf, resolver = { name: 'glibc' }, types = ADDRESS_TYPES } = options;
  const { search } = resolvConf;
  const steps: Step[] = [];
  const asked: AskedName[] = [];
  const candidates = walk(name, { search, ndots: ndotsOf(resolvConf) }, resolver);
  let next = candidates.next();
  let answers: readonly ResourceRecord[] = [];
  while (next.done !== true) {
    const candidate = next.value;
    const replies = await Promise.all(
      types.map((type) =>
        ask(candidate, type, { ...options, explain: (step) => steps.push(step) }),
      ),
    );
    const isFound = replies.some(({ outcome }) => outcome === 'FOUND');
    for (const reply of replies) {
      asked.push(reply.asked);
      steps.push(stepOf(reply, isFound));
    }
    answers = replies.flatMap((reply) => reply.asked.answers);
    next = candidates.next(worstOf(replies.map(({ outcome }) => outcome)));
  }
  const result = next.value;
  if (result.kind === 'failed')
    return { addresses: [], error: result.error, aliases: [], asked, steps };
  const { addresses, aliases } = follow(result.name, answers);
  return { addresses, name: result.name, aliases, asked, steps };
}

/** As `resolveHost`, with the resolv.conf and the hosts file that the kubelet writes for `pod`. */
export function resolveAsPod(
  name: string,
  pod: Pod,
  options: Omit<ResolveHostOptions, 'resolvConf' | 'hosts'> & { readonly node: NodeDns },
): Promise<HostResult> {
  const { namespace = 'default' } = pod.metadata;
  const { dnsPolicy, hostNetwork, dnsConfig } = pod.spec ?? {};
  const { resolvConf } = podResolvConf(
    {
      namespace,
      ...(dnsPolicy === undefined ? {} : { dnsPolicy }),
      ...(hostNetwork === undefined ? {} : { hostNetwork }),
      ...(dnsConfig === undefined ? {} : { dnsConfig }),
    },
    options.node,
  );
  const hosts = podHosts(pod, options.node.clusterDomain ?? 'cluster.local');
  return resolveHost(name, { ...options, resolvConf, hosts });
}

/** Addresses that no server is asked for. */
function knownAddresses(name: string, { hosts }: ResolveHostOptions): HostResult | undefined {
  const ip = parseIp(name);
  const listed = hosts?.get(name.toLowerCase().replace(/\.$/, ''));
  const addresses = ip === undefined ? listed : [ip.text];
  if (addresses === undefined) return undefined;
  const what = ip === undefined ? `${name} stands in /etc/hosts` : `${name} is an address`;
  const steps: readonly Step[] = [{ part: 'dns', outcome: 'pass', what }];
  return { addresses, name: absolute(name), aliases: [], asked: [], steps };
}

interface Reply {
  readonly asked: AskedName;
  readonly outcome: Outcome;
}

async function ask(
  name: string,
  type: number,
  options: ResolveHostOptions & { readonly explain: (step: Step) => void },
): Promise<Reply> {
  const { client = INTERNAL_CLIENT, explain } = options;
  const answer = await options.resolve(createQuery(name, type, { client, explain }));
  const rcode = answer === undefined ? 'TIMEOUT' : rcodeName(answer.rcode);
  const asked: AskedName = { name, type, rcode, answers: answer?.answers ?? [] };
  return { asked, outcome: outcomeOf(answer, type) };
}

function outcomeOf(answer: Answer | undefined, type: number): Outcome {
  if (answer === undefined) return 'TIMEOUT';
  if (answer.answers.some((record) => record.type === type)) return 'FOUND';
  if (answer.rcode === RCODE.NOERROR) return 'NODATA';
  if (answer.rcode === RCODE.NXDOMAIN) return 'NXDOMAIN';
  return answer.rcode === RCODE.SERVFAIL ? 'SERVFAIL' : 'REFUSED';
}

/** A name is found when any family has an address; otherwise what is known of one family is known of the name. */
const SEVERITY: readonly Outcome[] = ['FOUND', 'TIMEOUT', 'SERVFAIL', 'REFUSED', 'NODATA'];

function worstOf(outcomes: readonly Outcome[]): Outcome {
  return SEVERITY.find((outcome) => outcomes.includes(outcome)) ?? 'NXDOMAIN';
}

/** @param isFound A name with addresses of one family alone is nothing to mend. */
function stepOf({ asked, outcome }: Reply, isFound: boolean): Step {
  const { name, type, rcode, answers } = asked;
  const found = answers.map(({ rdata }) => formatRdata(rdata)).join(', ');
  const what = `${name} ${typeName(type)}:`;
  if (outcome === 'FOUND') return { part: 'dns', outcome: 'pass', what: `${what} ${found}` };
  if (outcome !== 'NODATA') return { part: 'dns', outcome: 'fail', what: `${what} ${rcode}` };
  return { part: 'dns', outcome: isFound ? 'skip' : 'fail', what: `${what} NODATA` };
}

/** Addresses at the end of the aliases that start at `name`. */
function follow(
  name: string,
  records: readonly ResourceRecord[],
): { addresses: readonly string[]; aliases: readonly string[] } {
  const aliases = new Set<string>();
  for (const { type, rdata } of records)
    if (type === TYPE.CNAME && rdata.kind === 'name') aliases.add(rdata.target);
  const addresses = records.flatMap(({ rdata }) =>
    rdata.kind === 'address' ? [rdata.address] : [],
  );
  aliases.delete(name);
  return { addresses: [...new Set(addresses)], aliases: [...aliases] };
}
