import {
  formatTime,
  type Node,
  type NodeAddress,
  type NodeCondition,
  type NodeStatus,
  type NodeSystemInfo,
} from '../../api/index.ts';
import { ipFromBits, parseIp } from '../../net/index.ts';
import { preferenceOf } from '../../ipam/index.ts';

/** The address of the first Node; the others follow it. */
const FIRST_ADDRESS = '10.0.0.11';
/** The release whose behaviour is emulated. */
const KUBELET_VERSION = 'v1.36.3';
/**
 * What an emulated Node says it has. Nothing is consumed and the scheduler does not count requests, so any manifest's
 * requests fit.
 */
const CAPACITY = {
  cpu: '64',
  'ephemeral-storage': '1Ti',
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  memory: '256Gi',
  pods: '250',
} as const;

const CONDITIONS = [
  [
    'MemoryPressure',
    'False',
    'KubeletHasSufficientMemory',
    'kubelet has sufficient memory available',
  ],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const;

/** The labels that every kubelet gives its Node. */
export function kubeletLabels(name: string): Readonly<Record<string, string>> {
  return {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
  };
}

/** The address of the Node with that number, counted from 0: 10.0.0.11, 10.0.0.12, … */
export function nodeAddress(index: number): string {
  const first = parseIp(FIRST_ADDRESS);
  return first === undefined ? FIRST_ADDRESS : ipFromBits('IPv4', first.bits + BigInt(index)).text;
}

/** The Node's address for traffic inside the cluster. */
export function internalAddress({ status }: Node): string | undefined {
  return status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
}

/**
 * What a kubelet would report for a Node; what its manifest says already stays.
 *
 * @param now Milliseconds since 1970.
 */
export function kubeletStatus(node: Node, address: string, now: number): NodeStatus {
  const { name } = node.metadata;
  const { status = {} } = node;
  return {
    ...status,
    capacity: { ...CAPACITY, ...status.capacity },
    allocatable: { ...CAPACITY, ...status.capacity, ...status.allocatable },
    conditions: completeConditions(status.conditions ?? [], now),
    addresses: completeAddresses(status.addresses ?? [], name, address),
    daemonEndpoints: status.daemonEndpoints ?? { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: { ...systemInfo(name), ...status.nodeInfo },
  };
}

/** Whether a kubelet's first report is still missing. */
export function isUnregistered(node: Node): boolean {
  const types = new Set(node.status?.conditions?.map(({ type }) => type));
  return (
    !types.has('Ready') ||
    internalAddress(node) === undefined ||
    node.status?.nodeInfo?.kubeletVersion === undefined ||
    node.status.allocatable?.['pods'] === undefined
  );
}

function completeConditions(
  present: readonly NodeCondition[],
  now: number,
): readonly NodeCondition[] {
  const time = formatTime(now);
  const missing = CONDITIONS.filter(([type]) => !present.some((own) => own.type === type));
  return [
    ...present,
    ...missing.map(([type, status, reason, message]) => ({
      type,
      status,
      lastHeartbeatTime: time,
      lastTransitionTime: time,
      reason,
      message,
    })),
  ];
}

function completeAddresses(
  present: readonly NodeAddress[],
  name: string,
  address: string,
): readonly NodeAddress[] {
  const wanted = [
    { type: 'InternalIP', address },
    { type: 'Hostname', address: name },
  ];
  return [...present, ...wanted.filter(({ type }) => !present.some((own) => own.type === type))];
}

function systemInfo(name: string): NodeSystemInfo {
  const id = [0, 1].map((part) => preferenceOf(part, name).toString(16).padStart(16, '0')).join('');
  const uuid = id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return {
    architecture: 'amd64',
    bootID: uuid,
    containerRuntimeVersion: 'podlane://1.0.0',
    kernelVersion: '6.12.0-podlane',
    kubeProxyVersion: '',
    kubeletVersion: KUBELET_VERSION,
    machineID: id,
    operatingSystem: 'linux',
    osImage: 'podlane',
    systemUUID: uuid,
  };
}
