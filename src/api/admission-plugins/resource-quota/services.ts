import type { Service } from '../../types.ts';
import { countOf } from '../amounts.ts';
import type { Evaluator } from './evaluator.ts';

const NAMES: ReadonlySet<string> = new Set([
  'count/services',
  'services',
  'services.nodeports',
  'services.loadbalancers',
]);

/** Services, and what of the Nodes they take. */
export const SERVICES: Evaluator = {
  handles: ({ operation, subresource }) => operation !== 'DELETE' && subresource === '',
  counts: (name) => NAMES.has(name),
  isInScope: () => false,
  missing: () => '',
  usage: (object) => {
    const service = object as unknown as Service; // a Service by its kind
    return new Map([
      ['count/services', countOf(1)],
      ['services', countOf(1)],
      ['services.nodeports', countOf(nodePortsOf(service))],
      ['services.loadbalancers', countOf(service.spec?.type === 'LoadBalancer' ? 1 : 0)],
    ]);
  },
};

/** Those that are wanted: they may not be there yet. */
function nodePortsOf({ spec }: Service): number {
  const { type, ports = [], allocateLoadBalancerNodePorts } = spec ?? {};
  if (type === 'NodePort') return ports.length;
  if (type !== 'LoadBalancer') return 0;
  if (allocateLoadBalancerNodePorts !== false) return ports.length;
  return ports.filter(({ nodePort = 0 }) => nodePort !== 0).length;
}
