import type { KubeObject } from '../object.ts';
import { at, items, word } from '../kinds/object-path.ts';
import { listWarnings, prefixWarnings } from './addresses.ts';

const PEERS = { ingress: 'from', egress: 'to' } as const;

/** Of the prefixes of its peers. */
export function networkPolicyWarnings(policy: KubeObject): readonly string[] {
  return Object.entries(PEERS).flatMap(([direction, list]) =>
    items(policy, `spec.${direction}`).flatMap((rule, index) =>
      items(rule, list).flatMap((peer, place) => {
        const field = `spec.${direction}[${index}].${list}[${place}].ipBlock`;
        if (at(peer, 'ipBlock') === undefined) return [];
        return [
          ...prefixWarnings(word(peer, 'ipBlock.cidr'), `${field}.cidr`),
          ...listWarnings(items(peer, 'ipBlock.except'), `${field}.except`, prefixWarnings),
        ];
      }),
    ),
  );
}
