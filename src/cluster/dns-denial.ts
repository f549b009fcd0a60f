import type { Pod } from '../api/index.ts';
import type { Datapath } from '../datapath/index.ts';
import type { Step } from '../observe/index.ts';

const DNS_PORT = 53;

/** Where a Pod asks. */
export interface DnsPlace {
  /** Of kube-dns. */
  readonly address: string;
  /** @default 'UDP' */
  readonly protocol?: 'TCP' | 'UDP';
}

/** Why policies keep a Pod from the cluster's DNS; undefined where they do not. */
export function dnsDenial(
  { metadata, spec, status }: Pod,
  { address: server, protocol = 'UDP' }: DnsPlace,
  datapath: Datapath | undefined,
): readonly Step[] | undefined {
  const isIPv6 = server.includes(':');
  const own = (status?.podIPs ?? []).find(({ ip }) => ip.includes(':') === isIPv6)?.ip;
  if (datapath === undefined || own === undefined) return undefined;
  const { namespace = '', name } = metadata;
  const flow = {
    protocol,
    source: { address: own, port: 0 },
    destination: { address: server, port: DNS_PORT },
    origin: { kind: 'pod', namespace, name },
    node: spec?.nodeName ?? '',
  } as const;
  const isDenied = ({ kind, ...decision }: ReturnType<Datapath['decide']>): boolean =>
    kind === 'reject' && 'reason' in decision && decision.reason === 'denied';
  if (!isDenied(datapath.decide(flow))) return undefined;
  const { steps } = datapath.decide(flow, { explain: true });
  return denialsIn(steps);
}

/** What policies say against a question, among the steps of a resolution or a decision. */
export function denialsIn(steps: readonly Step[]): readonly Step[] {
  return steps.filter(({ part, outcome }) => part === 'policy' && outcome === 'fail');
}
