import { unlinkSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { nodeHttp, PodlaneError } from '../net/index.ts';
import type { ControlCall, ControlHandlers, ErrorBody, ListRequest } from './protocol.ts';

/** A body larger than this is refused: manifests come in one call. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export interface ControlServerOptions {
  readonly name: string;
  /** From `socketPath`. */
  readonly path: string;
  /** Asked with each call, which waits for them; where they never come, callers hear that nothing runs. */
  readonly handlers: ControlHandlers | (() => Promise<ControlHandlers>);
}

/**
 * Serves an instance's calls on its socket, which only its user can open: `POST /v1/CALL` with JSON both ways, and
 * `POST /v1/watch` with one JSON object a line.
 *
 * A socket that an ended instance left behind is taken over.
 *
 * @throws PodlaneError `ERR_ALREADY_RUNNING` when an instance of that name answers.
 */
export async function serveControl(options: ControlServerOptions): Promise<AsyncDisposable> {
  const { name, path, handlers } = options;
  const server = nodeHttp().createServer((request, response) => {
    void answer(handlers, request, response);
  });
  try {
    await listen(server, path);
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw cannotListen(path, error);
    if (await answers(path)) throw alreadyRunning(name);
    unlinkSync(path);
    await listen(server, path).catch((cause: unknown) => {
      // Somebody else was quicker.
      throw codeOf(cause) === 'EADDRINUSE' ? alreadyRunning(name) : cannotListen(path, cause);
    });
  }
  return { [Symbol.asyncDispose]: () => close(server) };
}

/** Binds at once, for this user alone: the socket has its mode from the moment it is there. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const umask = process.umask(0o177);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
    process.umask(umask);
  });
}

function alreadyRunning(name: string): PodlaneError {
  return new PodlaneError('ERR_ALREADY_RUNNING', `an instance called ${name} is already running`, {
    hint: `Stop it with \`podlane down --name ${name}\`, or start this one under another --name.`,
  });
}

function cannotListen(path: string, cause: unknown): PodlaneError {
  const why = codeOf(cause) ?? cause;
  return new PodlaneError(
    'ERR_CONTROL_FOLDER',
    `no socket can be made at ${path}: ${String(why)}`,
    {
      hint: 'Let XDG_RUNTIME_DIR name a folder of yours with a short path.',
      cause,
    },
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Whether somebody accepts connections at `path`. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function answer(
  coming: ControlServerOptions['handlers'],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const call = request.url?.replace(/^\/v1\//, '') ?? '';
    const params = JSON.parse(await readBody(request)) as never; // both ends are this program, of one version
    const handlers = typeof coming === 'function' ? await coming() : coming;
    if (call === 'watch') {
      watch(handlers, params, response);
      return;
    }
    if (!Object.hasOwn(handlers, call)) {
      throw new PodlaneError('ERR_UNKNOWN_CALL', `the running instance knows no call "${call}"`, {
        hint: 'It may be of another version: restart it.',
      });
    }
    const result = await handlers[call as ControlCall](params); // checked by hasOwn
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
  } catch (error) {
    if (response.headersSent) response.destroy();
    else
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end(JSON.stringify(bodyOf(error)));
  }
}

function watch(handlers: ControlHandlers, params: ListRequest, response: ServerResponse): void {
  const ended = new AbortController();
  response.on('close', () => ended.abort());
  const lines: string[] = [];
  let isOpen = false;
  handlers.watch(
    params,
    (line) => {
      const text = `${JSON.stringify(line)}\n`;
      if (isOpen) response.write(text);
      else lines.push(text);
    },
    ended.signal,
  );
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  isOpen = true;
  for (const line of lines) response.write(line);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES)
      throw new PodlaneError('ERR_TOO_LARGE', 'the call is larger than 64 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function bodyOf(error: unknown): ErrorBody {
  if (error instanceof PodlaneError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.position === undefined ? {} : { position: error.position }),
    };
  }
  return {
    code: 'ERR_INTERNAL',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
