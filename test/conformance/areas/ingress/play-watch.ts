import type { CaseResult } from '../../area.ts';
import { isRecord } from './values.ts';
import type { IngressCase } from './table.ts';
import { startWorld } from './world.ts';

/** Plays a row that looks at the status or the Events of its first Ingress. */
export async function playWatch(row: IngressCase): Promise<CaseResult> {
  const { id, group, expect, request } = row;
  const [first] = row.ingresses;
  const world = await startWorld(row, true);
  const { store } = world.cluster;
  const [namespace, name] = [first?.ns ?? 'default', first?.name ?? ''];
  try {
    if (request.watch === 'events') {
      const events = store
        .list('Event', { namespace })
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ type, reason, message }) => ({ type, reason, message }));
      const { type, reason, message } = isRecord(expect['event']) ? expect['event'] : {};
      const ok = events.some(
        (event) =>
          event.type === type &&
          event.reason === reason &&
          (message === undefined || event.message === message),
      );
      return { id, title: group, ok, expected: expect, actual: events };
    }
    if (request.event !== undefined) await world[Symbol.asyncDispose]();
    const { loadBalancer = {} } = store.get('Ingress', namespace, name)?.status ?? {};
    const wanted = expect['status.loadBalancer.ingress'];
    const isProse = typeof wanted === 'string';
    const actual = 'status.loadBalancer' in expect ? loadBalancer : (loadBalancer.ingress ?? []);
    const expected = 'status.loadBalancer' in expect ? expect['status.loadBalancer'] : wanted;
    const isSame = JSON.stringify(expected) === JSON.stringify(actual);
    const ok = isSame || (isProse && (loadBalancer.ingress ?? []).length > 0);
    return { id, title: group, ok, expected, actual };
  } finally {
    await world[Symbol.asyncDispose]();
  }
}
