import t from 'tap';
import { createPersistentVolumeProtectionController } from '../../../src/controllers/index.ts';
import { createBench, type Bench } from '../harness.ts';

const bench = (): Bench =>
  createBench({ controllers: [createPersistentVolumeProtectionController()] });

const volume = {
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'disk' },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: '/srv' },
  },
};

for (const { phase, isHeld } of [
  { phase: 'Available', isHeld: false },
  { phase: 'Released', isHeld: false },
  { phase: 'Bound', isHeld: true },
]) {
  t.test(
    `createPersistentVolumeProtectionController() and a volume that is ${phase}`,
    async (t) => {
      await using on = bench();
      const disk = on.store.create(volume);
      await on.settled();
      const held = on.store.get('PersistentVolume', undefined, disk.metadata.name);
      t.same(held?.metadata.finalizers, ['kubernetes.io/pv-protection']);
      if (held === undefined) return;
      on.store.update({ ...held, status: { phase } }, { subresource: 'status' });
      on.store.delete({ kind: 'PersistentVolume', name: 'disk' });
      await on.settled();
      const going = on.store.get('PersistentVolume', undefined, 'disk');
      t.equal(going !== undefined, isHeld);
      if (going === undefined) return;
      on.store.update({ ...going, status: { phase: 'Released' } }, { subresource: 'status' });
      await on.settled();
      t.equal(on.store.get('PersistentVolume', undefined, 'disk'), undefined);
    },
  );
}
