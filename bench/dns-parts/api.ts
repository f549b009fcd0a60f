/** Kubernetes' API as far as CoreDNS asks for it: one watch a kind, in JSON, that starts with what there is. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createKindRegistry,
  KINDS,
  parseFieldSelector,
  parseLabelSelector,
  type KubeObject,
  type Store,
} from '../../src/api/index.ts';

const PATHS: Readonly<Record<string, string>> = {
  '/api/v1/namespaces': 'Namespace',
  '/api/v1/services': 'Service',
  '/api/v1/pods': 'Pod',
  '/apis/discovery.k8s.io/v1/endpointslices': 'EndpointSlice',
  '/apis/multicluster.x-k8s.io/v1alpha1/serviceimports': 'ServiceImport.multicluster.x-k8s.io',
};

const REGISTRY = createKindRegistry(KINDS);

export function serveApi(store: Store): Server {
  return createServer((request, response) => answer(store, request, response));
}

function answer(store: Store, { url = '/' }: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const kind = PATHS[pathname];
  if (kind === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }),
    );
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  const isChosen = selection(kind, searchParams);
  if (searchParams.get('watch') !== 'true') {
    const items = store.list<string>(kind).filter(isChosen);
    const metadata = { resourceVersion: String(store.revision) };
    const own = typeOf(pathname, kind);
    response.end(JSON.stringify({ ...own, kind: `${own.kind}List`, metadata, items }));
    return;
  }
  const send = (type: string, object: unknown): void =>
    void response.write(`${JSON.stringify({ type, object })}\n`);
  const sendInitialEvents = searchParams.get('sendInitialEvents') === 'true';
  const tell = (type: string, object: KubeObject): void => {
    if (isChosen(object)) send(type, object);
  };
  const watch = store.watch<string>(kind, ({ type, object }) => tell(type, object), {
    sendInitialEvents,
  });
  response.on('close', () => watch[Symbol.dispose]());
  if (sendInitialEvents) send('BOOKMARK', bookmark(store, typeOf(pathname, kind)));
}

/** Objects that a client selects; that one of them changes into another is not told. */
function selection(kind: string, parameters: URLSearchParams): (object: KubeObject) => boolean {
  const hasLabels = parseLabelSelector(parameters.get('labelSelector') ?? '');
  const hasFields = parseFieldSelector(
    parameters.get('fieldSelector') ?? '',
    REGISTRY.byName(kind),
  );
  return (object) => hasLabels(object.metadata.labels) && hasFields(object);
}

type Type = Pick<KubeObject, 'apiVersion' | 'kind'>;

/** `/apis/GROUP/VERSION/…`, `/api/v1/…` */
function typeOf(path: string, name: string): Type {
  const [, , ...words] = path.split('/');
  const [kind = ''] = name.split('.');
  return { apiVersion: words.slice(0, -1).join('/'), kind };
}

/** Says that what there was is told. */
function bookmark(store: Store, type: Type): KubeObject {
  return {
    ...type,
    metadata: {
      name: '',
      resourceVersion: String(store.revision),
      annotations: { 'k8s.io/initial-events-end': 'true' },
    },
  };
}
