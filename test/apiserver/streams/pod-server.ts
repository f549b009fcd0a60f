/** An API server whose Pods are a test's own. */
import { type Duplex, PassThrough } from 'node:stream';
import type { KubeObject } from '../../../src/api/index.ts';
import type { CommandStreams, PodAccess } from '../../../src/apiserver/index.ts';
import { startTestServer, type TestServer } from '../test-server.ts';

export interface PodServer extends TestServer {
  /** Streams of the commands that were run, in order. */
  readonly runs: CommandStreams[];
}

/** @param changes How Pods behave: a command prints its words and what it reads, and ends with 0. */
export async function startPodServer(changes: Partial<PodAccess> = {}): Promise<PodServer> {
  const runs: CommandStreams[] = [];
  const pods: PodAccess = {
    isForwarded: () => true,
    run: async (_target, command, streams) => {
      runs.push(streams);
      const [first = '', code = '0'] = command;
      streams.stdout?.write(`${first}\n`);
      streams.stderr?.write('warned\n');
      if (streams.stdin !== undefined)
        for await (const chunk of streams.stdin) streams.stdout?.write(chunk);
      return Number(code);
    },
    attach: async (_target, streams) => {
      streams.stdout?.write('attached\n');
      return 0;
    },
    async *logs() {
      yield 'one\n';
      yield 'two\n';
    },
    connect: async (_pod, port) => {
      if (port === 80) return echo();
      throw new Error('connection refused');
    },
    dial: async () => echo(),
    ...changes,
  };
  const server = await startTestServer({ pods });
  server.store.create(NODE);
  server.store.create(POD);
  server.store.update(
    {
      ...POD,
      status: { phase: 'Running', podIP: '10.244.0.5', podIPs: [{ ip: '10.244.0.5' }] },
    },
    { subresource: 'status' },
  );
  return { ...server, runs };
}

/** Says back what it is told. */
export function echo(): Duplex {
  return new PassThrough();
}

const NODE: KubeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } };
const POD: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    nodeName: 'n1',
    containers: [{ name: 'main', image: 'busybox', ports: [{ containerPort: 80 }] }],
  },
};

export const POD_PATH = '/api/v1/namespaces/default/pods/web';
