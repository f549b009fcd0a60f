import type { Flow } from '../net/index.ts';
import type { Step } from '../observe/index.ts';
import { balancedNode } from '../proxy/index.ts';
import type { Cluster } from './create-cluster.ts';

/** A flow as the cluster meets it, and why it enters there. */
export interface EnteredFlow {
  readonly flow: Flow;
  readonly steps: readonly Step[];
}

/** From outside a connection enters at the Node whose address it is made to, or that a balancer chooses. */
export function enterCluster({ view }: Pick<Cluster, 'view'>, flow: Flow): EnteredFlow {
  const { origin, protocol, destination } = flow;
  if (origin.kind !== 'outside') return { flow, steps: [] };
  const { address, port } = destination;
  const named = view.nodes.byAddress(address)?.name;
  if (named !== undefined) return { flow: { ...flow, node: named }, steps: [] };
  const frontend = view.services.find(protocol, address, port);
  const isBalanced =
    frontend?.via === 'loadBalancerIP' && frontend.port.externalTrafficPolicy === 'Local';
  if (!isBalanced) return { flow, steps: [] };
  const chosen = balancedNode(frontend, { nodes: view.nodes.list(), random: () => 0 })?.name;
  const node = chosen ?? flow.node;
  const step: Step = {
    part: 'service',
    outcome: 'pass',
    what: `the load balancer chooses the Node: ${node}`,
    because:
      'externalTrafficPolicy is Local, and its health checks tell which Nodes have a ready endpoint',
  };
  return { flow: { ...flow, node }, steps: [step] };
}
