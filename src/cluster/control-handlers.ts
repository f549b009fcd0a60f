import { ApiError, type KindRegistry, type KubeObject, type ObjectRef } from '../api/index.ts';
import type {
  ClusterStatus,
  ControlHandlers,
  ExplainRequest,
  ExplainResult,
} from '../control/index.ts';
import type { Cluster } from './create-cluster.ts';
import { describeObject } from './describe/index.ts';
import { explain } from './explain.ts';
import { createListing } from './listing.ts';
import { locateSteps, type LocateField } from './locate-steps.ts';
import { applyPaths } from './manifests.ts';
import type * as Reach from './reach/index.ts';

export interface ControlHandlersOptions {
  readonly cluster: Cluster;
  readonly status: () => ClusterStatus;
  readonly pid: number;
  /** Ends the instance, after the answer is out. */
  readonly stop: () => void;
  /** Where a field of an object was written. @default nobody knows */
  readonly locate?: LocateField;
}

/** What names an object in the store. */
function refOfObject(
  { apiVersion, kind, metadata: { name, namespace } }: KubeObject,
  kinds: KindRegistry,
): ObjectRef {
  const ref = { kind: kinds.byApiVersion(apiVersion, kind).name, name };
  return namespace === undefined ? ref : { ...ref, namespace };
}

/** What a running instance does with the calls of its user's commands. */
export function createControlHandlers({
  cluster,
  status,
  pid,
  stop,
  locate = () => undefined,
}: ControlHandlersOptions): ControlHandlers {
  const { store, kinds, options } = cluster;
  const now = (): number => options.clock.now();
  const listing = createListing(store, kinds, now);
  const refOf = (object: KubeObject): ObjectRef => refOfObject(object, kinds);
  return {
    status,
    list: (request) => listing.list(request),
    watch: (request, send, signal) => listing.watch(request, send, signal),
    describe: (request) => {
      const found = listing.findByPrefix(request);
      if (found.length === 0)
        throw new ApiError('NotFound', `no ${request.resource} in namespace ${request.namespace}`);
      return found.map((object) => describeObject(object, store, now())).join('\n\n\n');
    },
    explain: (request) => explainLocated(cluster, request, locate),
    dig: async (request) => {
      const { dig } = await import('./dig/index.ts');
      return dig(cluster, request);
    },
    ...reachHandlers(cluster, locate),
    kubeconfig: async () => {
      const { readKubeconfig } = await import('./kubeconfig-file.ts');
      return { text: await readKubeconfig(cluster) };
    },
    resolvConf: async (request) => {
      const { printResolvConf } = await import('./resolv-conf.ts');
      return printResolvConf(cluster, request);
    },
    apply: (request) => applyPaths(cluster, request),
    delete: (request) =>
      listing.find(request).map((object) => {
        store.delete(refOf(object));
        return lineOf(object);
      }),
    scale: ({ replicas, ...request }) =>
      listing.find(request).map((object) => {
        const { spec } = object as { readonly spec?: Readonly<Record<string, unknown>> }; // a field of any object
        if (spec === undefined || !('replicas' in spec))
          throw new ApiError(
            'BadRequest',
            `${lineOf(object)} cannot be scaled: it has no replicas`,
          );
        store.update({ ...object, spec: { ...spec, replicas } });
        return lineOf(object);
      }),
    down: () => {
      setImmediate(stop);
      return { pid };
    },
  };
}

function lineOf({ kind, metadata: { name } }: KubeObject): string {
  return `${kind.toLowerCase()}/${name}`;
}

/** Who reaches whom, by real traffic from the Pods of the instance. */
function reachHandlers(
  cluster: Cluster,
  locate: LocateField,
): Pick<ControlHandlers, 'reach' | 'matrix' | 'expect'> {
  // Nothing of it is needed to serve.
  const load = (): Promise<typeof Reach> => import('./reach/index.ts');
  const worldOf = ({ isDecided = false }: { readonly isDecided?: boolean }): Reach.ReachWorld => ({
    cluster,
    locate,
    isDecided,
  });
  return {
    reach: async (request) => (await load()).reach(worldOf(request), request),
    matrix: async (request) => (await load()).matrix(worldOf(request), request),
    expect: async (request) => (await load()).judge(worldOf(request), request),
  };
}

async function explainLocated(
  cluster: Cluster,
  request: ExplainRequest,
  locate: LocateField,
): Promise<ExplainResult> {
  const result = await explain(cluster, request);
  return { ...result, steps: locateSteps(result.steps, locate) };
}
