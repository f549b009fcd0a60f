import { parseQuantity } from '../../quantity.ts';
import type { Container, PodSpec } from '../../types.ts';

const COUNTED: readonly string[] = ['cpu', 'memory'];

/** How a Pod is treated when its Node runs out. @see kubernetes `ComputePodQOS` */
export function qosClassOf({ containers, initContainers = [] }: PodSpec): string {
  const all = [...containers, ...initContainers];
  if (all.every((container) => asksForNothing(container))) return 'BestEffort';
  return all.every((container) => isGuaranteed(container)) ? 'Guaranteed' : 'Burstable';
}

function asksForNothing({ resources }: Container): boolean {
  const amounts = [
    ...Object.entries(resources?.limits ?? {}),
    ...Object.entries(resources?.requests ?? {}),
  ];
  return amounts.every(([name, amount]) => !COUNTED.includes(name) || nanos(amount) === 0n);
}

/** Both are limited, and requested to the limit. */
function isGuaranteed({ resources }: Container): boolean {
  return COUNTED.every((name) => {
    const limit = resources?.limits?.[name];
    const request = resources?.requests?.[name] ?? limit;
    return (
      limit !== undefined &&
      request !== undefined &&
      nanos(limit) > 0n &&
      nanos(limit) === nanos(request)
    );
  });
}

function nanos(amount: string | number): bigint {
  return parseQuantity(amount)?.nanos ?? 0n;
}
