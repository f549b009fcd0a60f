import type { Namespace, Pod } from '../api/index.ts';
import type { NamedPort, PolicyPod } from './party.ts';

/** What policies look at in a Pod of the Pod network. */
export function compilePod({ metadata, spec }: Pod, namespace: Namespace | undefined): PolicyPod {
  const sidecars = (spec?.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  const containers = [...(spec?.containers ?? []), ...sidecars];
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    node: spec?.nodeName ?? '',
    labels: metadata.labels ?? {},
    namespaceLabels: namespace?.metadata.labels ?? {},
    namedPorts: containers.flatMap(({ ports = [] }) =>
      ports.flatMap(({ name, protocol, containerPort }): readonly NamedPort[] =>
        name === undefined
          ? []
          : [
              {
                name,
                protocol: protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP',
                port: containerPort,
              },
            ],
      ),
    ),
  };
}
