/** What the first bytes of a client say of the server that it wants. @see RFC 8446 §4.1.2, RFC 6066 §3 */
export type ClientHello =
  /** More bytes must come. */
  | { readonly kind: 'incomplete' }
  /** The name, lower-case and without a trailing dot; '' where the client names none, or does not speak TLS as it should. */
  | { readonly kind: 'read'; readonly servername: string };

/** Longer ones are not read for their name. */
export const MAX_CLIENT_HELLO_BYTES = 16_384;

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
/** Of every version of TLS. */
const MAJOR_VERSION = 3;
/** More than this are only sent to make work. */
const MAX_RECORDS = 64;
const RECORD_HEADER_BYTES = 5;
const MESSAGE_HEADER_BYTES = 4;
/** Version and random. */
const FIXED_BYTES = 34;
const SERVER_NAME = 0;
const HOST_NAME = 0;

const INCOMPLETE = 'incomplete';
const NAMELESS = { kind: 'read', servername: '' } as const;

/** Reads the server name (SNI) out of a ClientHello, which may come in several records. Whatever the bytes are, it does not throw. */
export function readClientHello(bytes: Buffer): ClientHello {
  const message = handshakeMessage(bytes);
  if (message === undefined) return NAMELESS;
  if (message === INCOMPLETE)
    return bytes.length > MAX_CLIENT_HELLO_BYTES ? NAMELESS : { kind: INCOMPLETE };
  return { kind: 'read', servername: serverNameOf(message) ?? '' };
}

/** The body of the ClientHello; undefined where the bytes are none. */
function handshakeMessage(bytes: Buffer): Buffer | typeof INCOMPLETE | undefined {
  const { content, isMoreToCome } = handshakeContent(bytes);
  const missing = isMoreToCome ? INCOMPLETE : undefined;
  if (content.length > 0 && content[0] !== CLIENT_HELLO) return undefined;
  if (content.length < MESSAGE_HEADER_BYTES) return missing;
  const end = MESSAGE_HEADER_BYTES + content.readUIntBE(1, 3);
  if (end > MAX_CLIENT_HELLO_BYTES) return undefined;
  return content.length < end ? missing : content.subarray(MESSAGE_HEADER_BYTES, end);
}

/** What the records at the beginning hold, up to the first that is not of a handshake. */
function handshakeContent(bytes: Buffer): {
  readonly content: Buffer;
  readonly isMoreToCome: boolean;
} {
  const pieces: Buffer[] = [];
  let offset = 0;
  while (offset < bytes.length && pieces.length < MAX_RECORDS && isHandshake(bytes, offset)) {
    const start = offset + RECORD_HEADER_BYTES;
    if (start > bytes.length) break;
    offset = start + bytes.readUInt16BE(start - 2);
    pieces.push(bytes.subarray(start, offset));
  }
  const [first = bytes.subarray(0, 0)] = pieces;
  return {
    content: pieces.length < 2 ? first : Buffer.concat(pieces),
    isMoreToCome:
      pieces.length < MAX_RECORDS && (offset >= bytes.length || isHandshake(bytes, offset)),
  };
}

/** Whether a record that begins here may be one: empty ones are forbidden. */
function isHandshake(bytes: Buffer, offset: number): boolean {
  if (bytes[offset] !== HANDSHAKE || (bytes[offset + 1] ?? MAJOR_VERSION) !== MAJOR_VERSION)
    return false;
  if (offset + RECORD_HEADER_BYTES > bytes.length) return true;
  const size = bytes.readUInt16BE(offset + 3);
  return size > 0 && size <= MAX_CLIENT_HELLO_BYTES;
}

/** Past session, cipher suites and compression methods: the extensions. */
function serverNameOf(hello: Buffer): string | undefined {
  const session = vector(hello, FIXED_BYTES, 1);
  const suites = session && vector(hello, session.end, 2);
  const compression = suites && vector(hello, suites.end, 1);
  const extensions = compression && vector(hello, compression.end, 2);
  if (extensions === undefined) return undefined;
  let offset = 0;
  while (offset + 2 <= extensions.content.length) {
    const extension = vector(extensions.content, offset + 2, 2);
    if (extension === undefined) return undefined;
    if (extensions.content.readUInt16BE(offset) === SERVER_NAME)
      return hostNameOf(extension.content);
    offset = extension.end;
  }
  return undefined;
}

function hostNameOf(extension: Buffer): string | undefined {
  const list = vector(extension, 0, 2)?.content;
  if (list === undefined || list[0] !== HOST_NAME) return undefined;
  const name = vector(list, 1, 2)?.content.toString('latin1').toLowerCase();
  return name?.endsWith('.') === true ? name.slice(0, -1) : name;
}

/** What a length of `lengthBytes` at `offset` counts; undefined where it says more than there is. */
function vector(
  bytes: Buffer,
  offset: number,
  lengthBytes: 1 | 2,
): { readonly content: Buffer; readonly end: number } | undefined {
  const start = offset + lengthBytes;
  if (start > bytes.length) return undefined;
  const end = start + bytes.readUIntBE(offset, lengthBytes);
  return end > bytes.length ? undefined : { content: bytes.subarray(start, end), end };
}
