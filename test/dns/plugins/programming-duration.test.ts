import t from 'tap';
import { serveCorefile } from './serve-corefile.ts';
import { createZoneStore, service, slice, START } from '../zone.ts';

const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
const HEADLESS = { clusterIP: 'None', clusterIPs: ['None'] };
const COUNT = 'coredns_kubernetes_dns_programming_duration_seconds_count';
const SUM = 'coredns_kubernetes_dns_programming_duration_seconds_sum';

const CHANGES = [
  { name: 'of a headless Service', spec: HEADLESS, changed: START - 250, count: 1, sum: 0.25 },
  {
    name: 'later than now, by a clock that is ahead',
    spec: HEADLESS,
    changed: START + 250,
    count: 1,
    sum: 0,
  },
  {
    name: 'of a Service with an address',
    spec: { clusterIP: '10.96.0.7' },
    changed: START,
    count: 0,
    sum: 0,
  },
  { name: 'that says nothing of its time', spec: HEADLESS, changed: undefined, count: 0, sum: 0 },
] as const;
for (const { name, spec, changed, count, sum } of CHANGES) {
  t.test(`kubernetes measures a change ${name}`, async (t) => {
    const store = createZoneStore();
    store.create(service('db', spec));
    await using server = await serveCorefile('kubernetes cluster.local', { store });
    const changedSlice = slice('db', []);
    const annotations =
      changed === undefined ? {} : { [TRIGGER_TIME]: new Date(changed).toISOString() };
    store.create({ ...changedSlice, metadata: { ...changedSlice.metadata, annotations } });
    const labels = { service_kind: 'headless_with_selector' };
    t.equal(server.metric(COUNT, labels) ?? 0, count);
    t.equal(server.metric(SUM, labels) ?? 0, sum);
  });
}
