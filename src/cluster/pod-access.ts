import type { Readable, Writable } from 'node:stream';
import type { CommandStreams, ContainerTarget, PodAccess } from '../apiserver/index.ts';
import type { Pod } from '../api/index.ts';
import type { Datapath, DatapathView } from '../datapath/index.ts';
import { ConnectError } from '../net/index.ts';
import { flowOf, nodeCaller } from './caller.ts';
import { PipeClosed, type CommandIo, type ContainerName, type Kubelets } from '../pods/index.ts';

/** What Pods are reached by. */
export interface PodParts {
  readonly kubelets: Kubelets;
  readonly datapath: Datapath;
  readonly view: DatapathView;
  readonly random: () => number;
}

/** The API server's way to the Pods. */
export function createPodAccess({ kubelets, datapath, view, random }: PodParts): PodAccess {
  return {
    run: (target, command, streams) => kubelets.run(nameOf(target), command, ioOf(streams)),
    attach: (target, streams) => kubelets.attach(nameOf(target), ioOf(streams)),
    logs: (target, options, signal) => kubelets.logs(nameOf(target), options, signal),
    isForwarded: (pod) => kubelets.isForwarded(pod),
    dial: (destination, signal) =>
      datapath.connect(flowOf(nodeCaller(view), destination, { random }), { signal }),
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

function nameOf({ pod, container }: ContainerTarget): ContainerName {
  const { name, namespace = '' } = pod.metadata;
  return { namespace, name, container };
}

function addressesOf({ status }: Pod): readonly string[] {
  return (status?.podIPs ?? []).map(({ ip }) => ip);
}

function ioOf({ stdin, stdout, stderr, isTty, signal }: CommandStreams): CommandIo {
  return {
    read: readerOf(stdin),
    stdout: outputOf(stdout),
    stderr: outputOf(stderr ?? (isTty ? stdout : undefined)),
    isTty,
    signal,
  };
}

/** What the client sends, piece by piece; a client that breaks off has sent all. */
function readerOf(stdin: Readable | undefined): CommandIo['read'] {
  if (stdin === undefined) return async () => undefined;
  const pieces: AsyncIterator<Uint8Array> = stdin[Symbol.asyncIterator]();
  return async () => {
    try {
      const next = await pieces.next();
      return next.done === true ? undefined : next.value;
    } catch {
      return undefined;
    }
  };
}

function outputOf(stream: Writable | undefined): CommandIo['stdout'] {
  return {
    write: (bytes) => {
      if (stream === undefined || bytes.length === 0) return undefined;
      if (stream.destroyed || stream.writableEnded) throw new PipeClosed('the client has gone');
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      stream.write(bytes, (error) =>
        error ? reject(new PipeClosed('the client has gone')) : resolve(),
      );
      return promise;
    },
  };
}
