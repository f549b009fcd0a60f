import { cidrContains, parseCidr, type Cidr } from '../../../net/index.ts';
import { compileLabelSelector, matchesLabels, type LabelPredicate } from '../../selectors.ts';
import type { LabelSelector, NetworkPolicyPeer, NetworkPolicyPort } from '../../types.ts';
import { describeObject } from '../describe-object.ts';
import type { Problem } from '../problem.ts';
import { namespaceOf, type DocumentOf, type LintInput, type PodSource } from './rule.ts';

/** Policies that the API takes and that do something else than was meant. */
export function lintNetworkPolicies(input: LintInput): readonly Problem[] {
  const policies = input.ofKind('NetworkPolicy').map(readPolicy);
  const allowing = policies.filter(({ rules }) => rules.some(allowsDns));
  return policies.flatMap((policy) => {
    const { document, rules } = policy;
    const selected = input.pods.filter((pod) => isSelected(pod, policy));
    return [
      ...lintSelection(document, selected, input.pods),
      ...lintDns(policy, { selected, allowing }),
      ...rules.flatMap((rule) => [
        ...lintBlocks(document, rule, input),
        ...lintPeers(document, rule),
        ...lintPorts(document, rule, { selected, input }),
      ]),
    ];
  });
}

interface Rule {
  readonly direction: 'ingress' | 'egress';
  /** `spec.ingress[0]` */
  readonly field: string;
  readonly side: 'from' | 'to';
  readonly peers: readonly NetworkPolicyPeer[];
  readonly ports: readonly NetworkPolicyPort[];
}

type Policy = DocumentOf<'NetworkPolicy'>;

/** A policy with what several rules ask of it. */
interface ReadPolicy {
  readonly document: Policy;
  readonly namespace: string;
  readonly rules: readonly Rule[];
  readonly selects: LabelPredicate;
}

function readPolicy(document: Policy): ReadPolicy {
  return {
    document,
    namespace: namespaceOf(document),
    rules: rulesOf(document),
    selects: predicateOf(document.object.spec?.podSelector),
  };
}

function rulesOf({ object: { spec = {} } }: Policy): readonly Rule[] {
  const { ingress = [], egress = [] } = spec;
  return [
    ...ingress.map(({ from: peers = [], ports = [] }, index) => ({
      direction: 'ingress' as const,
      field: `spec.ingress[${index}]`,
      side: 'from' as const,
      peers,
      ports,
    })),
    ...egress.map(({ to: peers = [], ports = [] }, index) => ({
      direction: 'egress' as const,
      field: `spec.egress[${index}]`,
      side: 'to' as const,
      peers,
      ports,
    })),
  ];
}

function warning(
  document: Policy,
  path: string,
  { message, hint }: { readonly message: string; readonly hint: string },
): Problem {
  const object = describeObject(document.object);
  return { severity: 'warning', message, position: document.positionOf(path), object, hint };
}

function isSelected(pod: PodSource, { namespace, selects }: ReadPolicy): boolean {
  return pod.namespace === namespace && selects(pod.labels);
}

/** What the API will refuse is told elsewhere. */
function predicateOf(selector: LabelSelector | undefined): LabelPredicate {
  try {
    return compileLabelSelector(selector ?? {});
  } catch {
    return () => true;
  }
}

/** Without any Pod in the manifests they are somewhere else; an empty selector means those to come. */
function lintSelection(
  document: Policy,
  selected: readonly PodSource[],
  pods: readonly PodSource[],
): readonly Problem[] {
  const { matchLabels = {}, matchExpressions = [] } = document.object.spec?.podSelector ?? {};
  const isEmpty = Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
  if (selected.length > 0 || pods.length === 0 || isEmpty) return [];
  const message = 'the policy selects no Pod of the manifests: it isolates nothing';
  const hint = 'A policy selects Pods by their labels, in its own namespace.';
  return [warning(document, 'spec.podSelector', { message, hint })];
}

const DNS_PORT = 53;

interface DnsFacts {
  readonly selected: readonly PodSource[];
  /** All that allow DNS to somebody: what any allows is allowed. */
  readonly allowing: readonly ReadPolicy[];
}

/** Who may go somewhere, and may not ask where that is. */
function lintDns(
  { document, namespace, rules }: ReadPolicy,
  { selected, allowing }: DnsFacts,
): readonly Problem[] {
  const hasEgress = rules.some(({ direction }) => direction === 'egress');
  if (!hasEgress || rules.some(allowsDns)) return [];
  const others = allowing.filter((other) => other.namespace === namespace);
  const pods = selected.length > 0 ? selected : [{ labels: labelsOf(document) }];
  const isAllowed = pods.every(({ labels }) => others.some(({ selects }) => selects(labels)));
  if (isAllowed) return [];
  const message = 'egress rules allow no DNS: the selected Pods find no name';
  const hint = 'Allow UDP and TCP 53 to the Pods with k8s-app: kube-dns in kube-system.';
  return [warning(document, 'spec.egress', { message, hint })];
}

/** What Pods that a policy would select have at least, where none is in the manifests. */
function labelsOf({ object }: Policy): Readonly<Record<string, string>> {
  return object.spec?.podSelector?.matchLabels ?? {};
}

function allowsDns({ direction, ports }: Rule): boolean {
  if (direction === 'ingress') return false;
  return (
    ports.length === 0 ||
    ports.some(
      ({ protocol = 'TCP', port, endPort }) =>
        protocol === 'UDP' &&
        (typeof port !== 'number' || (port <= DNS_PORT && (endPort ?? port) >= DNS_PORT)),
    )
  );
}

/** Addresses of Pods change, and those of Services are translated before policies see them. */
function lintBlocks(
  document: Policy,
  { field, side, peers }: Rule,
  { ranges }: LintInput,
): readonly Problem[] {
  return peers.flatMap(({ ipBlock }, index) => {
    const block = parseCidr(ipBlock?.cidr ?? '');
    if (block === undefined) return [];
    const isWithin = (all: Cidr): boolean =>
      cidrContains(all, block.network) && block.prefixLength >= all.prefixLength;
    const path = `${field}.${side}[${index}].ipBlock`;
    if (ranges.podCIDRs.some(isWithin)) {
      const message = `ipBlock ${ipBlock?.cidr} names addresses of Pods`;
      return [warning(document, path, { message, hint: 'Select Pods by their labels.' })];
    }
    if (!ranges.serviceCIDRs.some(isWithin)) return [];
    const message = `ipBlock ${ipBlock?.cidr} names addresses of Services`;
    const hint = 'Policies see the Pod behind a Service, never its cluster IP: select the Pods.';
    return [warning(document, path, { message, hint })];
  });
}

function lintPeers(document: Policy, { field, side, peers }: Rule): readonly Problem[] {
  const at = peers.findIndex(
    ({ podSelector, namespaceSelector }, index) =>
      podSelector !== undefined &&
      namespaceSelector === undefined &&
      peers[index - 1]?.namespaceSelector !== undefined &&
      peers[index - 1]?.podSelector === undefined,
  );
  if (at === -1) return [];
  const message = `${side} has a namespaceSelector and a podSelector as two entries: either is enough, and the podSelector means the policy's own namespace`;
  const hint = 'For Pods of those namespaces write both in one entry: no dash before podSelector.';
  return [warning(document, `${field}.${side}[${at}]`, { message, hint })];
}

interface PortFacts {
  readonly selected: readonly PodSource[];
  readonly input: LintInput;
}

/** Ports of an ingress rule are those of the selected Pods. */
function lintPorts(
  document: Policy,
  { direction, field, ports }: Rule,
  { selected, input }: PortFacts,
): readonly Problem[] {
  if (direction === 'egress' || ports.length === 0) return [];
  const declared = selected.flatMap(({ spec }) =>
    [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].flatMap(
      ({ ports: own }) => own ?? [],
    ),
  );
  if (declared.length === 0) return [];
  return ports.flatMap(({ port }, index) => {
    const path = `${field}.ports[${index}].port`;
    if (typeof port === 'string') {
      if (declared.some(({ name }) => name === port)) return [];
      const message = `no selected Pod has a port named "${port}": the rule matches nothing`;
      return [
        warning(document, path, { message, hint: 'Name a containerPort so, or write its number.' }),
      ];
    }
    if (port === undefined || declared.some(({ containerPort }) => containerPort === port))
      return [];
    const target = targetOf(port, document, { selected, input });
    if (target === undefined) return [];
    const message = `port ${port} is the Service's; the selected Pods receive ${target}`;
    return [warning(document, path, { message, hint: `Write port: ${target}.` })];
  });
}

/** Where the Service's port `port` leads to, if a Service in front of the selected Pods has one and leads elsewhere. */
function targetOf(
  port: number,
  document: Policy,
  { selected, input }: PortFacts,
): number | string | undefined {
  for (const { object, ...rest } of input.ofKind('Service')) {
    const { selector = {}, ports = [] } = object.spec ?? {};
    const isInFront =
      namespaceOf({ object, ...rest }) === namespaceOf(document) &&
      Object.keys(selector).length > 0 &&
      selected.some(({ labels }) => matchesLabels(selector, labels));
    const target = isInFront ? ports.find((own) => own.port === port)?.targetPort : undefined;
    if (target !== undefined && target !== port) return target;
  }
  return undefined;
}
