import { count, items, word } from '../kinds/object-path.ts';
import type { PlacedContainer } from './containers.ts';

interface PlacedPort {
  readonly field: string;
  readonly name: string;
  readonly containerPort: number;
  readonly protocol: string;
  readonly hostPort: number;
  readonly hostIP: string;
}

/** Of ports that several containers, or one twice, have. */
export function portWarnings(containers: readonly PlacedContainer[]): readonly string[] {
  const ports = containers.flatMap(({ container, field }) =>
    items(container, 'ports').map((port, index) => placed(port, `${field}.ports[${index}]`)),
  );
  return [
    ...ports.flatMap((port, index) => [
      ...(port.hostIP !== '' && port.hostPort === 0
        ? [`${port.field}: hostIP set without hostPort: ${showGo(port)}`]
        : []),
      ...ports.slice(0, index).flatMap((other) => overlap(port, other)),
    ]),
    ...ports.flatMap((port, index) => {
      const first = ports.findIndex(({ name }) => name === port.name);
      if (port.name === '' || first === index) return [];
      const other = ports[first]?.field ?? '';
      return [
        `${port.field}: duplicate port name ${JSON.stringify(port.name)} with ${other}, services and probes that select ports by name will use ${other}`,
      ];
    }),
  ];
}

function placed(port: unknown, field: string): PlacedPort {
  return {
    field,
    name: word(port, 'name'),
    containerPort: count(port, 'containerPort'),
    protocol: word(port, 'protocol'),
    hostPort: count(port, 'hostPort'),
    hostIP: word(port, 'hostIP'),
  };
}

function overlap(port: PlacedPort, other: PlacedPort): readonly string[] {
  if (port.containerPort !== other.containerPort || port.protocol !== other.protocol) return [];
  const isSamePort = port.hostPort === other.hostPort;
  if (isSamePort && port.hostIP === other.hostIP)
    return [`${port.field}: duplicate port definition with ${other.field}`];
  if (port.hostPort === 0 || other.hostPort === 0)
    return [`${port.field}: overlapping port definition with ${other.field}`];
  const isOneAnywhere = (port.hostIP === '') !== (other.hostIP === '');
  return isSamePort && isOneAnywhere
    ? [`${port.field}: dangerously ambiguous port definition with ${other.field}`]
    : [];
}

/** As Go prints the struct. */
function showGo({ name, hostPort, containerPort, protocol, hostIP }: PlacedPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}
