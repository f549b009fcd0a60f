import type { Flow, OriginLookups } from '../net/index.ts';
import type { Step } from '../observe/index.ts';
import type { PartyReference, PolicyTable, RuleReference } from '../policy/index.ts';

/** One question to the policies: may this connection be? */
export interface PolicyQuestion {
  readonly direction: 'egress' | 'ingress';
  /** As the client made it. */
  readonly flow: Flow;
  /** After the Service's translation: the endpoint's address and the source it sees. */
  readonly translated: Flow;
  /** Whether a Service led to the endpoint. */
  readonly isThroughService: boolean;
  readonly explain: boolean;
}

export interface PolicyVerdict {
  readonly isAllowed: boolean;
  /** The rule that decided, where one did. */
  readonly rule?: RuleReference | undefined;
  readonly steps: readonly Step[];
}

/** The place of policies in every decision. */
export type EvaluatePolicy = (question: PolicyQuestion) => PolicyVerdict;

/** No policy at all: everything may talk to everything. */
export const ALLOW_ALL: EvaluatePolicy = () => ALLOWED;

const ALLOWED: PolicyVerdict = { isAllowed: true, steps: [] };

/**
 * Asks the policies of `table` about both ends as they see each other.
 *
 * A client that a Service's masquerade hides is its Node to the endpoint; a Pod that reaches itself through a Service stays
 * that Pod.
 */
export function createPolicyEvaluator(table: PolicyTable, lookups: OriginLookups): EvaluatePolicy {
  return ({ direction, flow, translated, isThroughService, explain }) => {
    if (!explain && table.isEmpty) return ALLOWED;
    const destination = partyAt(translated.destination.address, lookups);
    const source =
      direction === 'egress' || isOwn(flow, destination) || !isHidden(flow, translated)
        ? originParty(flow, lookups)
        : partyAt(translated.source.address, lookups);
    return table.evaluate(
      {
        protocol: translated.protocol,
        port: translated.destination.port,
        source: table.party(source),
        destination: table.party(destination),
        isThroughService,
      },
      { direction, explain },
    );
  };
}

function isHidden(flow: Flow, translated: Flow): boolean {
  return flow.source.address !== translated.source.address;
}

function isOwn({ origin }: Flow, { pod }: PartyReference): boolean {
  return origin.kind === 'pod' && pod?.name === origin.name && pod.namespace === origin.namespace;
}

function originParty(
  { origin, source: { address } }: Flow,
  lookups: OriginLookups,
): PartyReference {
  switch (origin.kind) {
    case 'pod':
      return { address, pod: origin };
    case 'node':
      return { address, node: origin.name };
    case 'outside':
      return { address, node: lookups.nodeByAddress(address) };
    default:
      return origin satisfies never;
  }
}

function partyAt(address: string, lookups: OriginLookups): PartyReference {
  const pod = lookups.podByAddress(address);
  return { address, pod, node: pod === undefined ? lookups.nodeByAddress(address) : undefined };
}
