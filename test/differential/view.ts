/** What a script's Namespace holds, without what differs between any two clusters. */
import type { ApiObject, Side } from './side.ts';

/** Lines of JSON by kind, sorted. */
export type View = Readonly<Record<string, readonly string[]>>;

/** Where the objects of a kind are listed, `NS` standing for the Namespace. */
const PATHS: Readonly<Record<string, string>> = {
  EndpointSlice: '/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices',
  Endpoints: '/api/v1/namespaces/NS/endpoints',
  Deployment: '/apis/apps/v1/namespaces/NS/deployments',
  ReplicaSet: '/apis/apps/v1/namespaces/NS/replicasets',
  StatefulSet: '/apis/apps/v1/namespaces/NS/statefulsets',
  DaemonSet: '/apis/apps/v1/namespaces/NS/daemonsets',
  ControllerRevision: '/apis/apps/v1/namespaces/NS/controllerrevisions',
  Job: '/apis/batch/v1/namespaces/NS/jobs',
  CronJob: '/apis/batch/v1/namespaces/NS/cronjobs',
  PodDisruptionBudget: '/apis/policy/v1/namespaces/NS/poddisruptionbudgets',
  PersistentVolumeClaim: '/api/v1/namespaces/NS/persistentvolumeclaims',
  Pod: '/api/v1/namespaces/NS/pods',
  ConfigMap: '/api/v1/namespaces/NS/configmaps',
  Secret: '/api/v1/namespaces/NS/secrets',
  ServiceAccount: '/api/v1/namespaces/NS/serviceaccounts',
  Event: '/api/v1/namespaces/NS/events',
};

/** Lists every object of `kinds` in `namespace`. */
export async function listAll(
  side: Side,
  namespace: string,
  kinds: readonly string[],
): Promise<Readonly<Record<string, readonly ApiObject[]>>> {
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const path = (PATHS[kind] ?? '').replace('NS', namespace);
      const { status, body } = await side.ask({ method: 'GET', path });
      if (status !== 200) throw new Error(`${side.name}: ${path}: ${status}`);
      return [kind, body.items ?? []] as const;
    }),
  );
  return Object.fromEntries(lists);
}

/** What each generated text stands for; it grows with each view, since Events name what is gone. */
export type Masks = Map<string, string>;

/** Takes names that were made up, uids, times and versions out, and sorts. */
export function viewOf(
  namespace: string,
  objects: Readonly<Record<string, readonly ApiObject[]>>,
  known: Masks,
): View {
  for (const [from, to] of masksOf(objects)) known.set(from, to);
  const masks = [...known].toSorted(([a], [b]) => b.length - a.length);
  return Object.fromEntries(
    Object.entries(objects).map(([kind, list]) => {
      const lines = list.map((object) => {
        const shown = kind === 'Event' ? eventOf(object) : plain(object);
        let text = canonical(shown);
        for (const [from, to] of masks) text = text.replaceAll(from, to);
        return text
          .replaceAll(namespace, 'NS')
          .replaceAll(/kube-api-access-\w{5}/g, 'kube-api-access-~')
          .replaceAll(UUID, 'UID')
          .replace(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"/g, '"TIME"');
      });
      return [kind, (kind === 'Event' ? [...new Set(lines)] : lines).toSorted()];
    }),
  );
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** JSON with sorted keys; a list that is null, empty or not there is the same to every client. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, nested: unknown) => {
    if (typeof nested !== 'object' || nested === null || Array.isArray(nested)) return nested;
    const entries = Object.entries(nested).filter(([, field]) => !isEmpty(field));
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function isEmpty(field: unknown): boolean {
  return field === null || (Array.isArray(field) && field.length === 0);
}

function plain(object: ApiObject): object {
  const {
    kind: _kind,
    apiVersion: _version,
    ...rest
  } = object as ApiObject & { apiVersion?: string };
  const {
    uid: _uid,
    resourceVersion: _resourceVersion,
    creationTimestamp: _creation,
    namespace: _namespace,
    ...metadata
  } = rest.metadata;
  const { managedFields: _managed, ...kept } = metadata as typeof metadata & {
    managedFields?: unknown;
  };
  return { ...rest, metadata: kept };
}

/** An Event as `kubectl describe` shows it; counts depend on the pace. */
function eventOf(event: ApiObject): object {
  const { involvedObject, type, reason, message, source, reportingComponent } =
    event as unknown as {
      readonly involvedObject: { readonly kind: string; readonly name: string };
      readonly type: string;
      readonly reason: string;
      readonly message: string;
      readonly source?: { readonly component?: string };
      readonly reportingComponent?: string;
    };
  return {
    about: `${involvedObject.kind}/${involvedObject.name}`,
    type,
    reason,
    message: message.replace('(combined from similar events): ', ''),
    from: source?.component ?? reportingComponent,
  };
}

function masksOf(
  objects: Readonly<Record<string, readonly ApiObject[]>>,
): readonly (readonly [string, string])[] {
  const masks: (readonly [string, string])[] = [];
  for (const [kind, list] of Object.entries(objects))
    for (const { metadata } of list) {
      const { uid, name, generateName } = metadata;
      if (uid !== undefined) masks.push([uid, `UID-${kind}`]);
      if (generateName !== undefined && kind !== 'Event') masks.push([name, `${generateName}~`]);
    }
  return masks;
}
