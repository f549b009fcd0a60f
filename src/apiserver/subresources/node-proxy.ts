import { type Node } from '../../api/index.ts';
import { objectOf, type ApiContext, type Target } from '../context.ts';
import { methodNotAllowed } from '../refusals.ts';
import { textResponse, type ApiRequest, type ApiResponse } from '../request.ts';

/** What a kubelet's own server answers, by its path. */
type KubeletPath = (node: Node, context: ApiContext) => ApiResponse;

const PATHS: Readonly<Record<string, KubeletPath>> = {
  '/healthz': () => textResponse(200, 'ok'),
  '/healthz/ping': () => textResponse(200, 'ok'),
  '/healthz/syncloop': () => textResponse(200, 'ok'),
  '/pods': podsOfNode,
  '/runningpods': podsOfNode,
  '/configz': () => json({ kubeletconfig: CONFIGURATION }),
};

const CONFIGURATION = {
  kind: 'KubeletConfiguration',
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  clusterDomain: 'cluster.local',
  port: 10_250,
  maxPods: 110,
  registerNode: true,
};

/** `nodes/NAME[:port]/proxy/PATH`: the Node's kubelet, so far as there is one. @throws ApiError NotFound. */
export function serveNodeProxy(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): ApiResponse {
  const [name = ''] = (target.name ?? '').replace(/^https?:(?=.+:)/, '').split(':');
  const node = objectOf({ ...target, name }, context) as unknown as Node; // the definition leads to Nodes
  const path = target.rest.length > 1 ? target.rest.replace(/\/$/, '') : target.rest;
  const answer = PATHS[path];
  if (answer === undefined) return textResponse(404, '404 page not found\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  return answer(node, context);
}

function podsOfNode({ metadata }: Node, { store }: ApiContext): ApiResponse {
  const items = store.list('Pod').filter(({ spec }) => spec?.nodeName === metadata.name);
  return json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items });
}

function json(value: object): ApiResponse {
  return {
    status: 200,
    kind: 'bytes',
    contentType: 'application/json',
    bytes: JSON.stringify(value),
  };
}
