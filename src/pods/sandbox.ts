import type { Node, Pod } from '../api/index.ts';
import { IpamError } from '../ipam/index.ts';
import type { KubeletContext } from './kubelet-context.ts';
import type { PodInterface } from './pod-network.ts';

/** A Pod's place in the network, from its start to its end. */
export interface Sandbox extends Disposable {
  readonly nodeName: string;
  readonly network: PodInterface;
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
}

export type SandboxOutcome =
  | { readonly kind: 'ready'; readonly sandbox: Sandbox }
  /** Not yet; a change of the Node may bring it. */
  | { readonly kind: 'failed'; readonly message: string };

/** Gives a Pod its addresses and joins it to them. */
export function createSandbox(pod: Pod, kubelet: KubeletContext): SandboxOutcome {
  const { store, network, podAddresses, forwardOf } = kubelet;
  const { nodeName = '', hostNetwork = false } = pod.spec ?? {};
  const { namespace, name, uid = '' } = pod.metadata;
  const node = store.get('Node', undefined, nodeName);
  if (node === undefined) return { kind: 'failed', message: `node ${nodeName} does not exist` };
  const addresses = hostIpsOf(node);
  const hostIPs = onePerFamily(addresses);
  try {
    const podIPs = hostNetwork ? hostIPs : podAddresses.assign(node, uid);
    const attached = network.attach(hostNetwork ? addresses : podIPs, `pod ${namespace}/${name}`);
    attached.forward(forwardOf(pod));
    const dispose = (): void => {
      attached[Symbol.dispose]();
      if (!hostNetwork) podAddresses.release(uid);
    };
    const sandbox = { nodeName, network: attached, podIPs, hostIPs, [Symbol.dispose]: dispose };
    return { kind: 'ready', sandbox };
  } catch (error) {
    if (error instanceof IpamError) return { kind: 'failed', message: error.message };
    throw error;
  }
}

/** What a Pod may say of its Node: the first address of each family. @see kubernetes pkg/kubelet getHostIPs */
function onePerFamily(addresses: readonly string[]): readonly string[] {
  const first = addresses.find((address) => !address.includes(':'));
  const second = addresses.find((address) => address.includes(':'));
  return addresses.filter((address) => address === first || address === second);
}

/** The Node's addresses inside of the cluster. */
export function hostIpsOf({ status }: Node): readonly string[] {
  return (status?.addresses ?? [])
    .filter(({ type }) => type === 'InternalIP')
    .map(({ address }) => address);
}
