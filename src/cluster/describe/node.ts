import type { Node } from '../../api/index.ts';
import { conditionsSection, row, type Part } from './parts.ts';

/** A Node with its addresses. */
export function describeNode({ spec = {}, status = {} }: Node): readonly Part[] {
  return [
    [
      'Taints',
      ...(spec.taints ?? []).map(
        ({ key, value = '', effect }) => `${key}${value === '' ? '' : `=${value}`}:${effect}`,
      ),
    ],
    ['Unschedulable', String(spec.unschedulable === true)],
    ['Addresses', ...(status.addresses ?? []).map(({ type, address }) => `${type} ${address}`)],
    ...row('PodCIDRs', spec.podCIDRs?.join(',')),
    conditionsSection(status.conditions),
  ];
}
