import type { PolicyRule } from './compiled.ts';
import type { Party, PolicyDirection, PolicyFlow } from './party.ts';

/** Who is at the other end than the one that policies select. */
export function peerOf({ source, destination }: PolicyFlow, direction: PolicyDirection): Party {
  return direction === 'egress' ? destination : source;
}

/** Whether one of the rule's peers, if it has any, is `party`. */
export function matchesPeers({ peers }: PolicyRule, party: Party): boolean {
  if (peers === undefined) return true;
  for (const isPeer of peers) if (isPeer(party)) return true;
  return false;
}

/** Whether one of the rule's ports, if it has any, is the connection's; names are the destination's. */
export function matchesPorts(
  { ports }: PolicyRule,
  { protocol, port, destination }: PolicyFlow,
): boolean {
  if (ports === undefined) return true;
  for (const isPort of ports) if (isPort(protocol, port, destination.pod)) return true;
  return false;
}
