import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { programWords } from '../../../src/pods/workloads/shell/index.ts';
import { createPodCluster, type PodCluster } from '../pod-cluster.ts';

const WISH = {
  previous: false,
  follow: false,
  timestamps: false,
  tailLines: undefined,
  since: undefined,
  limitBytes: undefined,
  stream: 'All',
} as const;
const words = [
  { image: 'curlimages/curl', args: ['http://web'], runs: 'curl http://web' },
  { image: 'docker.io/curlimages/curl:8.10.1', args: ['-s', 'web'], runs: 'curl -s web' },
  { image: 'curlimages/curl', args: ['curl', 'web'], runs: 'curl web' },
  { image: 'curlimages/curl', args: ['sleep', '9'], runs: 'sleep 9' },
  { image: 'curlimages/curl', args: ['sh', '-c', 'true'], runs: 'sh -c true' },
  { image: 'curlimages/curl', args: [], runs: '' },
  { image: 'curlimages/curl', command: ['sleep'], args: ['9'], runs: 'sleep 9' },
  { image: 'alpine/curl', args: ['http://web'], runs: 'curl http://web' },
  { image: 'alpine/curl:latest', args: ['sleep', '9'], runs: 'curl sleep 9' },
  { image: 'busybox', args: ['http://web'], runs: 'http://web' },
  { image: 'nicolaka/netshoot', args: ['curl', 'web'], runs: 'curl web' },
] as const;
for (const { runs, ...container } of words) {
  t.test(`programWords() of ${JSON.stringify(container)}`, async (t) => {
    t.equal(programWords(container).join(' '), runs);
  });
}

async function logOf(cluster: PodCluster): Promise<string> {
  let log = '';
  const wish = { ...WISH, follow: false };
  const name = { namespace: 'default', name: 'web', container: 'main' };
  for (let count = 0; count < 1000 && log === ''; count += 1) {
    await turn();
    const lines = cluster.kubelets.logs(name, wish, new AbortController().signal);
    for await (const line of lines) log += line;
  }
  return log;
}

const job = {
  ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true }],
};

/** `says` is the beginning of the log's first line. */
const started = [
  {
    name: 'an unknown program',
    container: { image: 'example.org/app', command: ['/server', '--port=8080'] },
    says: /^podlane does not run \/server: .* Instead, echo answers on its ports; .*--pod/,
  },
  {
    name: 'an unknown program in a script',
    container: { image: 'nginx', command: ['sh', '-c', 'echo $(envsubst < /tmp/x); nginx'] },
    says: /^podlane does not run envsubst: .* Instead, nginx answers/,
  },
  {
    name: 'a script that cannot be read',
    container: { image: 'nginx', command: ['bash', '-c', 'a=(1 2)'] },
    says: /^podlane does not run bash -c a=\(1 2\): /,
  },
  {
    name: 'a program of several lines',
    container: { image: 'python:3', command: ['python', '-c', 'import os\nos.x()'] },
    says: /^podlane does not run python: /,
  },
  {
    name: 'arguments of a shell',
    container: { image: 'busybox', args: ['http://web'] },
    says: /^podlane does not run http:\/\/web: .* Instead, the container waits/,
  },
  {
    name: 'a task',
    metadata: job,
    spec: { restartPolicy: 'Never' },
    container: { image: 'example.org/migrate', command: ['/migrate'] },
    says: /^podlane does not run \/migrate: .* Instead, the container ends at once with 0/,
  },
  {
    name: "its image's own program",
    container: { image: 'nginx', command: ['nginx', '-g', 'daemon off;'] },
    says: /^\/docker-entrypoint.sh/,
  },
  {
    name: "its image's own program in a script",
    container: { image: 'nginx', command: ['sh', '-c', 'exec nginx -g "daemon off;"'] },
    says: /^\/docker-entrypoint.sh/,
  },
  {
    name: 'arguments of an image that nobody knows',
    container: { image: 'example.org/app', args: ['--port=8080'] },
    says: /^podlane answers for example.org\/app/,
  },
] as const;
for (const { name, container, says, ...more } of started) {
  t.test(`a container says in its log what runs instead of ${name}`, async (t) => {
    await using cluster = createPodCluster();
    const { spec = {}, metadata = {} } = { spec: undefined, metadata: undefined, ...more };
    cluster.run({ ...spec, containers: [{ name: 'main', ...container }] }, metadata);
    t.match(await logOf(cluster), says);
  });
}

t.test('a container of curl asks what its arguments say', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ containers: [{ name: 'main', image: 'nginx' }] }, { name: 'server' });
  const address = cluster.pod('server')?.status?.podIP ?? '';
  cluster.run({
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: 'curlimages/curl', args: [`http://${address}/`] }],
  });
  t.match(await logOf(cluster), /Welcome to nginx/);
});
