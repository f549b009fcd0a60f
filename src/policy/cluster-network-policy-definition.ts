import type { KubeObject } from '../api/index.ts';

/** The kind's name in the store. */
export const CLUSTER_NETWORK_POLICY = 'ClusterNetworkPolicy.policy.networking.k8s.io';

type Schema = Readonly<Record<string, unknown>>;

const MAX_RULES = 25;
const MAX_PEERS = 25;

/**
 * The CustomResourceDefinition of ClusterNetworkPolicy, `policy.networking.k8s.io/v1alpha2`.
 *
 * @param channel The experimental one knows nodes and domainNames as peers. @default 'experimental'
 * @see network-policy-api v0.2.0
 */
export function clusterNetworkPolicyDefinition(
  channel: 'standard' | 'experimental' = 'experimental',
): KubeObject {
  const group = 'policy.networking.k8s.io';
  const plural = 'clusternetworkpolicies';
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: {
        'api-approved.kubernetes.io':
          'https://github.com/kubernetes-sigs/network-policy-api/pull/347',
        'policy.networking.k8s.io/bundle-version': 'v0.2.0',
        'policy.networking.k8s.io/channel': channel,
      },
    },
    spec: {
      group,
      names: {
        kind: 'ClusterNetworkPolicy',
        listKind: 'ClusterNetworkPolicyList',
        plural,
        singular: 'clusternetworkpolicy',
        shortNames: ['cnp'],
      },
      scope: 'Cluster',
      versions: [version(channel === 'experimental')],
    },
  };
}

function version(isExperimental: boolean): Schema {
  return {
    name: 'v1alpha2',
    served: true,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: [
      { name: 'Tier', type: 'string', jsonPath: '.spec.tier' },
      { name: 'Priority', type: 'string', jsonPath: '.spec.priority' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
    schema: { openAPIV3Schema: schemaOf(isExperimental) },
  };
}

function schemaOf(isExperimental: boolean): Schema {
  const spec = object(
    {
      tier: { type: 'string', enum: ['Admin', 'Baseline'] },
      priority: { type: 'integer', format: 'int32', minimum: 0, maximum: 1000 },
      subject: exactlyOne({ namespaces: labelSelector(), pods: podsPeer() }),
      ingress: list(rule('from', { namespaces: labelSelector(), pods: podsPeer() }), MAX_RULES),
      egress: list(egressRule(isExperimental), MAX_RULES),
    },
    ['tier', 'priority', 'subject'],
  );
  const condition = object(
    {
      type: { type: 'string', maxLength: 316 },
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      reason: { type: 'string', minLength: 1, maxLength: 1024 },
      message: { type: 'string', maxLength: 32_768 },
      lastTransitionTime: { type: 'string', format: 'date-time' },
      observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    },
    ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  );
  const conditions = {
    type: 'array',
    items: condition,
    'x-kubernetes-list-map-keys': ['type'],
    'x-kubernetes-list-type': 'map',
  };
  return object(
    {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec,
      status: object({ conditions }),
    },
    ['metadata', 'spec'],
  );
}

function egressRule(isExperimental: boolean): Schema {
  const cidr = {
    type: 'string',
    maxLength: 43,
    'x-kubernetes-validations': [{ rule: 'isCIDR(self)', message: 'Invalid CIDR format provided' }],
  };
  const domainName = {
    type: 'string',
    pattern: String.raw`^(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$`,
  };
  const set = (items: Schema): Schema => ({
    ...list(items, MAX_PEERS),
    minItems: 1,
    'x-kubernetes-list-type': 'set',
  });
  const peers = {
    namespaces: labelSelector(),
    pods: podsPeer(),
    networks: set(cidr),
    ...(isExperimental && { nodes: labelSelector(), domainNames: set(domainName) }),
  };
  if (!isExperimental) return rule('to', peers);
  return {
    ...rule('to', peers),
    'x-kubernetes-validations': [
      {
        rule: '!(self.to.exists(peer, has(peer.networks) || has(peer.nodes) || has(peer.domainNames)) && has(self.protocols) && self.protocols.exists(protocol, has(protocol.destinationNamedPort)))',
        message:
          'networks/nodes/domainNames peer cannot be set with namedPorts since there are no namedPorts for networks/nodes/domainNames',
      },
    ],
  };
}

function rule(side: 'from' | 'to', peers: Readonly<Record<string, Schema>>): Schema {
  return object(
    {
      name: { type: 'string', maxLength: 100 },
      action: { type: 'string', enum: ['Accept', 'Deny', 'Pass'] },
      [side]: { ...list(exactlyOne(peers), MAX_PEERS), minItems: 1 },
      protocols: {
        ...list(
          exactlyOne({
            tcp: destination(),
            udp: destination(),
            sctp: destination(),
            destinationNamedPort: { type: 'string' },
          }),
          MAX_PEERS,
        ),
        minItems: 1,
      },
    },
    ['action', side],
  );
}

function destination(): Schema {
  const port = { type: 'integer', format: 'int32', minimum: 1, maximum: 65_535 };
  const range = {
    ...object({ start: port, end: port }, ['end', 'start']),
    'x-kubernetes-validations': [
      { rule: 'self.start < self.end', message: 'Start port must be less than End port' },
    ],
  };
  return { ...object({ destinationPort: exactlyOne({ number: port, range }) }), minProperties: 1 };
}

function podsPeer(): Schema {
  return object({ namespaceSelector: labelSelector(), podSelector: labelSelector() }, [
    'podSelector',
  ]);
}

function labelSelector(): Schema {
  const strings = { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic' };
  return {
    ...object({
      matchLabels: { type: 'object', additionalProperties: { type: 'string' } },
      matchExpressions: {
        type: 'array',
        items: object({ key: { type: 'string' }, operator: { type: 'string' }, values: strings }, [
          'key',
          'operator',
        ]),
        'x-kubernetes-list-type': 'atomic',
      },
    }),
    'x-kubernetes-map-type': 'atomic',
  };
}

function exactlyOne(properties: Readonly<Record<string, Schema>>): Schema {
  return { ...object(properties), minProperties: 1, maxProperties: 1 };
}

function list(items: Schema, maxItems: number): Schema {
  return { type: 'array', items, maxItems };
}

function object(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema {
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}
