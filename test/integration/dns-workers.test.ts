/** `--dns-workers`: dig asks several threads, while the cluster and its Corefile change. */
import t from 'tap';
import { digShort, digStatus, lacks } from '../harness/clients.ts';
import { createFolder, startProgram } from '../harness/instance.ts';
import { app, manifest } from '../harness/manifests.ts';
import { claimRanges } from '../harness/ranges.ts';

const ranges = await claimRanges();

/** dig asks from another port each time: enough for all threads. */
const TIMES = 12;

async function times<T>(ask: () => Promise<T>): Promise<readonly T[]> {
  return [...new Set(await Promise.all(Array.from({ length: TIMES }, ask)))];
}

t.test('dig hears the same from every thread', { skip: lacks('dig') }, async (t) => {
  const corefile = '. {\n log\n kubernetes cluster.local\n}\n';
  using folder = createFolder({ 'all.yaml': manifest(app('web')), Corefile: corefile });
  await using program = await startProgram({
    ranges,
    args: [
      `${folder.path}/all.yaml`,
      '--dns-workers',
      '3',
      '--corefile',
      `${folder.path}/Corefile`,
    ],
  });
  const { dns, services } = program.status;
  if (dns === undefined) throw new Error('DNS is off');
  const address = services.find(({ name }) => name === 'web')?.clusterIPs[0];
  const web = 'web.default.svc.cluster.local';
  t.same(await times(async () => (await digShort(dns, web)).join()), [address]);
  t.same(await times(async () => (await digShort(dns, '+tcp', web)).join()), [address]);
  // Each query has its line.
  await program.until('stderr', new RegExp(`(?:.*"A IN ${web}\\. .*\n){${2 * TIMES}}`));
  t.same(await times(() => digStatus(dns, 'more.default.svc.cluster.local')), ['NXDOMAIN']);
  folder.write('all.yaml', manifest(app('web'), app('more')));
  await program.until('stderr', /service\/more created\n/i);
  t.same(await times(() => digStatus(dns, 'more.default.svc.cluster.local')), ['NOERROR']);
  t.equal((await program.end('SIGTERM')).code, 130);
});
