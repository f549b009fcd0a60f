import type { Store } from '../../../../src/api/index.ts';
import type { CaseResult } from '../../area.ts';
import type { IngressCase } from './table.ts';
import { isRecord } from './values.ts';
import { startWorld, type RunningWorld } from './world.ts';

/** Events are written down when there is time; so long they are waited for. */
const PATIENCE_MS = 2000;

/** Plays a row that looks at the status or the Events of its first Ingress. */
export async function playWatch(row: IngressCase): Promise<CaseResult> {
  await using world = await startWorld(row, true);
  return row.request.watch === 'events'
    ? await playEvents(row, world)
    : await playStatus(row, world);
}

interface Told {
  readonly type?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

async function playEvents(row: IngressCase, { cluster }: RunningWorld): Promise<CaseResult> {
  const { id, group, expect } = row;
  const wanted = isRecord(expect['event']) ? expect['event'] : {};
  const seen: Told[] = [];
  const found = await told(cluster.store, (event) => {
    seen.push(event);
    const { type, reason, message } = wanted;
    const isSaid = message === undefined || event.message === message;
    return event.type === type && event.reason === reason && isSaid;
  });
  return { id, title: group, ok: found, expected: expect, actual: seen };
}

/** Whether an Event about an Ingress comes that `isWanted` takes. */
function told(store: Store, isWanted: (event: Told) => boolean): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), PATIENCE_MS);
  const watch = store.watch(
    'Event',
    ({ object: { involvedObject, type, reason, message } }) => {
      const isAbout = isRecord(involvedObject) && involvedObject['kind'] === 'Ingress';
      if (!isAbout) return;
      const event = { type: String(type), reason: String(reason), message: String(message) };
      if (isWanted(event)) resolve(true);
    },
    { sendInitialEvents: true },
  );
  return promise.finally(() => {
    clearTimeout(timer);
    watch[Symbol.dispose]();
  });
}

async function playStatus(row: IngressCase, world: RunningWorld): Promise<CaseResult> {
  const { id, group, expect, request } = row;
  const [first] = row.ingresses;
  // What the last controller does when it ends.
  if (request.event !== undefined) await world.cluster[Symbol.asyncDispose]();
  const ingress = world.cluster.store.get('Ingress', first?.ns ?? 'default', first?.name ?? '');
  const { loadBalancer = {} } = ingress?.status ?? {};
  const places = loadBalancer.ingress ?? [];
  if ('status.loadBalancer' in expect) {
    const expected = expect['status.loadBalancer'];
    const ok = JSON.stringify(expected) === JSON.stringify(loadBalancer);
    return { id, title: group, ok, expected, actual: loadBalancer };
  }
  const expected = expect['status.loadBalancer.ingress'];
  const isSame = JSON.stringify(expected) === JSON.stringify(places);
  // Prose says that there are some.
  const ok = typeof expected === 'string' ? places.length > 0 : isSame;
  return { id, title: group, ok, expected, actual: places };
}
