import type { KubeObject, NetworkPolicy, NetworkPolicyPeer } from '../../api/index.ts';
import { parseCidr, parseIp } from '../../net/index.ts';
import type { Target } from '../context.ts';

/** What clients are told about a resource that they use; the texts of kube-apiserver's `Warning` headers. */
export function deprecationsOf({ definition }: Target): readonly string[] {
  const text = DEPRECATED[definition.name];
  return text === undefined ? [] : [text];
}

const DEPRECATED: Readonly<Record<string, string>> = {
  Endpoints: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  ComponentStatus: 'v1 ComponentStatus is deprecated in v1.19+',
};

/** What clients are told about an object that they wrote. */
export function warningsOf(object: KubeObject, { definition }: Target): readonly string[] {
  return WARNINGS[definition.name]?.(object) ?? [];
}

const WARNINGS: Readonly<Record<string, (object: KubeObject) => readonly string[]>> = {
  Service: (service) => {
    const { externalIPs = [] } = (service['spec'] ?? {}) as {
      readonly externalIPs?: readonly string[];
    };
    return externalIPs.length === 0
      ? []
      : ['spec.externalIPs is deprecated and may no longer be implemented in some clusters'];
  },
  NetworkPolicy: (policy) => {
    const { ingress = [], egress = [] } = (policy['spec'] ?? {}) as NetworkPolicySpec;
    return [
      ...ingress.flatMap(({ from = [] }, index) =>
        blockWarnings(from, `spec.ingress[${index}].from`),
      ),
      ...egress.flatMap(({ to = [] }, index) => blockWarnings(to, `spec.egress[${index}].to`)),
    ];
  },
};

type NetworkPolicySpec = NonNullable<NetworkPolicy['spec']>;

function blockWarnings(peers: readonly NetworkPolicyPeer[], field: string): readonly string[] {
  return peers.flatMap(({ ipBlock }, index) => {
    const path = `${field}[${index}].ipBlock`;
    if (ipBlock === undefined) return [];
    return [
      ...cidrWarnings(ipBlock.cidr, `${path}.cidr`),
      ...(ipBlock.except ?? []).flatMap((text, at) => cidrWarnings(text, `${path}.except[${at}]`)),
    ];
  });
}

/** Of prefixes that are taken, if only because they are stored. @see apimachinery `validation.GetWarningsForCIDR` */
function cidrWarnings(text: string, field: string): readonly string[] {
  const [cidr, address] = [parseCidr(text), parseIp(text.replace(/\/.*/, ''))];
  if (cidr === undefined || address === undefined) return [];
  if (address.bits !== cidr.network.bits) {
    const alone = `${address.text}/${cidr.family === 'IPv6' ? 128 : 32}`;
    return [
      `${field}: CIDR value ${JSON.stringify(text)} is ambiguous in this context (should be "${cidr.text}" or "${alone}"?)`,
    ];
  }
  return cidr.family === 'IPv6' && cidr.text !== text
    ? [
        `${field}: IPv6 CIDR value ${JSON.stringify(text)} should be in RFC 5952 canonical format ("${cidr.text}")`,
      ]
    : [];
}
