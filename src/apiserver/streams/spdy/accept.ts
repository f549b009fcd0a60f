import { ApiError } from '../../../api/index.ts';
import type { UpgradeRequest } from '../../server.ts';
import { SpdySession, type SessionOptions } from './session.ts';

/** A connection that speaks SPDY/3.1 from now on. */
export interface AcceptedSession {
  readonly session: SpdySession;
  /** What is spoken on its streams. */
  readonly protocol: string;
}

/**
 * Answers an upgrade to SPDY/3.1 with the first of the client's protocols that is among `protocols`.
 *
 * @throws ApiError Forbidden when there is none, as upstream.
 */
export function acceptSpdy(
  { message, socket, head }: UpgradeRequest,
  protocols: readonly string[],
  options: SessionOptions,
): AcceptedSession {
  const offered = offeredProtocols(message.headers['x-stream-protocol-version']);
  const protocol =
    offered.find((name) => protocols.includes(name)) ?? (offered.length === 0 ? '' : undefined);
  if (protocol === undefined)
    throw new ApiError(
      'Forbidden',
      `unable to negotiate protocol: client supports [${offered.join(' ')}], server supports [${protocols.join(' ')}]`,
    );
  const version = protocol === '' ? '' : `X-Stream-Protocol-Version: ${protocol}\r\n`;
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n${version}\r\n`,
  );
  const session = new SpdySession(socket, options);
  session.feed(head);
  return { session, protocol };
}

/** The header may be repeated, and each may hold several. */
function offeredProtocols(header: string | readonly string[] | undefined): readonly string[] {
  const values = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  return values
    .flatMap((value) => value.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
