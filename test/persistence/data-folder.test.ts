import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import {
  bootstrapObjects,
  createKindRegistry,
  createStore,
  KINDS,
  type Store,
} from '../../src/api/index.ts';
import { createServiceAllocator } from '../../src/ipam/index.ts';
import { openDataFolder, type DataFolder } from '../../src/persistence/index.ts';

function createPlace(): { readonly path: string; readonly file: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'podlane-data-'));
  const remove = (): void => rmSync(path, { recursive: true });
  return { path, file: join(path, 'podlane.sqlite'), [Symbol.dispose]: remove };
}

function storeOn({ state, journal }: DataFolder): Store {
  return createStore({
    kinds: createKindRegistry(KINDS),
    allocators: [createServiceAllocator({ serviceCIDRs: ['10.96.0.0/16'] })],
    now: () => 0,
    random: Math.random,
    stored: state,
    journal,
  });
}

const configMap = (name: string, data: Record<string, string> = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data,
  }) as const;

const service = (name: string, clusterIP?: string) =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: {
      type: 'NodePort',
      ports: [{ port: 80 }],
      ...(clusterIP !== undefined && { clusterIP }),
    },
  }) as const;

const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.org' },
  spec: {
    group: 'example.org',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
    versions: [
      { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
    ],
  },
} as const;

t.test('openDataFolder() gives back what was appended, and revisions go on', async (t) => {
  using place = createPlace();
  const seen: string[] = [];
  let revision = 0;
  {
    using folder = openDataFolder(place.path);
    t.same(folder.state, { revision: 0, objects: [] });
    const store = storeOn(folder);
    for (const object of bootstrapObjects({ kubernetesServiceIPs: ['10.96.0.1'] }))
      store.create(object);
    store.create(widgets);
    store.create({
      apiVersion: 'example.org/v1',
      kind: 'Widget',
      metadata: { name: 'w', namespace: 'default' },
    });
    store.create(configMap('a'));
    store.update(configMap('a', { x: 'ünïcode \u{1F600}' }));
    store.create(configMap('b'));
    store.create(service('web'));
    folder.keepApplied([configMap('a')]);
    store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'b' });
    ({ revision } = store);
    seen.push(...store.list('*').map((object) => JSON.stringify(object)));
  }
  using folder = openDataFolder(place.path);
  t.same(folder.applied, [configMap('a')]);
  const store = storeOn(folder);
  t.equal(store.revision, revision, 'a deletion counts, too');
  t.same(
    store
      .list('*')
      .map((object) => JSON.stringify(object))
      .toSorted(),
    seen.toSorted(),
  );
  t.equal(store.create(configMap('c')).metadata, store.get('ConfigMap', 'default', 'c')?.metadata);
  t.equal(store.revision, revision + 1);
  t.throws(() => store.watch('ConfigMap', () => {}, { sinceRevision: revision - 1 }), {
    message: /too old resource version/,
  });
  const events: string[] = [];
  store.watch('ConfigMap', ({ object }) => events.push(object.metadata.name), {
    sinceRevision: revision,
  });
  t.same(events, ['c'], 'who has seen the last revision misses nothing');
});

t.test('a restored store has given away what its Services have', async (t) => {
  using place = createPlace();
  const taken: { ip?: string | undefined; port?: number | undefined } = {};
  {
    using folder = openDataFolder(place.path);
    const store = storeOn(folder);
    for (const object of bootstrapObjects({ kubernetesServiceIPs: ['10.96.0.1'] }))
      store.create(object);
    store.create(service('web'));
    const { spec } = store.get('Service', 'default', 'web') ?? {};
    taken.ip = spec?.clusterIP;
    taken.port = spec?.ports?.[0]?.nodePort;
  }
  using folder = openDataFolder(place.path);
  const store = storeOn(folder);
  t.throws(() => store.create(service('thief', taken.ip)), /provided IP is already allocated/);
  const thief = {
    ...service('thief'),
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort: taken.port }] },
  };
  t.throws(() => store.create(thief), /provided port is already allocated/);
  store.delete({ kind: 'Service', namespace: 'default', name: 'web' });
  t.equal(store.create(service('next', taken.ip)).spec.clusterIP, taken.ip);
});

t.test('a change that cannot be kept does not happen', async (t) => {
  using place = createPlace();
  const folder = openDataFolder(place.path);
  const store = storeOn(folder);
  for (const object of bootstrapObjects({ kubernetesServiceIPs: ['10.96.0.1'] }))
    store.create(object);
  const { revision } = store;
  folder[Symbol.dispose]();
  t.throws(() => store.create(configMap('a')), { code: 'ERR_DATA_FOLDER' });
  t.throws(() => store.delete({ kind: 'ConfigMap', namespace: 'kube-system', name: 'coredns' }), {
    message: /not found/,
  });
  t.equal(store.get('ConfigMap', 'default', 'a'), undefined);
  t.equal(store.revision, revision);
});

const REFUSALS: readonly {
  readonly name: string;
  readonly code: string;
  readonly arrange: (file: string) => void;
}[] = [
  {
    name: 'a file that is no database',
    code: 'ERR_DATA_FOREIGN',
    arrange: (file) => writeFileSync(file, 'x'.repeat(4096)),
  },
  {
    name: "another program's database",
    code: 'ERR_DATA_FOREIGN',
    arrange: (file) => {
      using database = new DatabaseSync(file);
      database.exec('CREATE TABLE bookmarks (url TEXT)');
    },
  },
  {
    name: 'a format that is still to come',
    code: 'ERR_DATA_FOREIGN',
    arrange: (file) => {
      openDataFolder(join(file, '..'))[Symbol.dispose]();
      using database = new DatabaseSync(file);
      database.exec('PRAGMA user_version = 99');
    },
  },
  {
    name: 'a page that was overwritten',
    code: 'ERR_DATA_FOREIGN',
    arrange: (file) => {
      {
        using folder = openDataFolder(join(file, '..'));
        const store = storeOn(folder);
        for (const object of bootstrapObjects({ kubernetesServiceIPs: ['10.96.0.1'] }))
          store.create(object);
      }
      const bytes = readFileSync(file);
      bytes.fill(0xaa, 4096);
      writeFileSync(file, bytes);
    },
  },
];

for (const { name, code, arrange } of REFUSALS)
  t.test(`openDataFolder() refuses ${name}, and lets go of it`, async (t) => {
    using place = createPlace();
    arrange(place.file);
    t.throws(() => openDataFolder(place.path), { code });
    rmSync(place.file);
    openDataFolder(place.path)[Symbol.dispose]();
  });

t.test('openDataFolder() refuses what another has, and places that cannot be', async (t) => {
  using place = createPlace();
  {
    using folder = openDataFolder(place.path);
    t.throws(() => openDataFolder(folder.path), { code: 'ERR_DATA_IN_USE' });
  }
  openDataFolder(place.path)[Symbol.dispose]();
  t.throws(() => openDataFolder(join(place.file, 'below')), { code: 'ERR_DATA_FOLDER' });
  t.throws(() => openDataFolder('/proc/podlane'), { code: 'ERR_DATA_FOLDER' });
});
