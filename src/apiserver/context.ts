import {
  notFound,
  type KindDefinition,
  type KindRegistry,
  type KubeObject,
  type Store,
} from '../api/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import type { PodAccess } from './streams/pod-access.ts';
import type { Snapshots } from './resources/snapshots.ts';
import type { TokenIssuer } from './tokens.ts';

/** What every handler works on. */
export interface ApiContext {
  readonly store: Store;
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Lists that clients are paging through. */
  readonly snapshots: Snapshots;
  /** Makes the tokens of ServiceAccounts; absent where there are none. */
  readonly tokens?: TokenIssuer;
  /** The kubelets; absent where none run. */
  readonly pods?: PodAccess;
  /** Subresources besides those of the store, by resource and name: `pods/log`. */
  readonly subresources: ReadonlyMap<string, ResourceHandler>;
}

/** One resource of the API, as a request's path named it. */
export interface Target {
  readonly definition: KindDefinition;
  /** The version that was asked for; answers are in it. */
  readonly version: string;
  readonly namespace?: string;
  /** Absent for collections. */
  readonly name?: string;
  readonly subresource?: string;
  /** What follows the subresource, with its slash. */
  readonly rest: string;
}

/** Answers a request for a resource. @throws ApiError, which becomes a Status. */
export type ResourceHandler = (
  request: ApiRequest,
  target: Target,
  context: ApiContext,
) => ApiResponse | Promise<ApiResponse>;

/** `apps/v1`, `v1`. */
export function apiVersionOf({
  definition,
  version,
}: Pick<Target, 'definition' | 'version'>): string {
  return definition.group === '' ? version : `${definition.group}/${version}`;
}

/** The object that `target` names. @throws ApiError NotFound. */
export function objectOf(target: Target, { store }: Pick<ApiContext, 'store'>): KubeObject {
  const { definition, namespace, name = '' } = target;
  const object = store.get<string>(definition.name, namespace, name);
  if (object === undefined) throw notFound(definition, name);
  return object;
}
