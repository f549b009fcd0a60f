import type { ConfigMap, KubeObject, ObjectMeta, StoreReader } from '../../api/index.ts';
import { readControllerOptions, type ControllerOptions } from './controller-options.ts';

/** Where the ConfigMap of ingress-nginx is unless its flags say otherwise: where its manifests put it. */
const DEFAULT_CONFIG_MAP = 'ingress-nginx/ingress-nginx-controller';
const PROGRAM = '/nginx-ingress-controller';

type Data = Readonly<Record<string, string>>;

/** A workload that runs ingress-nginx itself: podlane takes its place, with its flags. */
interface ControllerWorkload {
  readonly namespace: string;
  readonly flags: Data;
}

interface Container {
  readonly args?: readonly string[];
  readonly command?: readonly string[];
}

/** An object that may hold a template of Pods. */
interface Templated {
  readonly metadata: ObjectMeta;
  readonly spec?: unknown;
}

interface Template {
  readonly spec?: { readonly containers?: readonly Container[] };
}

/** Whether an object is a Deployment or DaemonSet of ingress-nginx. */
export function isControllerWorkload(object: Templated): boolean {
  return workloadOf(object) !== undefined;
}

/** Whether an Ingress without any class is ingress-nginx's: `--watch-ingress-without-class`. */
export function isClasslessWatched(reader: StoreReader): boolean {
  return controllerOptions(reader).isClasslessWatched;
}

interface Known {
  readonly config: ConfigMap | undefined;
  readonly workload: Templated | undefined;
  readonly revisions: string;
  readonly options: ControllerOptions;
}

const known = new WeakMap<StoreReader, Known>();

/** The options of ingress-nginx as the cluster's manifests have them: its ConfigMap, and the flags of its Deployment. */
export function controllerOptions(reader: StoreReader): ControllerOptions {
  const workload = findWorkload(reader);
  const config = configMapOf(reader, configReference(workload));
  const { data = {} } = config ?? {};
  const revisions = REFERRING.map((name) => revisionOf(reader, data[name])).join();
  const before = known.get(reader);
  if (before !== undefined && before.config === config && before.workload === workload) {
    if (before.revisions === revisions) return before.options;
  }
  const options = readControllerOptions({
    data,
    flags: flagsOfWorkload(workload),
    configMap: (name) => configMapOf(reader, name)?.data,
  });
  known.set(reader, { config, workload, revisions, options });
  return options;
}

/** Options that name another ConfigMap. */
const REFERRING = ['proxy-set-headers', 'add-headers'] as const;

/** The ConfigMaps that say how ingress-nginx behaves: a change of one concerns every Ingress. */
export function isControllerConfigMap(object: KubeObject, reader: StoreReader): boolean {
  const key = `${object.metadata.namespace}/${object.metadata.name}`;
  const reference = configReference(findWorkload(reader));
  const { data = {} } = configMapOf(reader, reference) ?? {};
  return key === reference || REFERRING.some((name) => data[name] === key);
}

function configReference(workload: Templated | undefined): string {
  const { namespace = 'ingress-nginx' } =
    workload === undefined ? {} : (workloadOf(workload) ?? {});
  const reference = flagsOfWorkload(workload)['configmap'] ?? DEFAULT_CONFIG_MAP;
  return reference.replace('$(POD_NAMESPACE)', namespace);
}

function flagsOfWorkload(workload: Templated | undefined): Data {
  return workload === undefined ? {} : (workloadOf(workload)?.flags ?? {});
}

function revisionOf(reader: StoreReader, reference: string | undefined): string | undefined {
  return reference === undefined
    ? undefined
    : configMapOf(reader, reference)?.metadata.resourceVersion;
}

function configMapOf(reader: StoreReader, reference: string): ConfigMap | undefined {
  const [namespace = '', name = ''] = reference.split('/');
  return reader.get('ConfigMap', namespace, name);
}

function findWorkload(reader: StoreReader): Templated | undefined {
  return (
    reader.list('Deployment').find(isControllerWorkload) ??
    reader.list('DaemonSet').find(isControllerWorkload)
  );
}

const workloads = new WeakMap<object, ControllerWorkload | 'other'>();

/** Objects of the store never change, so each is looked at once. */
function workloadOf(object: Templated): ControllerWorkload | undefined {
  const before = workloads.get(object);
  if (before !== undefined) return before === 'other' ? undefined : before;
  const words = containersOf(object)
    .map(({ command = [], args = [] }) => [...command, ...args])
    .find((line) => line.includes(PROGRAM));
  const workload =
    words === undefined
      ? undefined
      : { namespace: object.metadata.namespace ?? 'default', flags: flagsOf(words) };
  workloads.set(object, workload ?? 'other');
  return workload;
}

function containersOf({ spec }: Templated): readonly Container[] {
  // Deployment and DaemonSet hold their Pods' template at the same place; validation saw to its types.
  const { template } = (spec ?? {}) as { readonly template?: Template };
  return template?.spec?.containers ?? [];
}

/** `--name=value`; a name alone is true. */
function flagsOf(words: readonly string[]): Data {
  return Object.fromEntries(
    words.flatMap((word) => {
      const [, name, value = 'true'] = /^--?([\w-]+)(?:=([^]*))?$/.exec(word) ?? [];
      return name === undefined ? [] : [[name, value] as const];
    }),
  );
}
