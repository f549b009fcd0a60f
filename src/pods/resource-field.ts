import {
  type Container,
  type Node,
  nanosOf,
  type Pod,
  type ResourceFieldSelector,
} from '../api/index.ts';

/** Where a `resourceFieldRef` looks. */
export interface ResourcePlace {
  readonly pod: Pod;
  readonly container: Container;
  readonly sources: { readonly node: (name: string) => Node | undefined };
}

/** Of cpu, the API counts thousandths. */
const MILLI = 1_000_000n;
const UNIT = 1_000_000_000n;

/**
 * A container's resource as `resourceFieldRef` asks for it: in units of its divisor, rounded up. A limit that is not
 * set is what the Node has to give.
 *
 * @returns undefined for a resource that cannot be asked for.
 * @see kubernetes pkg/api/v1/resource ExtractContainerResourceValue
 */
export function resourceField(
  { resource, containerName, divisor }: ResourceFieldSelector,
  place: ResourcePlace,
): string | undefined {
  const match = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(resource);
  if (match === null) return undefined;
  const [, kind = '', name = ''] = match;
  const { limits = {}, requests = {} } = containerNamed(containerName, place).resources ?? {};
  const amounts =
    kind === 'limits' ? [limits[name], allocatable(name, place)] : [requests[name], limits[name]];
  const amount = amounts.find((candidate) => candidate !== undefined);
  return `${divide(amount ?? '0', divisor, name === 'cpu' ? MILLI : UNIT)}`;
}

function containerNamed(name: string | undefined, { pod, container }: ResourcePlace): Container {
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return all.find((candidate) => candidate.name === name) ?? container;
}

function allocatable(name: string, { pod, sources }: ResourcePlace): string | number | undefined {
  return sources.node(pod.spec?.nodeName ?? '')?.status?.allocatable?.[name];
}

/** `amount / divisor`, each in whole `grain`s, rounded up; no divisor is 1. */
function divide(
  amount: string | number,
  divisor: string | number | undefined,
  grain: bigint,
): bigint {
  const value = inGrains(amount, grain);
  const by =
    divisor === undefined || `${divisor}` === '0' ? UNIT / grain : inGrains(divisor, grain);
  return by === 0n ? value : (value + by - 1n) / by;
}

function inGrains(quantity: string | number, grain: bigint): bigint {
  return (nanosOf(quantity) + grain - 1n) / grain;
}
