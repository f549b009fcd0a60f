import type { IncomingMessage } from 'node:http';
import { nodeHttp, PodlaneError } from '../net/index.ts';
import type {
  ControlCall,
  ErrorBody,
  ListRequest,
  ParamsOf,
  ResultOf,
  WatchLine,
} from './protocol.ts';
import { answers } from './server.ts';
import { socketPath } from './socket-path.ts';

/** A running instance, as its user's commands see it. */
export interface ControlClient {
  /** @throws PodlaneError `ERR_NOT_RUNNING`, or what the instance answered. */
  call<C extends ControlCall>(call: C, params: ParamsOf<C>): Promise<ResultOf<C>>;
  /** Present objects first, then each change, until the instance ends or the signal fires. */
  watch(params: ListRequest, signal: AbortSignal): AsyncIterable<WatchLine>;
  /** Resolves when nobody listens on the instance's socket any more. */
  ended(): Promise<void>;
}

/**
 * The client of the instance called `name`; connects with each call.
 *
 * @param interrupted Ends whatever is under way.
 */
export function createControlClient(name: string, interrupted?: AbortSignal): ControlClient {
  const path = socketPath(name);
  const own = interrupted === undefined ? {} : { signal: interrupted };
  return {
    call: async (call, params) => {
      const response = await post({ name, path, call, params, ...own });
      const text = await readAll(response).catch((cause: unknown) => {
        throw ended(name, cause);
      });
      if (response.statusCode === 200) return JSON.parse(text) as ResultOf<typeof call>; // the server is this program
      throw errorOf(text);
    },
    watch: async function* watch(params, signal) {
      const { createInterface } = await import('node:readline');
      const response = await post({ name, path, call: 'watch', params, signal });
      if (response.statusCode !== 200) throw errorOf(await readAll(response));
      try {
        for await (const line of createInterface({ input: response })) {
          yield JSON.parse(line) as WatchLine; // the server is this program
        }
      } catch (error) {
        if (!signal.aborted) throw ended(name, error);
      }
    },
    ended: async () => {
      while (await answers(path)) {
        interrupted?.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}

interface Post {
  readonly name: string;
  readonly path: string;
  readonly call: string;
  readonly params: unknown;
  readonly signal?: AbortSignal;
}

function post({ name, path, call, params, signal }: Post): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = nodeHttp().request(
      {
        socketPath: path,
        path: `/v1/${call}`,
        method: 'POST',
        agent: false,
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    outgoing.once('error', (cause) => reject(notRunning(name, cause)));
    outgoing.end(JSON.stringify(params));
  });
}

/** Nobody listens, or who did ended before it answered. */
const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

function notRunning(name: string, cause: Error): Error {
  const code = 'code' in cause ? cause.code : undefined;
  if (!GONE.has(code)) return cause;
  return new PodlaneError('ERR_NOT_RUNNING', `no instance called ${name} is running`, {
    hint: 'Start one with `podlane up DIR`, or name another with --name.',
    cause,
  });
}

/** The connection broke off: the other side cannot but end. */
function ended(name: string, cause: unknown): PodlaneError {
  return new PodlaneError('ERR_NOT_RUNNING', `the instance called ${name} has ended`, {
    hint: 'Start it again with `podlane up DIR`.',
    cause,
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  return text;
}

function errorOf(text: string): PodlaneError {
  const { code, message, ...more } = JSON.parse(text) as ErrorBody; // the server is this program
  return new PodlaneError(code, message, more);
}
