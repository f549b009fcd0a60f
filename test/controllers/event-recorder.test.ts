import t from 'tap';
import { createKindRegistry, createStore, KINDS, type Store } from '../../src/api/index.ts';
import type { EventNote } from '../../src/controllers/index.ts';
import { EventRecorder } from '../../src/controllers/event-recorder.ts';
import { createFakeClock, type FakeClock } from '../../src/observe/index.ts';

interface Fixture {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly recorder: EventRecorder;
  readonly write: (message: string) => void;
}

function recorderWithStore(): Fixture {
  const clock = createFakeClock();
  const store = createStore({
    kinds: createKindRegistry(KINDS),
    now: () => clock.now(),
    random: () => 0.5,
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  store.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'default', name: 'c' },
  });
  const recorder = new EventRecorder(store);
  return {
    store,
    clock,
    recorder,
    write: (message) => recorder.record(recorder.prepare('tester', note(message), clock.now())),
  };
}

const note = (message: string): EventNote => ({
  about: { kind: 'ConfigMap', namespace: 'default', name: 'c' },
  type: 'Normal',
  reason: 'Tested',
  message,
});

t.test('record() tells parts of an object apart, and where it was said', async (t) => {
  const { recorder, store, clock } = recorderWithStore();
  for (const part of ['a', 'b', 'a']) {
    const { about, ...said } = note('started');
    const parts = { ...about, fieldPath: `spec.containers{${part}}` };
    const pending = { ...said, about: parts, host: 'n1' };
    recorder.record(recorder.prepare('kubelet', pending, clock.now()));
  }
  t.match(store.list('Event'), [
    {
      involvedObject: { kind: 'ConfigMap', name: 'c', fieldPath: 'spec.containers{a}' },
      source: { component: 'kubelet', host: 'n1' },
      reportingInstance: 'n1',
      count: 2,
    },
    { involvedObject: { fieldPath: 'spec.containers{b}' }, count: 1 },
  ]);
});

t.test('record() writes an Event about the object as it is', async (t) => {
  const { write, store } = recorderWithStore();
  write('once');
  const { uid, resourceVersion } = store.get('ConfigMap', 'default', 'c')?.metadata ?? {};
  t.match(store.list('Event'), [
    {
      metadata: { namespace: 'default', name: /^c\.[0-9a-f]{16}$/ },
      involvedObject: {
        kind: 'ConfigMap',
        namespace: 'default',
        name: 'c',
        uid,
        resourceVersion,
        apiVersion: 'v1',
      },
      reason: 'Tested',
      message: 'once',
      type: 'Normal',
      count: 1,
      source: { component: 'tester' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
    },
  ]);
});

t.test('record() counts what happens again', async (t) => {
  const { write, store, clock } = recorderWithStore();
  write('again');
  clock.advance(5_000);
  write('again');
  t.match(store.list('Event'), [
    { count: 2, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:05Z' },
  ]);
});

t.test('record() combines similar Events from the tenth on, and drops a flood', async (t) => {
  const { write, store } = recorderWithStore();
  for (let index = 0; index < 40; index += 1) write(`number ${index}`);
  const events = store.list('Event');
  const combined = events.filter(({ message }) =>
    message?.startsWith('(combined from similar events): '),
  );
  t.equal(events.length, 10);
  t.equal(combined.length, 1);
  t.equal(combined[0]?.count, 16, '25 were let through');
  t.equal(combined[0]?.message, '(combined from similar events): number 24');
});

t.test('record() forgets an Event after an hour', async (t) => {
  const { write, store, clock } = recorderWithStore();
  write('old');
  clock.advance(3_600_000);
  write('new');
  t.same(
    store.list('Event').map(({ message }) => message),
    ['new'],
  );
});
