import type { Container, ContainerPort, IntOrString, Pod } from './types.ts';

/** What of a Service's port says where its traffic goes. */
export interface TargetedPort {
  readonly port: number;
  readonly protocol?: string;
  /** @default the port's own number */
  readonly targetPort?: IntOrString;
}

/** What of a Pod is looked at; lint hands over Pod templates. */
export type PodPorts = Pick<Pod, 'spec'>;

/**
 * The port on `pod` that a Service's port leads to.
 *
 * A number is taken as it is. A name is looked for among the containers, then among the init containers that run on
 * beside them; protocol and name must both agree, and a container's port without a protocol is a TCP port.
 *
 * @returns undefined when the Pod has no port of this name.
 * @see kubernetes `endpointslice/util.FindPort`
 */
export function resolveTargetPort(
  pod: PodPorts,
  { port, protocol = 'TCP', targetPort = port }: TargetedPort,
): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  for (const { ports = [] } of portContainers(pod))
    for (const candidate of ports)
      if (candidate.name === targetPort && (candidate.protocol ?? 'TCP') === protocol)
        return candidate.containerPort;
  return undefined;
}

/** Every port that a Service may name, in the order in which it is looked for. */
export function namedPorts(pod: PodPorts): readonly ContainerPort[] {
  return portContainers(pod)
    .flatMap(({ ports = [] }) => ports)
    .filter(({ name }) => name !== undefined);
}

/** Containers first; ordinary init containers are gone before traffic comes. */
function portContainers({ spec }: PodPorts): readonly Container[] {
  const sidecars = (spec?.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  return [...(spec?.containers ?? []), ...sidecars];
}
