import type { Node, Quantity } from '../../api/index.ts';
import { ZONE } from './endpoint-of-pod.ts';

/** Each zone's share of the CPU of the Nodes that count, all shares together 1. */
export type ZoneShares = ReadonlyMap<string, number>;

const EXCLUDED = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/**
 * How the cluster's CPU is spread over zones.
 *
 * Control plane Nodes and those that are not ready do not count.
 *
 * @returns undefined when a Node that counts has no zone or no CPU, or when there are fewer than two zones.
 * @see kubernetes topologycache.go `SetNodes`
 */
export function zoneShares(nodes: readonly Node[]): ZoneShares | undefined {
  const cpuByZone = new Map<string, number>();
  let total = 0;
  for (const node of nodes) {
    if (!counts(node)) continue;
    const cpu = milliCpu(node.status?.allocatable?.['cpu']);
    const zone = node.metadata.labels?.[ZONE] ?? '';
    if (zone === '' || cpu === 0) return undefined;
    cpuByZone.set(zone, (cpuByZone.get(zone) ?? 0) + cpu);
    total += cpu;
  }
  if (cpuByZone.size < 2) return undefined;
  return new Map([...cpuByZone].map(([zone, cpu]) => [zone, cpu / total]));
}

function counts({ metadata, status }: Node): boolean {
  if (EXCLUDED.some((label) => metadata.labels?.[label] !== undefined)) return false;
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}

const SUFFIX: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
};

/** A CPU quantity in thousandths of a core, rounded up. */
function milliCpu(quantity: Quantity = 0): number {
  const [, number = '0', suffix = ''] =
    /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(quantity)) ?? [];
  return Math.ceil(Number(number) * (SUFFIX[suffix] ?? 0) * 1000 - 1e-6);
}
