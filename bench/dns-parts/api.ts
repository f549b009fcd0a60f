/** Kubernetes' API as far as CoreDNS asks for it: one watch a kind, in JSON, that starts with what there is. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { KubeObject, Store } from '../../src/api/index.ts';

const KINDS: Readonly<Record<string, string>> = {
  '/api/v1/namespaces': 'Namespace',
  '/api/v1/services': 'Service',
  '/api/v1/pods': 'Pod',
  '/apis/discovery.k8s.io/v1/endpointslices': 'EndpointSlice',
};

export function serveApi(store: Store): Server {
  return createServer((request, response) => answer(store, request, response));
}

function answer(store: Store, { url = '/' }: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const kind = KINDS[pathname];
  if (kind === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }),
    );
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  if (searchParams.get('watch') !== 'true') {
    const items = store.list<string>(kind);
    const metadata = { resourceVersion: String(store.revision) };
    response.end(JSON.stringify({ kind: `${kind}List`, apiVersion: 'v1', metadata, items }));
    return;
  }
  const send = (type: string, object: unknown): void =>
    void response.write(`${JSON.stringify({ type, object })}\n`);
  const sendInitialEvents = searchParams.get('sendInitialEvents') === 'true';
  const watch = store.watch<string>(kind, ({ type, object }) => send(type, object), {
    sendInitialEvents,
  });
  response.on('close', () => watch[Symbol.dispose]());
  if (sendInitialEvents) send('BOOKMARK', bookmark(store, kind));
}

/** Says that what there was is told. */
function bookmark(store: Store, kind: string): KubeObject {
  return {
    apiVersion: kind === 'EndpointSlice' ? 'discovery.k8s.io/v1' : 'v1',
    kind,
    metadata: {
      name: '',
      resourceVersion: String(store.revision),
      annotations: { 'k8s.io/initial-events-end': 'true' },
    },
  };
}
