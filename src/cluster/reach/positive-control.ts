import type { Flow } from '../../net/index.ts';
import { delivered, endOf, type Probed, type ReachWorld } from './probe.ts';

/**
 * Whether the target of a flow that is denied answers anybody, so that a dead one does not pass for denied.
 *
 * The same flow without policies must lead to an endpoint, and this one must answer its own Pod, which no policy keeps
 * from itself; or somebody else must have reached the same target.
 *
 * @param others All flows of the same run.
 * @returns What was seen; undefined when nothing was.
 */
export async function positiveControl(
  world: ReachWorld,
  flow: Flow,
  others: readonly Probed[],
): Promise<string | undefined> {
  const other = others.find(
    ({ result, flow: own }) =>
      result.verdict === 'allowed' &&
      own?.protocol === flow.protocol &&
      own.destination.address === flow.destination.address &&
      own.destination.port === flow.destination.port,
  );
  if (other !== undefined) return `${other.result.from} reaches it`;
  const destination = delivered(world, flow)?.destination;
  const text = destination === undefined ? '' : `${destination.address}:${destination.port}`;
  if (destination === undefined) return undefined;
  // SCTP is decided and not carried: nobody can be seen to answer.
  if (world.isDecided || flow.protocol === 'SCTP')
    return `without policies it is delivered to ${text}`;
  const own = await endOf(world, {
    ...flow,
    ...ownCaller(world, destination.address),
    destination,
  });
  return own.verdict === 'allowed' ? `${text} answers its own Pod` : undefined;
}

/** The Pod that has the address; for what is no Pod's, the Node, which no policy binds. */
function ownCaller(
  { cluster: { view } }: ReachWorld,
  address: string,
): Pick<Flow, 'source' | 'origin' | 'node'> {
  const [pod] = view.pods.byAddress(address);
  if (pod !== undefined) {
    const { namespace, name, node } = pod;
    return { source: { address, port: 0 }, origin: { kind: 'pod', namespace, name }, node };
  }
  const [node] = view.nodes.list();
  const isIPv6 = address.includes(':');
  const own = node?.addresses.find((candidate) => candidate.includes(':') === isIPv6);
  const name = node?.name ?? '';
  return {
    source: { address: own ?? address, port: 0 },
    origin: { kind: 'node', name },
    node: name,
  };
}
