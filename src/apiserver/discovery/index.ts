/** What tells clients which groups, versions and resources there are. */
import { createHash } from 'node:crypto';
import type { KindRegistry } from '../../api/index.ts';
import { parseAccept } from '../negotiate.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { aggregatedDiscovery, type AggregatedVersion } from './aggregated.ts';
import { groupsOf, versionsInGroup } from './groups.ts';
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './legacy.ts';

/** Answers `/api…` and `/apis…` where they name no resource; undefined for a group or version that is not there. */
export function discover(
  request: ApiRequest,
  kinds: KindRegistry,
  serverAddress: string,
): ApiResponse | undefined {
  const [root, group, version, ...rest] = request.path.split('/').filter((part) => part !== '');
  if (rest.length > 0 || (root !== 'api' && root !== 'apis')) return undefined;
  if (group === undefined) return discoverRoot(request, { kinds, root, serverAddress });
  if (root === 'api')
    return version === undefined ? jsonOf(apiResourceList(kinds, '', group)) : undefined;
  return jsonOf(
    version === undefined ? apiGroup(kinds, group) : apiResourceList(kinds, group, version),
  );
}

/** What `/` lists: every path that leads on. */
export function rootPaths(kinds: KindRegistry): readonly string[] {
  const groups = groupsOf(kinds).filter(({ name }) => name !== '');
  return [
    '/api',
    '/api/v1',
    '/apis',
    ...groups.flatMap((group) => [
      `/apis/${group.name}`,
      ...versionsInGroup(group).map((version) => `/apis/${group.name}/${version}`),
    ]),
    '/healthz',
    '/livez',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
  ];
}

interface Root {
  readonly kinds: KindRegistry;
  readonly root: 'api' | 'apis';
  readonly serverAddress: string;
}

/** The aggregated document where the client takes it, in the very version that it takes. */
function discoverRoot(request: ApiRequest, { kinds, root, serverAddress }: Root): ApiResponse {
  const version = aggregatedVersionOf(request.headers.accept);
  if (version === undefined)
    return {
      status: 200,
      kind: 'object',
      object: root === 'api' ? apiVersions(serverAddress) : apiGroupList(kinds),
    };
  const text = `${JSON.stringify(aggregatedDiscovery(kinds, root, version))}\n`;
  const etag = `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"`;
  const headers = { ETag: etag, Vary: 'Accept' };
  if (request.headers['if-none-match'] === etag)
    return { status: 304, kind: 'bytes', contentType: '', bytes: '', headers };
  return {
    status: 200,
    kind: 'bytes',
    contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    bytes: text,
    headers,
  };
}

function aggregatedVersionOf(accept = ''): AggregatedVersion | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    if (type !== 'application/json' && type !== '*/*') continue;
    if (parameters.get('as') === undefined) return undefined;
    const version = parameters.get('v');
    if (version === 'v2' || version === 'v2beta1') return version;
  }
  return undefined;
}

function jsonOf(object: object | undefined): ApiResponse | undefined {
  return object === undefined ? undefined : { status: 200, kind: 'object', object };
}
