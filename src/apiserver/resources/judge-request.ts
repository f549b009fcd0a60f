import { judgeByPolicies, type KubeObject, type RuledWrite } from '../../api/index.ts';
import type { ApiContext, Target } from '../context.ts';
import type { User } from '../request.ts';
import { hasWebhooks } from './carry-out.ts';
import { isSet } from './parameters.ts';
import { Patience } from './patience.ts';
import { writeRequestOf } from './write-request.ts';

/** A request that does something and writes no object of the resource that it names. */
export interface JudgedRequest {
  readonly user: User;
  readonly target: Target;
  readonly operation: 'CREATE' | 'CONNECT';
  /** What was sent; of a connection its options. */
  readonly object: { readonly apiVersion: string; readonly kind: string };
  readonly isDryRun?: boolean;
}

/** Lets a request pass that no policy and no webhook refuses. @throws ApiError of the first that does. */
export async function judgeRequest(
  { user, target, operation, object: sent, isDryRun = false }: JudgedRequest,
  context: ApiContext,
): Promise<void> {
  const { definition, namespace = '', name = '', subresource = '' } = target;
  const { store, kinds, clock } = context;
  const [version = '', group = ''] = sent.apiVersion.split('/').toReversed();
  const object = sent as KubeObject; // of a kind that is stored nowhere, with or without metadata
  const write: RuledWrite = {
    definition,
    operation,
    object,
    old: undefined,
    place: { name, namespace },
    subresource,
    isDryRun,
    request: {
      ...writeRequestOf({ user }, { target, store }, []),
      shown: { group, version, kind: sent.kind, of: () => object },
    },
    store,
    kinds,
    now: clock.now(),
  };
  judgeByPolicies(write);
  if (!hasWebhooks(store)) return;
  const { judgeByWebhooks } = await import('../webhooks/index.ts');
  await judgeByWebhooks(write, context, new Patience());
}

/** By resource and subresource, what a connection's options are called. */
const CONNECTIONS: Readonly<Record<string, string>> = {
  'pods/attach': 'PodAttachOptions',
  'pods/exec': 'PodExecOptions',
  'pods/portforward': 'PodPortForwardOptions',
  'pods/proxy': 'PodProxyOptions',
  'services/proxy': 'ServiceProxyOptions',
  'nodes/proxy': 'NodeProxyOptions',
};

/** Lets a connection into the cluster pass, as `judgeRequest`; anything else passes. @throws ApiError */
export function judgeConnection(
  { user, query }: { readonly user: User; readonly query: URLSearchParams },
  target: Target,
  context: ApiContext,
): Promise<void> | undefined {
  const { definition, subresource = '', rest } = target;
  const kind = subresource === '' ? undefined : CONNECTIONS[`${definition.plural}/${subresource}`];
  if (kind === undefined || definition.origin !== 'builtin') return undefined;
  const object = { apiVersion: 'v1', kind, ...optionsOf(subresource, query, rest) };
  return judgeRequest({ user, target, operation: 'CONNECT', object }, context);
}

function optionsOf(subresource: string, query: URLSearchParams, rest: string): object {
  if (subresource === 'proxy') return rest === '' ? {} : { path: rest };
  const ports = query.getAll('ports').flatMap((text) => text.split(','));
  if (subresource === 'portforward') return ports.length === 0 ? {} : { ports: ports.map(Number) };
  const streams = ['stdin', 'stdout', 'stderr', 'tty'].filter((name) => isSet(query, name));
  const container = query.get('container') ?? '';
  const command = query.getAll('command');
  return {
    ...Object.fromEntries(streams.map((name) => [name, true])),
    ...(container !== '' && { container }),
    ...(subresource === 'exec' && command.length > 0 && { command }),
  };
}
