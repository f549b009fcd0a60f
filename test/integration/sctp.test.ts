/** SCTP is decided and not carried, which is said wherever somebody may look. */
import t from 'tap';
import type { KubeObject, StoreEvent } from '../../src/api/index.ts';
import { explain } from '../../src/cluster/explain.ts';
import type { Cluster } from '../../src/index.ts';
import { createFolder, startInProcess } from '../harness/instance.ts';
import { deployment, manifest, service } from '../harness/manifests.ts';
import { claimRanges } from '../harness/ranges.ts';

const NOT_CARRIED = /SCTP is not carried in userspace: the runtime has no sockets for it/;
const ranges = await claimRanges();

const MANIFESTS = manifest(
  deployment('sig', { containerPorts: [{ containerPort: 3868, protocol: 'SCTP' }] }),
  service('sig', { service: { ports: [{ port: 3868, protocol: 'SCTP' }] } }),
);

/** Events are written when there is nothing else to do. */
async function eventOf({ store }: Cluster, reason: string): Promise<KubeObject> {
  const { promise, resolve } = Promise.withResolvers<KubeObject>();
  const see = ({ object }: StoreEvent): void => {
    if (object['reason'] === reason) resolve(object);
  };
  using _watch = store.watch<string>('Event', see, { sendInitialEvents: true });
  return await promise;
}

t.test('a Service with an SCTP port says that it is not carried', async (t) => {
  using folder = createFolder({ 'all.yaml': MANIFESTS });
  await using instance = await startInProcess({ ranges, paths: [folder.path] });
  const { cluster } = instance;
  const status = instance.status();
  const port = status.services.find(({ name }) => name === 'sig')?.ports[0];
  t.match(port?.unreachable, [NOT_CARRIED], 'up and status');
  t.match(
    status.warnings.map(({ message }) => message).join('\n'),
    /port 3868 is SCTP, which is not carried/,
  );
  const told = await eventOf(cluster, 'ProtocolNotCarried');
  t.match(told, { message: NOT_CARRIED, involvedObject: { kind: 'Service', name: 'sig' } });
  const asked = await explain(cluster, { to: 'sctp://sig:3868', namespace: 'default' });
  t.equal(asked.verdict, 'delivered');
  t.match(asked.summary, /^pod default\/sig-\S+ would have it on port 3868; SCTP is decided here/);
  t.match(asked.steps.at(-1), { outcome: 'skip', what: /SCTP is not carried/ });
  const mistaken = await explain(cluster, { to: 'tcp://sig:3868', namespace: 'default' });
  t.match(mistaken.summary, /has no port 3868\/TCP; it has 3868\/SCTP/);
});
