import type { Container, ContainerStatus, Pod } from '../../api/index.ts';
import { conditionsSection, row, type Part } from './parts.ts';

/** A Pod with its containers. */
export function describePod({
  metadata,
  spec = { containers: [] },
  status = {},
}: Pod): readonly Part[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const { deletionTimestamp } = metadata;
  return [
    ...row('Service Account', spec.serviceAccountName),
    ['Node', spec.nodeName === undefined ? '<none>' : `${spec.nodeName}/${status.hostIP}`],
    ...row('Start Time', status.startTime),
    ...row(
      'Status',
      deletionTimestamp === undefined ? status.phase : `Terminating (since ${deletionTimestamp})`,
    ),
    ...row('Reason', status.reason),
    ...row('Message', status.message),
    ...row('IP', status.podIP),
    ...row('IPs', status.podIPs?.map(({ ip }) => ip).join(',')),
    {
      title: 'Containers',
      lines: containers.flatMap((container) => containerLines(container, statuses)),
    },
    conditionsSection(status.conditions),
  ];
}

function containerLines(
  container: Container,
  statuses: readonly ContainerStatus[],
): readonly string[] {
  const ports = (container.ports ?? []).map(
    ({ containerPort, protocol = 'TCP' }) => `${containerPort}/${protocol}`,
  );
  return [
    `${container.name}:`,
    `  Image:          ${container.image ?? ''}`,
    `  Ports:          ${ports.length === 0 ? '<none>' : ports.join(', ')}`,
    ...stateLines(statuses.find(({ name }) => name === container.name)),
  ];
}

function stateLines(status: ContainerStatus | undefined): readonly string[] {
  const state = status?.state ?? { waiting: {} };
  const [name] = Object.keys(state);
  const reason = state.terminated?.reason ?? state.waiting?.reason;
  const words = `${(name ?? 'waiting').replace(/^./, (first) => first.toUpperCase())}${reason === undefined ? '' : ` (${reason})`}`;
  return [
    `  State:          ${words}`,
    `  Ready:          ${status?.ready === true ? 'True' : 'False'}`,
    `  Restart Count:  ${status?.restartCount ?? 0}`,
  ];
}
