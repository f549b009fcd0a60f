import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { hostName } from './variables.ts';
import type { RoutePolicy, RouteRequest, UpstreamTls } from './route-policy.ts';
import type { UpstreamWrapping } from './upstream-pool.ts';

const UNVERIFIED: UpstreamTls = { isVerified: false, isServerNameSent: false };

/** What policies ask to be put over connections; equal demands share their connections. */
export function createWrappings(): (
  policy: RoutePolicy,
  request: RouteRequest,
) => UpstreamWrapping | undefined {
  const identities = new WeakMap<UpstreamTls, number>();
  let count = 0;
  const identityOf = (tls: UpstreamTls): number => {
    const known = identities.get(tls);
    if (known !== undefined) return known;
    count += 1;
    identities.set(tls, count);
    return count;
  };
  return (policy, request) => {
    const protocol = protocolOf(policy, request);
    if (protocol === 'HTTP') return undefined;
    const isHttp2 = protocol === 'GRPC' || protocol === 'GRPCS';
    if (protocol === 'GRPC') return { key: 'h2c', wrap: async (socket) => toHttp2(socket, 'http') };
    const tls = policy.upstreamTls ?? UNVERIFIED;
    const serverName = tls.serverName ?? hostName(request.host);
    return {
      key: `${protocol}:${identityOf(tls)}:${serverName}`,
      wrap: async (socket, signal) => {
        const secure = await handshake(socket, optionsOf(tls, serverName, isHttp2), signal);
        return isHttp2 ? toHttp2(secure, 'https') : secure;
      },
    };
  };
}

/** The protocol to the backend; FastCGI is answered 502 elsewhere, since nobody here speaks it. */
function protocolOf(
  { upstreamProtocol = 'HTTP' }: RoutePolicy,
  { scheme }: RouteRequest,
): 'HTTP' | 'HTTPS' | 'GRPC' | 'GRPCS' {
  if (upstreamProtocol === 'AUTO_HTTP') return scheme === 'https' ? 'HTTPS' : 'HTTP';
  return upstreamProtocol === 'FCGI' ? 'HTTP' : upstreamProtocol;
}

async function toHttp2(socket: Duplex, scheme: 'http' | 'https'): Promise<Duplex> {
  const { UpstreamHttp2 } = await import('./http2/index.ts');
  return new UpstreamHttp2(socket, scheme);
}

function optionsOf(tls: UpstreamTls, serverName: string, isHttp2: boolean): ConnectionOptions {
  const { isVerified, ca, clientCertificate, isServerNameSent } = tls;
  return {
    rejectUnauthorized: isVerified,
    ...(ca === undefined ? {} : { ca }),
    ...(clientCertificate === undefined
      ? {}
      : { cert: clientCertificate.certificate, key: clientCertificate.key }),
    // An address is no server name.
    ...(isServerNameSent && !/^[\d.]+$|:/.test(serverName) ? { servername: serverName } : {}),
    ...(isVerified ? { checkServerIdentity: identityCheck(serverName) } : {}),
    ALPNProtocols: [isHttp2 ? 'h2' : 'http/1.1'],
  };
}

/** The name that is verified need not be the name that is sent. */
function identityCheck(serverName: string): NonNullable<ConnectionOptions['checkServerIdentity']> {
  const { checkServerIdentity } = process.getBuiltinModule('node:tls');
  return (_host, certificate) => checkServerIdentity(serverName, certificate);
}

/** @throws Error when the backend is not who it should be, or speaks no TLS. */
async function handshake(
  socket: Duplex,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Duplex> {
  const { connect } = await import('node:tls');
  const secure = connect({ ...options, socket });
  secure.on('error', () => undefined);
  try {
    await once(secure, 'secureConnect', { signal });
    return secure;
  } catch (error) {
    secure.destroy();
    socket.destroy();
    throw error;
  }
}
