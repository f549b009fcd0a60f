import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { createPodCluster, type PodCluster } from '../pod-cluster.ts';

const WORKLOADS = join(import.meta.dirname, '../../../src/pods/workloads');

const CLIENT = {
  containers: [{ name: 'client', image: 'busybox', command: ['sleep', 'infinity'] }],
};

/** The fenced blocks of `language`. */
function blocks(markdown: string, language: string): readonly string[] {
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, tag]) => tag === language)
    .map(([, , text = '']) => text);
}

/** `$ command` lines, each with the output that follows it; `...` stands for the rest. */
function sessions(text: string): readonly { readonly command: string; readonly output: string }[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...lines] = part.split('\n');
      return { command, output: lines.join('\n') };
    });
}

/** A client Pod and one for each manifest; names of Pods resolve to their addresses. */
function start(manifests: readonly string[]): PodCluster {
  const cluster: PodCluster = createPodCluster({
    resolve: async (name) => {
      const ip = cluster.pod(name)?.status?.podIP;
      return ip === undefined ? [] : [ip];
    },
  });
  cluster.run(CLIENT, { name: 'client' });
  for (const manifest of manifests) {
    const { metadata, spec } = parse(manifest);
    cluster.run(spec, metadata);
  }
  return cluster;
}

const readmes = globSync('*/README.md', { cwd: WORKLOADS });

t.test('workloads have a README each', async (t) => {
  const folders = globSync('*/index.ts', { cwd: WORKLOADS }).map((path) => dirname(path));
  t.same(readmes.map((path) => dirname(path)).toSorted(), folders.toSorted());
});

for (const readme of readmes) {
  const markdown = readFileSync(join(WORKLOADS, readme), 'utf8');
  t.test(`${readme} has its sections`, async (t) => {
    const sections = [...markdown.matchAll(/^## (.*)$/gm)].map(([, name]) => name);
    t.same(sections, ['Name', 'Description', 'Syntax', 'Examples']);
  });
  t.test(`${readme} shows what happens`, async (t) => {
    await using cluster = start(blocks(markdown, 'yaml'));
    const shown = blocks(markdown, 'console').flatMap(sessions);
    t.ok(shown.length > 0);
    for (const { command, output } of shown) {
      const client = { namespace: 'default', name: 'client' };
      const result = await cluster.kubelets.exec(client, ['sh', '-c', command]);
      const printed = (result?.stdout ?? '').replace(/\n?$/, '\n');
      const [begin = '', rest] = output.split('...\n', 2);
      if (rest === undefined) t.equal(printed, output, command);
      else t.equal(printed.slice(0, begin.length), begin, command);
    }
  });
}
