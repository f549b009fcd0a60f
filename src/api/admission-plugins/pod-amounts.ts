import type { PodSpec } from '../types.ts';
import { addAmounts, maxAmounts, readAmounts, type Amounts } from './amounts.ts';

/** What may be said of a Pod as a whole. */
const OF_POD = /^(?:cpu|memory$|hugepages-)/;
const NOTHING: Amounts = new Map();

/**
 * What a Pod's containers request, or may have at most, all together.
 *
 * Init containers run one after another, those that are restarted beside all that come after them; what the Pod says of
 * itself as a whole counts before what its containers say.
 *
 * @see kubernetes component-helpers `resource.PodRequests`, `resource.PodLimits`
 */
export function podAmounts(spec: PodSpec, field: 'requests' | 'limits'): Amounts {
  let together = NOTHING;
  for (const { resources } of spec.containers)
    together = addAmounts(together, readAmounts(resources?.[field]));
  let sidecars = NOTHING;
  let atOnce = NOTHING;
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    const own = readAmounts(resources?.[field]);
    const running = addAmounts(own, sidecars);
    if (restartPolicy === 'Always') {
      together = addAmounts(together, own);
      sidecars = running;
    }
    atOnce = maxAmounts(atOnce, running);
  }
  const all = new Map(maxAmounts(together, atOnce));
  for (const [name, quantity] of readAmounts(spec.resources?.[field]))
    if (OF_POD.test(name)) all.set(name, quantity);
  return all;
}
