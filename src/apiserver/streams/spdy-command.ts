import { finished } from 'node:stream/promises';
import { ApiError } from '../../api/index.ts';
import type { Clock } from '../../observe/index.ts';
import type { UpgradeRequest } from '../server.ts';
import { messageOf, statusOf, type RemoteCommand, type WantedStreams } from './remote-command.ts';
import { acceptSpdy } from './spdy/accept.ts';
import type { SpdyStream } from './spdy/session.ts';

const PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];

/** How long a client may take to open the streams that it asked for; @see kubelet `StreamCreationTimeout` */
const STREAMS_TIMEOUT_MS = 30_000;

/**
 * The streams of a command as streams of a SPDY/3.1 connection, each named by its header `streamtype`.
 *
 * @throws ApiError Forbidden for protocols that are not spoken, BadRequest when the streams do not come.
 */
export async function openSpdyCommand(
  upgrade: UpgradeRequest,
  wanted: WantedStreams,
  clock: Clock,
): Promise<RemoteCommand> {
  const gone = new AbortController();
  const streams = new Map<string, SpdyStream>();
  const names = namesOf(wanted);
  const { promise: complete, resolve, reject } = Promise.withResolvers<void>();
  const { session, protocol } = acceptSpdy(upgrade, PROTOCOLS, {
    onStream: (stream) => {
      streams.set(stream.headers.get('streamtype') ?? '', stream);
      if (names.every((name) => streams.has(name))) resolve();
    },
    onClose: () => {
      gone.abort();
      reject(new ApiError('BadRequest', 'the client left before its streams were there'));
    },
  });
  using _timer = clock.setTimer(STREAMS_TIMEOUT_MS, () =>
    reject(new ApiError('BadRequest', 'timed out waiting for client to create streams')),
  );
  await complete;
  const errors = streams.get('error');
  return {
    streams: {
      stdin: streams.get('stdin'),
      stdout: streams.get('stdout'),
      stderr: streams.get('stderr'),
      isTty: wanted.tty,
      signal: gone.signal,
    },
    finish: async (outcome) => {
      const isStatus = /^v[45]\./.test(protocol);
      const text = isStatus ? JSON.stringify(statusOf(outcome)) : messageOf(outcome);
      const open = ['stdout', 'stderr'].flatMap((name) => streams.get(name) ?? []);
      for (const stream of open) stream.end();
      errors?.end(text);
      await Promise.allSettled([...open, ...(errors === undefined ? [] : [errors])].map(written));
    },
    [Symbol.asyncDispose]: async () => session[Symbol.dispose](),
  };
}

function namesOf({ stdin, stdout, stderr, tty }: WantedStreams): readonly string[] {
  return [
    'error',
    ...(stdin ? ['stdin'] : []),
    ...(stdout ? ['stdout'] : []),
    ...(stderr && !tty ? ['stderr'] : []),
  ];
}

function written(stream: SpdyStream): Promise<void> {
  return finished(stream, { readable: false });
}
