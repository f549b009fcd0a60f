import { nanosOf } from '../../quantity.ts';
import type { Container, PodSpec } from '../../types.ts';

/** A container, or a Pod as a whole. */
interface Sized {
  readonly resources?: Container['resources'] | undefined;
}

const COUNTED: readonly string[] = ['cpu', 'memory'];

/** How a Pod is treated when its Node runs out. @see kubernetes `ComputePodQOS` */
export function qosClassOf({ containers, initContainers = [], resources }: PodSpec): string {
  // What a Pod says of itself as a whole counts before what its containers say.
  const isWhole = [resources?.limits, resources?.requests].some((amounts) => amounts !== undefined);
  const all = isWhole ? [{ resources }] : [...containers, ...initContainers];
  if (all.every((container) => asksForNothing(container))) return 'BestEffort';
  return all.every((container) => isGuaranteed(container)) ? 'Guaranteed' : 'Burstable';
}

function asksForNothing({ resources }: Sized): boolean {
  const amounts = [
    ...Object.entries(resources?.limits ?? {}),
    ...Object.entries(resources?.requests ?? {}),
  ];
  return amounts.every(([name, amount]) => !COUNTED.includes(name) || nanosOf(amount) === 0n);
}

/** Both are limited, and requested to the limit. */
function isGuaranteed({ resources }: Sized): boolean {
  return COUNTED.every((name) => {
    const limit = resources?.limits?.[name];
    const request = resources?.requests?.[name] ?? limit;
    return (
      limit !== undefined &&
      request !== undefined &&
      nanosOf(limit) > 0n &&
      nanosOf(limit) === nanosOf(request)
    );
  });
}
