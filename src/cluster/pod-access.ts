import type { Writable } from 'node:stream';
import type { PodAccess } from '../apiserver/index.ts';
import type { Pod } from '../api/index.ts';
import type { Datapath } from '../datapath/index.ts';
import { ConnectError } from '../net/index.ts';
import type { Kubelets } from '../pods/index.ts';

/** What Pods are reached by. */
export interface PodParts {
  readonly kubelets: Kubelets;
  readonly datapath: Datapath;
}

/** What a shell says that cannot run a command. */
const CANNOT_RUN = 126;

/** The API server's way to the Pods. */
export function createPodAccess({ kubelets, datapath }: PodParts): PodAccess {
  return {
    run: async ({ pod, container }, command, { stdout, stderr }) => {
      const { name, namespace = '' } = pod.metadata;
      const result = await kubelets.exec({ namespace, name, container }, command);
      if (result === undefined) {
        await write(stderr ?? stdout, notRun(command));
        return CANNOT_RUN;
      }
      await write(stdout, result.stdout);
      await write(stderr, result.stderr);
      return result.exitCode;
    },
    attach: async () => {
      throw new Error('no container here reads or prints while it runs');
    },
    // eslint-disable-next-line require-yield
    logs: async function* () {
      return;
    },
    connect: (pod, port) => {
      const [address] = addressesOf(pod);
      if (address === undefined)
        throw new ConnectError('ERR_UNREACHABLE', `pod ${pod.metadata.name} has no address yet`);
      // As the Pod's own loopback does, which no policy keeps from itself.
      const { name, namespace = '' } = pod.metadata;
      return datapath.connect({
        protocol: 'TCP',
        source: { address, port: 0 },
        destination: { address, port },
        origin: { kind: 'pod', namespace, name },
        node: pod.spec?.nodeName ?? '',
      });
    },
  };
}

function addressesOf({ status }: Pod): readonly string[] {
  return (status?.podIPs ?? []).map(({ ip }) => ip);
}

function notRun([program = '']: readonly string[]): string {
  return `podlane does not run ${program}: Pods have no images here, only what answers for them. Hand the Pod's traffic to a process of yours with --pod instead.\n`;
}

function write(stream: Writable | undefined, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (stream === undefined || text === '') resolve();
  else stream.write(text, (error) => (error ? reject(error) : resolve()));
  return promise;
}
