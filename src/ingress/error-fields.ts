import { fieldValue } from './http1/index.ts';
import type { HeaderEdits, RouteRequest } from './route-policy.ts';
import type { Route } from './route-table.ts';

/**
 * What a default backend is told of the request that it answers in another's place.
 *
 * @param status What the client would have got.
 * @see ingress-nginx, "Custom errors"
 */
export function errorFields(
  status: number,
  { source, backend }: Pick<Route, 'source' | 'backend'>,
  request: Pick<RouteRequest, 'fields' | 'target'>,
): HeaderEdits {
  return {
    set: [
      ['X-Code', String(status)],
      ['X-Format', fieldValue(request.fields, 'accept') ?? ''],
      ['X-Original-URI', request.target],
      ['X-Namespace', source.namespace],
      ['X-Ingress-Name', source.name],
      ['X-Service-Name', backend?.service ?? ''],
      ['X-Service-Port', String(backend?.port ?? '')],
    ],
  };
}
