import { request, type RequestOptions } from 'node:https';
import { connect } from 'node:tls';
import { ApiError, type Service, type WebhookClientConfig } from '../../api/index.ts';
import { parseIp } from '../../net/index.ts';
import type { ApiContext } from '../context.ts';
import { readyEndpoint } from '../subresources/proxy-target.ts';
import { podsOf } from '../subresources/pods.ts';
import { WebhookFailure } from './failures.ts';

/** What is sent, and how long its answer is waited for. */
export interface WebhookCall {
  readonly body: string;
  readonly timeoutSeconds: number;
  /** Ends it before. */
  readonly signal: AbortSignal;
}

/** No answer is as long as that; upstream stops reading at 3 MiB. */
const MAX_ANSWER_BYTES = 3 * 1024 * 1024;

/**
 * Posts a review to a webhook, over TLS: to an address of this machine's network, or to a Service of the cluster as a
 * Node reaches it.
 *
 * @returns the text of the answer. @throws WebhookFailure in kube-apiserver's words.
 */
export async function callWebhook(
  config: WebhookClientConfig,
  call: WebhookCall,
  context: ApiContext,
): Promise<string> {
  const url = urlOf(config);
  url.searchParams.set('timeout', `${call.timeoutSeconds}s`);
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(call.timeoutSeconds * 1000)]);
  try {
    const socket = await socketOf(config, context, signal);
    const { status, text } = await post(url, { config, socket, body: call.body, signal });
    if (status >= 200 && status < 300) return text;
    throw new WebhookFailure(`failed to call webhook: ${describeStatus(status, text)}`);
  } catch (error) {
    if (error instanceof WebhookFailure) throw error;
    const why = signal.aborted ? endOf(signal) : wordsOf(error);
    const shown = url.href.replace(url.host, hostOf(url));
    throw new WebhookFailure(`failed to call webhook: Post ${JSON.stringify(shown)}: ${why}`);
  }
}

/** Of a Service the name that its certificate must be for. @throws WebhookFailure */
function urlOf({ url, service }: WebhookClientConfig): URL {
  if (service !== undefined) {
    const { name, namespace, path = '', port = 443 } = service;
    return new URL(`https://${name}.${namespace}.svc:${port}${path}`);
  }
  if (url !== undefined && URL.canParse(url)) return new URL(url);
  throw new WebhookFailure(
    url === undefined
      ? 'webhook configuration must have either service or URL'
      : `Unparsable URL: ${url}`,
  );
}

/** The port is told even where everybody knows it, for Services. */
function hostOf({ host, hostname, port }: URL): string {
  return port === '' && hostname.endsWith('.svc') ? `${hostname}:443` : host;
}

type Socket = Awaited<ReturnType<ReturnType<typeof podsOf>['dial']>>;

/** The way into the cluster; undefined for an address outside. */
async function socketOf(
  { service }: WebhookClientConfig,
  context: ApiContext,
  signal: AbortSignal,
): Promise<Socket | undefined> {
  if (service === undefined) return undefined;
  const { name = '', namespace = '', port = 443 } = service;
  const found: Service | undefined = context.store.get('Service', namespace, name);
  if (found === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
  const { clusterIP = '', ports = [] } = found.spec ?? {};
  if (!ports.some((candidate) => candidate.port === port))
    throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
  const isHeadless = clusterIP === '' || clusterIP === 'None';
  const destination = isHeadless
    ? readyEndpoint(found, `${port}`, context)
    : { address: clusterIP, port };
  const socket = await podsOf(context).dial(destination, signal);
  return socket.on('error', () => undefined);
}

interface Posting {
  readonly config: WebhookClientConfig;
  readonly socket: Socket | undefined;
  readonly body: string;
  readonly signal: AbortSignal;
}

async function post(
  url: URL,
  { config, socket, body, signal }: Posting,
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const { caBundle = '' } = config;
  const tls = {
    // Addresses are not told: certificates for them are looked at all the same.
    ...(parseIp(url.hostname.replace(/^\[|\]$/g, '')) === undefined && {
      servername: url.hostname,
    }),
    ...(caBundle !== '' && { ca: Buffer.from(caBundle, 'base64') }),
  };
  const options: RequestOptions = {
    method: 'POST',
    signal,
    ...tls,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, */*',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'kube-apiserver-admission',
    },
    // A way of its own is taken where there is no agent alone.
    ...(socket === undefined
      ? { agent: false }
      : { createConnection: () => connect({ socket, ...tls }) }),
  };
  const outgoing = request(url, options, (incoming) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) incoming.destroy(new Error('http: response body too large'));
      else chunks.push(chunk);
    });
    incoming.on('error', reject);
    incoming.on('end', () =>
      resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
    );
  });
  outgoing.on('error', reject);
  outgoing.end(body);
  try {
    return await promise;
  } finally {
    socket?.destroy();
  }
}

/** As client-go words them. */
function describeStatus(status: number, text: string): string {
  if (status === 404) return 'the server could not find the requested resource';
  const body = text.trim().slice(0, 2048);
  return `an error on the server (${JSON.stringify(body === '' ? 'unknown' : body)}) has prevented the request from succeeding`;
}

/** Go's word for the end of a request's time, and for a request that somebody gave up. */
function endOf({ reason }: AbortSignal): string {
  const isLate = reason instanceof DOMException && reason.name === 'TimeoutError';
  return isLate ? 'context deadline exceeded' : 'context canceled';
}

const WORDS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'x509: certificate signed by unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'x509: certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'x509: certificate signed by unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'x509: certificate signed by unknown authority',
  CERT_HAS_EXPIRED: 'x509: certificate has expired or is not yet valid',
};

/** What Go says of the commonest failures. */
function wordsOf(error: unknown): string {
  if (error instanceof ApiError || !(error instanceof Error)) return String(error);
  const {
    code = '',
    message,
    address,
    port,
  } = error as Error & {
    readonly code?: string;
    readonly address?: string;
    readonly port?: number;
  };
  const tls = WORDS[code];
  if (tls !== undefined) return `tls: failed to verify certificate: ${tls}`;
  if (code === 'ECONNREFUSED' && address !== undefined)
    return `dial tcp ${address}:${port}: connect: connection refused`;
  return message;
}
