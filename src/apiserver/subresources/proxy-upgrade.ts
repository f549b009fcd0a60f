import { pipeline } from 'node:stream/promises';
import type { ApiContext, Target } from '../context.ts';
import type { UpgradeRequest } from '../server.ts';
import { open, passedOn } from './proxy.ts';
import { proxyTargetOf } from './proxy-target.ts';

/** An upgrade through a proxy: the request goes on as it is, and both sides talk with each other from then on. */
export async function serveProxyUpgrade(
  { message, socket, head }: UpgradeRequest,
  target: Target,
  context: ApiContext,
): Promise<void> {
  const proxied = proxyTargetOf(target, context);
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  const upstream = await open(proxied, context, gone.signal);
  const { url = '', method = 'GET', headers } = message;
  const [, query] = url.split('?', 2);
  const path = `${target.rest === '' ? '/' : target.rest}${query === undefined ? '' : `?${query}`}`;
  const lines = Object.entries(passedOn(headers)).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${String(one)}`),
  );
  upstream.write(
    [
      `${method} ${path} HTTP/1.1`,
      `host: ${proxied.address}:${proxied.port}`,
      'connection: Upgrade',
      `upgrade: ${headers.upgrade ?? ''}`,
      ...lines,
      '\r\n',
    ].join('\r\n'),
  );
  if (head.length > 0) upstream.write(head);
  // Either side may leave without a word.
  await Promise.allSettled([pipeline(socket, upstream), pipeline(upstream, socket)]);
}
