import type { ContainerPort, ServicePort } from '../../types.ts';
import { describeObject } from '../describe-object.ts';
import { nearestName } from '../../../net/index.ts';
import type { Problem } from '../problem.ts';
import { namespaceOf, type DocumentOf, type LintInput, type PodSource } from './rule.ts';

/** Selectors that select nothing, and target ports that no selected container has. */
export function lintServices(input: LintInput): readonly Problem[] {
  return input.ofKind('Service').flatMap((document) => {
    const { selector, type } = document.object.spec ?? {};
    if (selector === undefined || Object.keys(selector).length === 0 || type === 'ExternalName')
      return [];
    const own = input.pods.filter(({ namespace }) => namespace === namespaceOf(document));
    const selected = own.filter(({ labels }) => matches(selector, labels));
    if (selected.length === 0) return [selectsNothing(document, own, input.pods)];
    return lintPorts(document, selected);
  });
}

type Labels = Readonly<Record<string, string>>;

function matches(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function selectsNothing(
  document: DocumentOf<'Service'>,
  own: readonly PodSource[],
  all: readonly PodSource[],
): Problem {
  const selector = document.object.spec?.selector ?? {};
  const written = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  const hint = selectorHint(selector, own) ?? namespaceHint(selector, all);
  return {
    severity: 'warning',
    message: `selector ${written.join(',')} matches no Pod in the manifests`,
    position: document.positionOf('spec.selector'),
    object: describeObject(document.object),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** A label that comes near, the value first: most typing mistakes are made there. */
function selectorHint(selector: Labels, pods: readonly PodSource[]): string | undefined {
  for (const [key, value] of Object.entries(selector)) {
    const values = pods.flatMap(({ labels }) => labels[key] ?? []);
    if (values.includes(value)) continue;
    const keys = pods.flatMap(({ labels }) => Object.keys(labels));
    const nearestValue = nearestName(value, values);
    const nearestKey = values.length > 0 ? undefined : nearestName(key, keys);
    if (nearestValue !== undefined) return `Did you mean ${key}=${nearestValue}?`;
    if (nearestKey !== undefined) return `Did you mean the label "${nearestKey}"?`;
  }
  return undefined;
}

function namespaceHint(selector: Labels, pods: readonly PodSource[]): string | undefined {
  const elsewhere = pods.find(({ labels }) => matches(selector, labels));
  if (elsewhere === undefined) return undefined;
  return `Such Pods are in namespace ${elsewhere.namespace}; a Service selects in its own.`;
}

function lintPorts(
  document: DocumentOf<'Service'>,
  selected: readonly PodSource[],
): readonly Problem[] {
  const containerPorts = selected.flatMap(portsOf);
  return (document.object.spec?.ports ?? []).flatMap((port, index) => {
    const wrong =
      typeof port.targetPort === 'string'
        ? wrongName(port, port.targetPort, containerPorts)
        : wrongNumber(port, containerPorts);
    if (wrong === undefined) return [];
    const path = `spec.ports[${index}].${port.targetPort === undefined ? 'port' : 'targetPort'}`;
    return [
      {
        severity: 'warning',
        position: document.positionOf(path),
        object: describeObject(document.object),
        ...wrong,
      } satisfies Problem,
    ];
  });
}

/** Ports of what runs with the Pod: its containers, and init containers that go on running. */
function portsOf({ spec }: PodSource): readonly ContainerPort[] {
  const sidecars = (spec?.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  return [...(spec?.containers ?? []), ...sidecars].flatMap(({ ports }) => ports ?? []);
}

interface Wrong {
  readonly message: string;
  readonly hint?: string;
}

function wrongName(
  port: ServicePort,
  name: string,
  containerPorts: readonly ContainerPort[],
): Wrong | undefined {
  const protocol = port.protocol ?? 'TCP';
  const named = containerPorts.filter((candidate) => candidate.name === name);
  if (named.some((candidate) => (candidate.protocol ?? 'TCP') === protocol)) return undefined;
  const other = named[0];
  if (other !== undefined) {
    return {
      message: `targetPort "${name}" is a ${other.protocol ?? 'TCP'} port of the selected Pods, and this port is ${protocol}`,
      hint: `Set protocol: ${other.protocol ?? 'TCP'}, or name another port.`,
    };
  }
  const names = containerPorts.flatMap((candidate) => candidate.name ?? []);
  const nearest = nearestName(name, names);
  const known = nearest === undefined ? names : [nearest];
  return {
    message: `targetPort "${name}" is the name of no port of the selected Pods`,
    hint: known.length === 0 ? 'Name a containerPort so.' : `Did you mean ${quoteAll(known)}?`,
  };
}

function quoteAll(names: readonly string[]): string {
  return [...new Set(names)].map((name) => `"${name}"`).join(' or ');
}

/** Ports need not be declared; where some are, one that is not is a mistake. */
function wrongNumber(
  port: ServicePort,
  containerPorts: readonly ContainerPort[],
): Wrong | undefined {
  // Zero means that it was left out.
  const number = port.targetPort === 0 ? port.port : (port.targetPort ?? port.port);
  const protocol = port.protocol ?? 'TCP';
  const declared = containerPorts.map(
    ({ containerPort, protocol: own = 'TCP' }) => `${containerPort}/${own}`,
  );
  if (declared.length === 0 || declared.includes(`${number}/${protocol}`)) return undefined;
  const field = port.targetPort === undefined ? 'port' : 'targetPort';
  return {
    message: `${field} ${number}/${protocol} is none of the ports that the selected Pods declare (${[...new Set(declared)].join(', ')})`,
    hint: 'Set targetPort to the port on which the containers listen, or declare it as a containerPort.',
  };
}
