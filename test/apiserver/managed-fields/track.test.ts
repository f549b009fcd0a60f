import t from 'tap';
import { createKindRegistry, KINDS } from '../../../src/api/index.ts';
import { trackUpdate } from '../../../src/apiserver/managed-fields/index.ts';

const definition = createKindRegistry(KINDS).byName('ServiceAccount');
const target = { definition, version: 'v1', namespace: 'default', name: 'robot', rest: '' };

const LISTS = [
  { secrets: [{ name: 'a' }], managers: ['kubectl'] },
  // Items without their keys cannot be told apart, so that nobody owns any of the object.
  { secrets: [{}], managers: undefined },
];
for (const { secrets, managers } of LISTS) {
  t.test(`trackUpdate() knows the owners of ${JSON.stringify(secrets)}`, async (t) => {
    const metadata = { name: 'robot', namespace: 'default' };
    const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata, secrets };
    const tracked = trackUpdate(object, undefined, { target, manager: 'kubectl', now: 0 });
    t.same(
      tracked.metadata.managedFields?.map((entry) => Object.entries(entry)[0]?.[1]),
      managers,
    );
  });
}
